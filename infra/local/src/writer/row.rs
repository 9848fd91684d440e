//! Dossiers that follow a plan.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::moves::{is_owned_by_applicant, owes_reason};
use super::people::{People, Reachable};
use super::plan::{Plan, Refusal, Term, Timing};
use super::tables::Desk;
use super::twister::Random;
use super::{Catalogue, WriteError, moves};

/// One dossier of the scenario.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    #[serde(rename = "ref")]
    pub(super) reference: String,
    pub(super) procedure: &'static str,
    pub(super) agency: &'static str,
    pub(super) channel: &'static str,
    #[serde(flatten)]
    pub(super) who: Reachable,
    documents: Vec<Document>,
    pub(super) path: Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    pub(super) submitted: Submitted,
    pub(super) steps: Vec<Step>,
    pub(super) expect: Expectation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refused_command: Option<Refusal>,
}

/// How a dossier begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Path {
    /// As an integrator's event.
    Event,
    /// Over HTTP, on the day of play.
    Http,
}

/// A document as the portal names it; the content does not exist.
#[derive(Debug, Serialize)]
struct Document {
    code: String,
    name: String,
    sha256: String,
    url: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Submitted {
    pub(super) days_before: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Step {
    pub(super) action: &'static str,
    /// An HTTP step of a dossier that began as an event.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) http: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) days_before: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// What must be true of the dossier after the day.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Expectation {
    pub(super) status: u8,
    pub(super) version: usize,
    pub(super) received_today: bool,
    pub(super) resolved_today: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    timing: Option<Timing>,
}

impl Row {
    /// Whether the step is taken on the day, over HTTP.
    pub(super) fn is_http(&self, step: &Step) -> bool {
        self.path == Path::Http || step.http
    }

    /// The `number`-th dossier, which follows `plan` at `desk`.
    pub(super) fn new(
        random: &mut Random,
        people: &mut People,
        catalogue: &Catalogue,
        (number, desk, plan): (usize, &'static Desk, &Plan),
    ) -> Result<Self, WriteError> {
        let channel = ["online", "counter", "postal"][random.weighted(&[50, 34, 16])];
        let mut choices = Vec::new();
        for (code, kind) in desk.procedures {
            let procedure = catalogue.procedure(code)?;
            if fits(&procedure["terms"][channel], &procedure["feeVnd"], plan.term) {
                choices.push((*code, *kind));
            }
        }
        let (procedure, kind) = random.one_of(&choices);
        let who = people.applicant(random, kind);
        let happenings = happenings(random, desk, plan, who.applicant.kind == "citizen");
        let reference = format!("D{number:03}");
        let described = catalogue.procedure(procedure)?;
        let mut documents = Vec::new();
        for document in described["documents"].as_array().into_iter().flatten() {
            if document["required"] == true || random.is_within(50) {
                let code = document["code"].as_str().unwrap_or_default();
                documents.push(Document::new(&reference, code));
            }
        }
        let path = if plan.course.starts_with("submit!") { Path::Http } else { Path::Event };
        let source = (path == Path::Event).then(|| {
            let field = described["field"]["code"].as_str().unwrap_or_default();
            let is_foreign = !field.starts_with(desk.own_fields);
            let by_portal = is_foreign || channel == "online" && random.is_within(40);
            let source = if by_portal { "national-portal" } else { desk.own_source };
            format!("urn:motcua:integrator:{source}")
        });
        let mut steps = happenings;
        let first = steps.remove(0);
        let submitted = Submitted { days_before: first.days_before.unwrap_or(0), at: first.at };
        let actions = || steps.iter().map(|step| step.action);
        let today = |action: &str| {
            let is_http = |step: &Step| path == Path::Http || step.http;
            steps.iter().any(|step| is_http(step) && step.action == action)
        };
        let expect = Expectation {
            status: moves::follow(actions())?,
            version: 1 + steps.len(),
            received_today: today("receive"),
            resolved_today: today("finish"),
            timing: plan.timing,
        };
        Ok(Self {
            reference,
            procedure,
            agency: desk.agency,
            channel,
            who,
            documents,
            path,
            source,
            submitted,
            steps,
            expect,
            refused_command: plan.refused,
        })
    }
}

impl Document {
    fn new(reference: &str, code: &str) -> Self {
        let name = format!("{code}.pdf");
        let digest = Sha256::digest(format!("{reference}/{name}"));
        let url = format!("https://ho-so.example.com/{reference}/{name}");
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { code: code.to_owned(), name, sha256, url }
    }
}

/// Whether a procedure with this term and fee can take the course that wants `wanted`.
fn fits(term: &Value, fee: &Value, wanted: Term) -> bool {
    let amount = term["amount"].as_u64().unwrap_or(0);
    match wanted {
        Term::Any => true,
        Term::Fee => fee.as_u64().is_some_and(|fee| fee > 0),
        Term::Days => term["unit"] == "working-day" && amount >= 3,
        Term::Short => {
            term["unit"] == "working-hour" || term["unit"] == "working-day" && amount <= 5
        }
    }
}

/// The course's happenings, the submission first.
fn happenings(random: &mut Random, desk: &Desk, plan: &Plan, is_citizen: bool) -> Vec<Step> {
    let jitter = random.below(10);
    let tokens: Vec<&'static str> = plan.course.split(' ').collect();
    let timed = tokens.iter().filter(|token| !token.ends_with('!')).count();
    let mut times = times_of_day(random, timed).into_iter();
    let is_event = !tokens[0].ends_with('!');
    let mut steps = Vec::new();
    for token in tokens {
        let (action, when) = match token.strip_suffix('!') {
            Some(action) => (action, None),
            None => token.split_once('@').map_or((token, None), |(a, days)| (a, Some(days))),
        };
        let by = match action {
            _ if when.is_some() => None,
            "confirm-payment" => Some("portal"),
            _ if is_owned_by_applicant(action) && is_citizen => Some("citizen"),
            _ if is_owned_by_applicant(action) => Some("portal"),
            _ => None,
        };
        let days_before = when.map(|days| {
            let most = if days.ends_with('+') { jitter } else { 0 };
            days.trim_end_matches('+').parse().unwrap_or(0) + most
        });
        steps.push(Step {
            action,
            http: is_event && when.is_none(),
            by,
            days_before,
            at: when.and_then(|_| times.next()),
            reason: owes_reason(action).then(|| reason(action, desk)),
            note: match action {
                "recall" => Some("Thu hồi để phân công lại người xử lý"),
                "withdraw" => Some("Người nộp đề nghị rút hồ sơ"),
                _ => None,
            },
        });
    }
    steps
}

/// What the officer writes to the applicant.
fn reason(action: &str, desk: &Desk) -> &'static str {
    match action {
        "request-supplement" => desk.lacking,
        "refuse" => desk.unfit,
        "refuse-expired" => "Quá thời hạn bổ sung hồ sơ mà người nộp chưa bổ sung",
        "suspend" => "Chờ ý kiến xác minh của cơ quan phối hợp",
        _ => "Kết quả có sai sót về thông tin, cần kiểm tra lại",
    }
}

/// That many growing times within office hours.
fn times_of_day(random: &mut Random, count: usize) -> Vec<String> {
    let office: Vec<u32> = (7 * 60 + 5..11 * 60 + 26).chain(13 * 60 + 35..16 * 60 + 56).collect();
    let drawn = random.sample(office.len() as u32, count);
    let mut minutes: Vec<u32> = drawn.into_iter().map(|at| office[at as usize]).collect();
    minutes.sort_unstable();
    minutes.iter().map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60)).collect()
}
