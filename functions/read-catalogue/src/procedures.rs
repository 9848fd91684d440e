//! `GET /v1/procedures` and `/v1/procedures/{code}`: the procedures in force, to be found and to
//! make a form of.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::agency::{Agency, AgencyLevel};
use domain::applicant::ApplicantKind;
use domain::calendar::{date_of, instant};
use domain::catalogue::Catalogue;
use domain::deadline::{DueRule, Term};
use domain::eform::FieldSchema;
use domain::id::{AgencyCode, ProcedureCode};
use domain::identity::IdentityKind;
use domain::law::Law;
use domain::outcome::ResultKind;
use domain::procedure::{
    Channel, DocumentRequirement, Fee, FeeKind, Field, OnlineLevel, Procedure, ProcedureForm,
    is_field_code,
};
use domain::search::SearchWords;
use domain::submission::{DOCUMENTS_MAX, agency_violation};
use domain::upload::DocumentType;
use domain::{RuleName, Violation};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use platform::Failure;
use platform::http::HttpRequest;
use platform::parameters::{day, named, number};
use serde::Serialize;

/// Lines of a page, without a word and at most.
const LIMIT: usize = 50;
const LIMIT_MAX: u64 = 200;

/// One page of the procedures in force.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<'a> {
    day: Date,
    /// How many there are on all pages.
    total: usize,
    /// All procedures, ordered by code.
    items: Vec<Line<'a>>,
    /// Every field that a procedure in force belongs to, whatever was asked for.
    fields: Vec<FieldOf<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A field of administration.
#[derive(Serialize)]
struct FieldOf<'a> {
    code: &'a str,
    name: &'a str,
}

impl<'a> From<&'a Field> for FieldOf<'a> {
    fn from(field: &'a Field) -> Self {
        Self { code: &field.code, name: &field.name }
    }
}

/// A procedure as a list shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    code: &'a ProcedureCode,
    version: u32,
    name: &'a str,
    field: FieldOf<'a>,
    level: &'static str,
    level_name: &'static str,
    online: &'static str,
    online_name: &'static str,
    fee_vnd: u64,
}

impl<'a> From<&'a Procedure> for Line<'a> {
    fn from(procedure: &'a Procedure) -> Self {
        Self {
            code: &procedure.code,
            version: procedure.version,
            name: &procedure.name,
            field: (&procedure.field).into(),
            level: procedure.level.name(),
            level_name: procedure.level.vietnamese(),
            online: procedure.online.name(),
            online_name: procedure.online.vietnamese(),
            fee_vnd: procedure.fee_vnd,
        }
    }
}

/// A procedure with everything that a submission to it needs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Details<'a> {
    #[serde(flatten)]
    line: Line<'a>,
    day: Date,
    valid_from: Date,
    trust: &'static str,
    channels: Vec<Way>,
    documents: Vec<Asked<'a>>,
    /// The items of the fee, with who pays less.
    fees: Vec<FeeOf>,
    /// What it may result in.
    results: &'a [ResultKind],
    documents_max: usize,
    /// What is filled in beside them.
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<FormOf<'a>>,
    /// Where they may lie.
    document_hosts: Vec<&'a str>,
    /// What can be uploaded.
    document_types: Vec<Uploadable>,
    identities: Vec<Identity<'a>>,
    /// Those that take it on the day, by code.
    agencies: Vec<Taker<'a>>,
}

/// A type of file that can be uploaded, and the most bytes that it may have.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Uploadable {
    media_type: DocumentType,
    bytes_max: u64,
}

/// A channel by which a dossier may come in.
#[derive(Serialize)]
struct Way {
    channel: &'static str,
    name: &'static str,
    /// None where the procedure gives no date.
    #[serde(skip_serializing_if = "Option::is_none")]
    term: Option<TermOf>,
}

/// How long it takes.
#[derive(Serialize)]
struct TermOf {
    #[serde(flatten)]
    rule: DueRule,
    text: String,
}

/// A document that the procedure asks for.
#[derive(Serialize)]
struct Asked<'a> {
    code: &'a str,
    name: &'a str,
    required: bool,
}

/// An item of the fee.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FeeOf {
    code: String,
    name: String,
    kind: FeeKind,
    amount_vnd: u64,
    /// Those in force on the day.
    exemptions: Vec<ExemptionOf>,
}

/// Who pays less of an item, or nothing.
#[derive(Serialize)]
struct ExemptionOf {
    code: String,
    name: String,
    percent: u8,
    /// The channel for whose dossiers it holds by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
}

impl FeeOf {
    fn on(fee: Fee, day: Date) -> Self {
        let Fee { code, name, kind, amount_vnd, exemptions } = fee;
        let holds = exemptions.into_iter().filter(|rule| rule.holds_on(day));
        let exemptions = holds.map(|rule| ExemptionOf {
            code: rule.code,
            name: rule.name,
            percent: rule.percent,
            channel: rule.channel,
        });
        Self { code, name, kind, amount_vnd, exemptions: exemptions.collect() }
    }
}

/// The electronic form, with its schema as a portal's own library reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FormOf<'a> {
    owed_by: &'a [Channel],
    as_of: Date,
    source: &'a str,
    trust: &'static str,
    schema: &'a FieldSchema,
}

/// A kind of number that the applicant may be known by.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    applicant: ApplicantKind,
    id_kind: &'a str,
    name: &'a str,
    id_kind_owed: bool,
}

/// An agency that takes it.
#[derive(Serialize)]
struct Taker<'a> {
    code: &'a AgencyCode,
    name: &'a str,
}

/// What is asked of the list.
struct Query<'a> {
    /// Whose procedures: those in force on it.
    day: Date,
    search: Option<SearchWords>,
    field: Option<String>,
    level: Option<AgencyLevel>,
    agency: Option<&'a Agency>,
    /// None asks for all.
    online: Vec<OnlineLevel>,
    limit: usize,
    /// The last code of the page before.
    after: Option<ProcedureCode>,
}

impl<'a> Query<'a> {
    fn read(request: &HttpRequest, catalogue: &'a Catalogue, today: Date) -> Result<Self, Failure> {
        let mut parameters = request.parameters();
        let day = parameters.one("day", day).unwrap_or(today);
        let query = Self {
            day,
            search: parameters.one("search", str::parse),
            field: parameters.one("field", field),
            level: parameters
                .one("level", named(&AgencyLevel::ALL.map(|level| (level.name(), level)))),
            agency: parameters.one("agency", |text| taking(text, catalogue, day)).flatten(),
            online: parameters
                .each("online", named(&OnlineLevel::ALL.map(|level| (level.name(), level)))),
            limit: parameters.one("limit", number(LIMIT_MAX)).unwrap_or(LIMIT),
            after: parameters.one("cursor", |text| {
                let refused =
                    || Violation::new("", RuleName::Cursor, "must be a nextCursor as given");
                decoded(text).ok_or_else(refused)
            }),
        };
        parameters.end()?;
        Ok(query)
    }

    fn finds(&self, procedure: &Procedure) -> bool {
        let texts = [procedure.code.as_str(), &procedure.name, &procedure.field.name];
        self.search.as_ref().is_none_or(|words| words.are_in(&texts))
            && self.field.as_ref().is_none_or(|field| procedure.field.code == *field)
            && self.level.is_none_or(|level| procedure.level == level)
            && self.agency.is_none_or(|agency| procedure.is_settled_by(agency))
            && (self.online.is_empty() || self.online.contains(&procedure.online))
    }
}

/// The code of a field, as the catalogue writes it.
fn field(text: &str) -> Result<String, Violation> {
    let known = is_field_code(text).then(|| text.to_owned());
    known.ok_or_else(|| Violation::new("field", RuleName::FieldCode, "must look like G15-HT"))
}

/// The agency with this code, which has to take dossiers in on `day`.
fn taking<'a>(
    text: &str,
    catalogue: &'a Catalogue,
    day: Date,
) -> Result<Option<&'a Agency>, Violation> {
    let code: AgencyCode = text.parse()?;
    match agency_violation("agency", &code, catalogue, day) {
        Some(violation) => Err(violation),
        None => Ok(catalogue.agency(&code)),
    }
}

/// The procedures in force on `day`, by code.
fn in_force(catalogue: &Catalogue, day: Date) -> impl Iterator<Item = &Procedure> {
    let versions = catalogue.procedures();
    versions.filter(move |version| {
        let current = catalogue.procedure(&version.code, day);
        current.is_some_and(|current| current.version == version.version)
    })
}

/// The page that is asked for.
pub(crate) fn list<'a>(
    request: &HttpRequest,
    catalogue: &'a Catalogue,
    now: Timestamp,
) -> Result<Page<'a>, Failure> {
    let query = Query::read(request, catalogue, date_of(now))?;
    let found: Vec<&Procedure> =
        in_force(catalogue, query.day).filter(|procedure| query.finds(procedure)).collect();
    let after =
        |procedure: &&Procedure| query.after.as_ref().is_none_or(|after| procedure.code > *after);
    let total = found.len();
    let mut rest = found.into_iter().filter(after).peekable();
    let page: Vec<&Procedure> = rest.by_ref().take(query.limit).collect();
    let more = rest.peek().is_some();
    let last = page.last().filter(|_| more);
    let next_cursor = last.map(|procedure| URL_SAFE_NO_PAD.encode(procedure.code.as_str()));
    let fields: BTreeMap<&str, &Field> = in_force(catalogue, query.day)
        .map(|procedure| (procedure.field.code.as_str(), &procedure.field))
        .collect();
    Ok(Page {
        day: query.day,
        total,
        items: page.into_iter().map(Line::from).collect(),
        fields: fields.into_values().map(FieldOf::from).collect(),
        next_cursor,
    })
}

/// Reads a cursor back: the code after which the list goes on, whatever has come or gone since.
fn decoded(cursor: &str) -> Option<ProcedureCode> {
    let code = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    code.parse().ok()
}

/// The procedure that the path names.
pub(crate) fn one<'a>(
    request: &HttpRequest,
    catalogue: &'a Catalogue,
    now: Timestamp,
) -> Result<Details<'a>, Failure> {
    let mut parameters = request.parameters();
    let day = parameters.one("day", day);
    parameters.end()?;
    let code: ProcedureCode = request
        .path_text("code")
        .parse()
        .map_err(|violation| Violation { field: "code".to_owned(), ..violation })?;
    let at = day.map_or(now, |day| instant(day, Time::midnight()));
    let procedure = catalogue.procedure(&code, date_of(at)).ok_or(Failure::ProcedureNotFound)?;
    Ok(Details::of(procedure, catalogue, at))
}

impl<'a> Details<'a> {
    fn of(procedure: &'a Procedure, catalogue: &'a Catalogue, at: Timestamp) -> Self {
        let day = date_of(at);
        let ways = Channel::ALL.into_iter().filter(|channel| procedure.takes(*channel));
        let takers = catalogue.agencies().filter(|agency| agency.exists_on(day));
        let takers = takers.filter(|agency| procedure.is_settled_by(agency));
        Self {
            line: procedure.into(),
            day,
            valid_from: procedure.valid_from,
            trust: procedure.trust.name(),
            channels: ways
                .map(|channel| Way::of(channel, procedure, catalogue.law(), at))
                .collect(),
            documents: procedure.documents.iter().map(Asked::from).collect(),
            fees: procedure.fee_items().into_iter().map(|fee| FeeOf::on(fee, day)).collect(),
            results: &procedure.results,
            documents_max: DOCUMENTS_MAX,
            form: procedure.form.as_ref().map(FormOf::from),
            document_hosts: catalogue.document_hosts().on(day).collect(),
            document_types: catalogue
                .document_types()
                .on(day)
                .map(|(media_type, bytes_max)| Uploadable { media_type, bytes_max })
                .collect(),
            identities: catalogue
                .identities()
                .taken_by(&procedure.code, day)
                .map(Identity::from)
                .collect(),
            agencies: takers
                .map(|agency| Taker { code: &agency.code, name: agency.name_on(day) })
                .collect(),
        }
    }
}

impl Way {
    fn of(channel: Channel, procedure: &Procedure, law: &Law, now: Timestamp) -> Self {
        let term = procedure.term(channel).map(|term| TermOf::of(term, law, now));
        Self { channel: channel.name(), name: channel.vietnamese(), term }
    }
}

impl TermOf {
    /// The term of what is received at `now`, by the law of that day.
    fn of(term: Term, law: &Law, now: Timestamp) -> Self {
        let text = format!("{} {}", term.amount(), term.unit().vietnamese());
        Self { rule: term.rule(law, now), text }
    }
}

impl<'a> From<&'a DocumentRequirement> for Asked<'a> {
    fn from(document: &'a DocumentRequirement) -> Self {
        Self { code: &document.code, name: &document.name, required: document.required }
    }
}

impl<'a> From<&'a ProcedureForm> for FormOf<'a> {
    fn from(form: &'a ProcedureForm) -> Self {
        Self {
            owed_by: &form.owed_by,
            as_of: form.as_of,
            source: &form.source,
            trust: form.trust.name(),
            schema: &form.schema,
        }
    }
}

impl<'a> From<&'a IdentityKind> for Identity<'a> {
    fn from(kind: &'a IdentityKind) -> Self {
        Self {
            applicant: kind.of(),
            id_kind: kind.kind(),
            name: kind.name(),
            id_kind_owed: kind.is_named(),
        }
    }
}
