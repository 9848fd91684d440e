//! The contents table: what was handed in, apart from the state that every move rewrites and that
//! stream and indexes carry. Applicant, documents, forms, results, who took them, where they go by
//! post and why somebody pays less are in no other table (ADR 48).

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use domain::dossier::Dossier;
use domain::id::DossierCode;
use domain::outcome::Handover;

use super::{Item, number, text, write};
use crate::Failure;
use crate::record::DossierRecord;

/// The attributes of a dossier that are its content.
pub(super) const CONTENT: [&str; 9] =
    [APPLICANT, DOCUMENTS, "forms", "results", HANDOVERS, DEMANDS, POST, RESULT_TO, CORRECTED];

/// Who applies, as a correction may have set it right.
const APPLICANT: &str = "applicant";

/// The one of them that says which objects belong to a dossier of before there were results.
pub(super) const DOCUMENTS: &str = "documents";

/// What the applicant was asked to pay: in the content where an officer chose the items, since that
/// may say something about the applicant; else in the state, so that such a move is one write.
pub(super) const DEMANDS: &str = "demands";

/// How a result was handed over: in the content where somebody else than the applicant took it, since
/// that says who; else in the state, so that such a move is one write (ADR 117).
pub(super) const HANDOVERS: &str = "handovers";

/// By what it was paid, which says nothing of anybody: in the state.
pub(super) const RECEIPTS: &str = "receipts";

/// The one of them that changes without a version of the dossier.
pub(super) const POST: &str = "post";

/// Where the result is wanted by post.
const RESULT_TO: &str = "resultTo";

/// The applicants and addresses that corrections replaced, each with its version.
const CORRECTED: &str = "corrected";

/// Those of them that grow, each a list of which a write adds the newest.
const LISTS: [&str; 6] = [DOCUMENTS, "forms", "results", HANDOVERS, DEMANDS, CORRECTED];

/// The attribute of the state that names the version of the content belonging to it.
pub(super) const CONTENT_VERSION: &str = "contentVersion";

/// The attribute of the state that says that its content is gone.
pub(super) const GONE: &str = "contentGone";

/// The items of a dossier.
#[derive(Debug)]
pub struct DossierItems {
    /// In the dossiers table: state, clock and the whole history.
    pub state: Item,
    /// In the contents table: applicant, documents, forms, results.
    pub content: Item,
}

impl DossierItems {
    /// The items of which `dossier` is made, as a submission writes them.
    pub fn of(dossier: &Dossier) -> Result<Self, Failure> {
        let mut state = write(&DossierRecord::from(dossier))?;
        let version = content_version(dossier);
        state.insert(CONTENT_VERSION.to_owned(), number(version));
        let mut content = Item::from([
            ("code".to_owned(), text(dossier.code.as_str())),
            ("version".to_owned(), number(version)),
        ]);
        for name in CONTENT {
            content.extend(state.remove(name).map(|value| (name.to_owned(), value)));
        }
        let mut items = Self { state, content };
        items.divide(DEMANDS, dossier.demands.iter().map(|demand| demand.chosen));
        items.divide(HANDOVERS, dossier.handovers.iter().map(Handover::names_somebody));
        Ok(items)
    }

    /// Leaves of the list `name` in the content what is `personal`, and puts the rest into the state.
    fn divide(&mut self, name: &str, personal: impl Iterator<Item = bool>) {
        let Some(AttributeValue::L(list)) = self.content.remove(name) else { return };
        let (mut kept, mut plain) = (Vec::new(), Vec::new());
        for (is_personal, stored) in personal.zip(list) {
            if is_personal { &mut kept } else { &mut plain }.push(stored);
        }
        for (item, list) in [(&mut self.content, kept), (&mut self.state, plain)] {
            if !list.is_empty() {
                item.insert(name.to_owned(), AttributeValue::L(list));
            }
        }
    }
}

/// The version of the dossier with which its content last changed.
fn content_version(dossier: &Dossier) -> u64 {
    let documents = dossier.documents.iter().map(|document| document.version);
    let forms = dossier.forms.iter().map(|form| form.version);
    let results = dossier.results.iter().map(|document| document.version);
    let handovers = dossier.handovers.iter().filter(|handover| handover.names_somebody());
    let handovers = handovers.map(|handover| handover.version);
    let demands = dossier.demands.iter().filter(|demand| demand.chosen);
    let demands = demands.map(|demand| demand.version);
    let corrected = dossier.corrected.iter().map(|replaced| replaced.version);
    let handed_in = documents.chain(forms).chain(results).chain(handovers);
    handed_in.chain(demands).chain(corrected).max().unwrap_or(1)
}

/// The whole dossier; none where the two items are of different versions, because one was read
/// before a write and the other after it. A state of a release before there was a contents table
/// holds its content itself.
pub(super) fn joined(mut state: Item, content: Option<Item>) -> Option<Item> {
    if state.contains_key(GONE) {
        // Whatever of it is still to be done away with.
        state.insert(DOCUMENTS.to_owned(), AttributeValue::L(Vec::new()));
        return Some(state);
    }
    let mut content = content.unwrap_or_default();
    if state.get(CONTENT_VERSION) != content.get("version") {
        return None;
    }
    for name in [APPLICANT, RESULT_TO, POST] {
        if let Some(value) = content.remove(name) {
            state.insert(name.to_owned(), value);
        }
    }
    for name in LISTS {
        if let Some(AttributeValue::L(later)) = content.remove(name) {
            let kept = state.entry(name.to_owned()).or_insert(AttributeValue::L(Vec::new()));
            if let AttributeValue::L(list) = kept {
                list.extend(later);
            }
        }
    }
    Some(state)
}

/// The write of a new content.
pub(super) fn put(table: &str, content: Item) -> Result<TransactWriteItem, Failure> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(content))
        .build()
        .map_err(|error| Failure::Defect(error.to_string()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// What the last entry of a dossier does to its content.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// What it adds to each list, by name.
    lists: Vec<(&'static str, AttributeValue)>,
    /// The attributes that it replaces, with what they are now; none where there is nothing any more.
    replaced: Vec<(&'static str, Option<AttributeValue>)>,
}

impl Brought {
    /// Whether it does nothing to it.
    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.replaced.is_empty()
    }
}

/// What the last entry of `dossier` does to its content, which is then `content`.
pub(super) fn brought(dossier: &Dossier, mut content: Item) -> Brought {
    let version = dossier.version;
    let documents = dossier.documents.iter().filter(|document| document.version == version);
    let forms = dossier.forms.iter().filter(|form| form.version == version);
    let results = dossier.results.iter().filter(|document| document.version == version);
    let handovers = dossier.handovers.iter().filter(|handover| handover.names_somebody());
    let handovers = handovers.filter(|handover| handover.version == version);
    let chosen = dossier.demands.iter().filter(|demand| demand.chosen);
    let demands = chosen.filter(|demand| demand.version == version);
    let corrected = dossier.corrected.iter().filter(|replaced| replaced.version == version).count();
    let counts = [
        documents.count(),
        forms.count(),
        results.count(),
        handovers.count(),
        demands.count(),
        corrected,
    ];
    let particulars = [APPLICANT, RESULT_TO].into_iter().filter(|_| corrected > 0);
    let replaced = particulars.map(|name| (name, content.remove(name))).collect();
    let counts = LISTS.into_iter().zip(counts);
    let newest = counts.filter_map(|(name, count)| match content.remove(name) {
        Some(AttributeValue::L(mut list)) if count > 0 => {
            let newest = list.split_off(list.len().saturating_sub(count));
            Some((name, AttributeValue::L(newest)))
        }
        _ => None,
    });
    Brought { lists: newest.collect(), replaced }
}

/// The write that does what was `brought` to the content of `code`, with the dossier's `version`.
pub(super) fn append(
    table: &str,
    code: &DossierCode,
    version: u64,
    brought: Brought,
) -> Result<TransactWriteItem, Failure> {
    let Brought { lists, replaced } = brought;
    let mut set = vec!["version = :version".to_owned()];
    let grown = lists.iter();
    set.extend(
        grown.map(|(name, _)| {
            format!("{name} = list_append(if_not_exists({name}, :none), :{name})")
        }),
    );
    let mut update = Update::builder()
        .table_name(table)
        .key("code", text(code.as_str()))
        .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
        .expression_attribute_values(":version", number(version));
    let mut removed = Vec::new();
    for (name, value) in replaced {
        match value {
            Some(value) => {
                set.push(format!("{name} = :{name}"));
                update = update.expression_attribute_values(format!(":{name}"), value);
            }
            None => removed.push(name),
        }
    }
    for (name, newest) in lists {
        update = update.expression_attribute_values(format!(":{name}"), newest);
    }
    let mut expression = format!("SET {}", set.join(", "));
    if !removed.is_empty() {
        expression.push_str(&format!(" REMOVE {}", removed.join(", ")));
    }
    let update = update.update_expression(expression);
    let update = update.build().map_err(|error| Failure::Defect(error.to_string()))?;
    Ok(TransactWriteItem::builder().update(update).build())
}
