//! The form of an integrator's event: its envelope and its data, whichever door it comes by.

mod feedback;
mod moved;
mod national;
mod transfer;

use std::borrow::Cow;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::id::DossierCode;
use domain::post::Post;
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation, text};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Failure;
use crate::form::{Draft, add_unnamed, without_mark};
use crate::message::{
    CloudEvent, DOCUMENTS, FEE, FEEDBACK, NATIONAL, OF_INTEGRATORS, POSTAL, RESULT, SPEC_VERSION,
    SUBMIT, TRANSFER, TRANSITION, read_data, unknown_type,
};
use crate::request::{PostalBody, SubmissionBody, TransitionBody};
pub use feedback::FeedbackBody;
pub use national::Filed;
pub use transfer::TransferBody;

/// Longest id of an event, in characters. It is kept as a hash alone.
const EVENT_ID_CHARACTERS_MAX: usize = 1_024;

/// The names that an event gives itself and its sender, each through the text gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The source that it says it is of.
    pub source: String,
    /// Its id within the source.
    pub id: String,
}

impl Named {
    /// The names in `message`, whatever else is wrong with it; none where one of them has not its
    /// form.
    pub fn in_message(message: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Names<'a> {
            #[serde(borrow)]
            source: Cow<'a, str>,
            #[serde(borrow)]
            id: Cow<'a, str>,
        }
        let names: Names<'_> = serde_json::from_slice(without_mark(message.as_bytes())).ok()?;
        let named = Self { source: text::line(&names.source), id: text::line(&names.id) };
        id_violation(&named.id).is_none().then_some(named)
    }
}

/// What is wrong with the id of an event.
fn id_violation(id: &str) -> Option<Violation> {
    if id.is_empty() {
        let detail = "must name the event within its source";
        return Some(Violation::new("id", RuleName::Required, detail));
    }
    if let Some(flaw) = text::flaw(id) {
        return Some(Violation::new("id", flaw.rule(), flaw.detail()));
    }
    let long = id.chars().count() > EVENT_ID_CHARACTERS_MAX;
    let bounds = Fact::between(1, EVENT_ID_CHARACTERS_MAX, Unit::Characters);
    long.then(|| Violation::unless("id", RuleName::Length, bounds))
}

/// An event that has its form.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// The event with its names through the text gate, and its data without what is ignored.
    pub event: CloudEvent<Value>,
    /// The data as they came, by which a repetition is recognised under any release.
    pub came: Value,
    /// How many fields of the data are none that this version of the event has: ignored, since a
    /// sender may be ahead of us.
    pub ignored: usize,
    /// How the national portal has it, where it came in the portal's own form.
    pub filed: Option<Filed>,
}

/// The event in `message`. Fails with everything that has not its form.
pub fn read(message: &str) -> Result<Inbound, Failure> {
    Draft::of(message.as_bytes())?.and(whole)
}

/// The same of a proven sender: where something has not its form, fails with the values that break
/// rules of `catalogue` at `now` too.
pub fn read_by(message: &str, catalogue: &Catalogue, now: Timestamp) -> Result<Inbound, Failure> {
    match read(message) {
        Err(Failure::Invalid(mut found)) => {
            // Of a name that stands twice nobody knows which value counts.
            if found.iter().all(|broken| broken.rule != RuleName::DuplicateField) {
                let values = broken_values(message, catalogue, now).unwrap_or_default();
                add_unnamed(&mut found, values);
            }
            Err(Failure::Invalid(found))
        }
        read => read,
    }
}

/// What is wrong with the values of a dossier that `message` hands in, whatever else is wrong with
/// the event; none where it hands none in, or nobody knows in whose name.
fn broken_values(message: &str, catalogue: &Catalogue, now: Timestamp) -> Option<Vec<Violation>> {
    #[derive(Deserialize)]
    struct HandedIn {
        source: String,
        #[serde(rename = "type")]
        kind: String,
        data: Value,
    }
    let HandedIn { source, kind, mut data } =
        serde_json::from_slice(without_mark(message.as_bytes())).ok()?;
    if text::line(&kind) != SUBMIT {
        return None;
    }
    data.as_object_mut()?.remove("code");
    known_fields::<SubmissionBody>(&mut data, &mut 0);
    let day = date_of(now);
    let by = catalogue.acting(catalogue.integrator(&text::line(&source))?, day);
    let draft = Draft::<SubmissionBody>::of_value(data);
    let found = draft.all(|body, faults| body.violations(&by, catalogue, day, faults));
    Some(found.into_iter().map(|violation| violation.within("data")).collect())
}

/// The event, where envelope and data have their form; else everything that is wrong with either,
/// named at once.
fn whole(mut event: CloudEvent<Value>) -> Result<Inbound, Failure> {
    /// What an integrator's submission has besides.
    #[derive(Deserialize)]
    struct Numbered {
        #[serde(default, rename = "code")]
        _code: Option<DossierCode>,
    }
    event.id = text::line(&event.id);
    event.source = text::line(&event.source);
    event.kind = text::line(&event.kind);
    let mut found = Vec::new();
    if event.specversion != SPEC_VERSION {
        found.push(Violation::new("specversion", RuleName::CloudEvents10, "must be 1.0"));
    }
    found.extend(id_violation(&event.id));
    let came = event.data.clone();
    let mut ignored = 0;
    let mut filed = None;
    let broken_data = match event.kind.as_str() {
        SUBMIT => {
            let mut broken = broken_in(Draft::<Numbered>::of_value(event.data.clone()));
            let code = event.data.as_object_mut().and_then(|fields| fields.remove("code"));
            if event.data.is_object() {
                broken.extend(known_fields::<SubmissionBody>(&mut event.data, &mut ignored));
            }
            if let Some(code) = code {
                event.data["code"] = code;
            }
            broken
        }
        TRANSITION | DOCUMENTS | RESULT | FEE => {
            found.extend(dossier_of(&event).err());
            let mut broken = moved::as_transition(&mut event, &mut ignored);
            let fields = known_fields::<TransitionBody<Option<u64>>>(&mut event.data, &mut ignored);
            add_unnamed(&mut broken, fields);
            broken
        }
        POSTAL => {
            found.extend(dossier_of(&event).err());
            let mut broken = known_fields::<PostalBody>(&mut event.data, &mut ignored);
            if broken.is_empty() {
                let heard = read_data::<PostalBody>(&event.data).map(|body| body.at(event.time));
                let wrong = heard.ok().and_then(|item| Post::default().hear(item).err());
                broken.extend(wrong.map(|violation| violation.within("data")));
            }
            broken
        }
        TRANSFER => {
            found.extend(dossier_of(&event).err());
            let mut broken = known_fields::<TransferBody>(&mut event.data, &mut ignored);
            if broken.is_empty() {
                let heard = read_data::<TransferBody>(&event.data).map(|body| body.at(event.time));
                let wrong = heard.ok().and_then(Result::err).unwrap_or_default();
                broken.extend(wrong.into_iter().map(|violation| violation.within("data")));
            }
            broken
        }
        FEEDBACK => {
            let mut broken = known_fields::<FeedbackBody>(&mut event.data, &mut ignored);
            if broken.is_empty() {
                let wrong = read_data::<FeedbackBody>(&event.data).map(FeedbackBody::broken);
                let wrong = wrong.unwrap_or_default().into_iter();
                broken.extend(wrong.map(|violation| violation.within("data")));
            }
            broken
        }
        NATIONAL => {
            let (theirs, mut broken) = national::as_submission(&mut event, &mut ignored);
            if event.data.is_object() {
                let fields = known_fields::<SubmissionBody>(&mut event.data, &mut ignored);
                let named = fields.into_iter().map(|violation| {
                    let name = theirs.name(&violation.field);
                    violation.named(&name)
                });
                add_unnamed(&mut broken, named.collect());
            }
            filed = Some(theirs);
            broken
        }
        // Nobody knows what form its data have.
        kind => {
            found.push(unknown_kind(kind));
            Vec::new()
        }
    };
    found.extend(broken_data);
    if found.is_empty() {
        Ok(Inbound { event, came, ignored, filed })
    } else {
        Err(Failure::Invalid(found))
    }
}

/// What is wrong with data that were JSON.
fn broken_in<T: DeserializeOwned>(draft: Draft<T>) -> Vec<Violation> {
    match draft.whole() {
        Err(Failure::Invalid(broken)) => {
            broken.into_iter().map(|violation| violation.within("data")).collect()
        }
        Ok(_) | Err(_) => Vec::new(),
    }
}

/// Takes what is no field of a `T` out of `data`, counting it, and says what else is wrong with
/// them.
fn known_fields<T: DeserializeOwned>(data: &mut Value, ignored: &mut usize) -> Vec<Violation> {
    loop {
        let broken = broken_in(Draft::<T>::of_value(data.clone()));
        let known = *ignored;
        let unknown = broken.iter().filter(|broken| broken.rule == RuleName::UnknownField);
        for field in unknown.filter_map(|broken| broken.field.strip_prefix("data.")) {
            *ignored += usize::from(take_out(data, field));
        }
        if *ignored == known {
            return broken;
        }
    }
}

/// Takes the field at `path` (`documents[2].colour`) out of `data`, if it is there.
fn take_out(data: &mut Value, path: &str) -> bool {
    let (outer, name) = path.rsplit_once('.').unwrap_or(("", path));
    let pointer: String = outer
        .split(['.', '['])
        .filter(|part| !part.is_empty())
        .map(|part| format!("/{}", part.trim_end_matches(']')))
        .collect();
    let fields = data.pointer_mut(&pointer).and_then(Value::as_object_mut);
    fields.and_then(|fields| fields.remove(name)).is_some()
}

/// What is wrong with a type of event that is none of ours: an unknown version of one of ours, or
/// nothing that we know.
fn unknown_kind(kind: &str) -> Violation {
    let family = |kind: &str| kind.rsplit_once(".v").map(|(family, _)| family.to_owned());
    let ours = OF_INTEGRATORS.into_iter().any(|known| family(known) == family(kind));
    if ours {
        let detail = "is a version of the event that is not taken here";
        return Violation::new("type", RuleName::KnownVersion, detail);
    }
    unknown_type()
}

/// The dossier that the event is about.
pub fn dossier_of(event: &CloudEvent<Value>) -> Result<DossierCode, Violation> {
    let subject = event.subject.as_deref().ok_or(RuleName::Required);
    let code = subject.and_then(|text| text.parse().map_err(|_| RuleName::DossierCode));
    code.map_err(|rule| Violation::new("subject", rule, "must be the dossier's code"))
}
