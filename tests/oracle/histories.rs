//! Random histories of a few dossiers about a day on which something is unusual, as
//! `Dossier::decide` lets them become.

use std::sync::LazyLock;

use domain::agency::Remit;
use domain::applicant::{Applicant, ApplicantKind, IdNumber, Phone};
use domain::calendar::{date_of, instant};
use domain::catalogue::Catalogue;
use domain::deadline::{Term, TermUnit};
use domain::dossier::{
    Action, Actor, Assign, Assigned, Command, Correction, Decision, Dossier, DossierState,
    DossierStatus, Duty, RULES,
};
use domain::id::AgencyCode;
use domain::kpi::{DossierFacts, DueBasis};
use domain::law::Law;
use domain::outcome::{GivenResult, Handover, HandoverWay, ResultDocument};
use domain::procedure::{Channel, Step};
use domain::submission::{DocumentsKeptBy, Submission};
use domain::upload::{Declared, DocumentType, UploadedDocument};
use jiff::civil::{Date, Time, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use platform::catalogue::{UndecidedYears, load};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::support::file;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| load(UndecidedYears::Refused).unwrap());

/// The shipped catalogue.
pub(super) fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

/// The shipped rules as they were before the government had decided any day off, or any Saturday to
/// be made up: dates are counted so until the calendar is published, and then given anew.
static UNDECIDED: LazyLock<Law> = LazyLock::new(|| {
    let mut calendar: Value = serde_json::from_str(&file("infra/data/calendar.json")).unwrap();
    for year in calendar["years"].as_object_mut().unwrap().values_mut() {
        (year["off"], year["worked"]) = (json!([]), json!([]));
    }
    let rules = serde_json::from_str(&file("infra/data/rules.json")).unwrap();
    Law::assemble(serde_json::from_value(calendar).unwrap(), rules).unwrap()
});

/// A department of Tiền Giang until the merger, and the one of Đồng Tháp that carries on for it.
const ENDED: &str = "H58.12";
const CARRIES_ON: &str = "H20.12";
/// To whom dossiers are forwarded.
const HANDLER: &str = "H20.10";
const CITIZEN: &str = "087085001234";

/// Some dossiers, and what is asked of them.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// Each with what happened to it.
    pub(super) dossiers: Vec<DossierFacts>,
    /// The day that is counted.
    pub(super) day: Date,
    /// The first day of the time that is counted up to it.
    pub(super) since: Date,
    /// Against which due dates.
    pub(super) basis: DueBasis,
}

/// Days about which histories lie: Tết of two years, made-up Saturdays, swaps, the merger, and
/// ordinary weeks.
fn any_anchor() -> impl Strategy<Value = Date> {
    let unusual = vec![
        date(2025, 1, 24),
        date(2025, 1, 31),
        date(2025, 4, 26),
        date(2025, 5, 2),
        date(2025, 6, 30),
        date(2025, 7, 1),
        date(2026, 1, 10),
        date(2026, 2, 13),
        date(2026, 2, 20),
        date(2026, 8, 22),
    ];
    prop_oneof![4 => select(unusual), 1 => (0_i64..500).prop_map(|days| date(2025, 1, 6) + days.days())]
}

/// How far from one happening to the next.
#[derive(Debug, Clone, Copy)]
enum Gap {
    /// So many seconds.
    Seconds(i64),
    /// To the next midnight in Viet Nam, and so many seconds.
    Midnight(i64),
    /// To the day on which the dossier is due or was to be, and so many days, in the morning.
    Due(i64),
    /// To the end of the time for documents, where the dossier waits for some, and so many days.
    Documents(i64),
}

fn any_gap() -> impl Strategy<Value = Gap> {
    prop_oneof![
        3 => (0_i64..7_200).prop_map(Gap::Seconds),
        3 => (0_i64..400_000).prop_map(Gap::Seconds),
        3 => (-2_i64..=2).prop_map(Gap::Midnight),
        2 => (-1_i64..=1).prop_map(Gap::Due),
        5 => (0_i64..=3).prop_map(Gap::Documents),
    ]
}

/// One attempt on a dossier.
#[derive(Debug, Clone)]
struct Attempt {
    choice: Index,
    /// Whether it may end the dossier.
    may_end: bool,
    gap: Gap,
    /// How long after the happening we learn of it.
    known_after: i64,
    by: Index,
    /// How many days behind the due date an apology promises.
    promised: i64,
    /// How the dossier changes hands before it, if it does.
    hands: Option<Hands>,
}

/// A change of hands at the desk.
#[derive(Debug, Clone)]
struct Hands {
    holder: Option<&'static str>,
    step: Option<&'static str>,
}

fn any_hands() -> impl Strategy<Value = Option<Hands>> {
    let holder = select(vec![None, Some("an"), Some("binh#2")]);
    let step = select(vec![None, Some("verify"), Some("sign")]);
    prop_oneof![1 => Just(None), 1 => (holder, step).prop_map(|(holder, step)| Some(Hands { holder, step }))]
}

/// The steps of every procedure here.
fn steps() -> [Step; 2] {
    [("verify", 6), ("sign", 2)].map(|(code, working_hours)| Step {
        code: code.to_owned(),
        name: code.to_owned(),
        by: "Phòng chuyên môn".to_owned(),
        working_hours,
    })
}

fn any_attempt() -> impl Strategy<Value = Attempt> {
    let known_after = prop_oneof![2 => Just(0), 1 => 0_i64..600_000];
    let happening = (any::<Index>(), prop::bool::weighted(0.35), any_gap(), known_after);
    (happening, any::<Index>(), 1_i64..8, any_hands()).prop_map(
        |((choice, may_end, gap, known_after), by, promised, hands)| Attempt {
            choice,
            may_end,
            gap,
            known_after,
            by,
            promised,
            hands,
        },
    )
}

fn any_term() -> impl Strategy<Value = Option<Term>> {
    let days = (1_u16..8, select(vec![TermUnit::WorkingDay, TermUnit::CalendarDay]));
    prop_oneof![
        1 => Just(None),
        6 => days.prop_map(|(amount, unit)| Term::new(amount, unit).ok()),
        2 => (1_u16..30).prop_map(|hours| Term::new(hours, TermUnit::WorkingHour).ok()),
    ]
}

/// Any case.
pub(super) fn any_case() -> impl Strategy<Value = Case> {
    let dossiers =
        any_anchor().prop_flat_map(|anchor| prop::collection::vec(any_history(anchor), 1..5));
    let basis = select(vec![DueBasis::Original, DueBasis::Extended]);
    let beside = (-1_i64..=1, -1_i64..=1);
    (dossiers, any::<Index>(), any::<Index>(), beside, basis).prop_map(
        |(dossiers, chosen, other, beside, basis)| {
            let days: Vec<Date> = dossiers
                .iter()
                .flat_map(|facts: &DossierFacts| &facts.history)
                .map(|entry| date_of(entry.at))
                .collect();
            let day = *chosen.get(&days) + beside.0.days();
            let since = (*other.get(&days) + beside.1.days()).min(day);
            Case { dossiers, day, since, basis }
        },
    )
}

fn any_history(anchor: Date) -> impl Strategy<Value = DossierFacts> {
    let agency = select(vec![CARRIES_ON, ENDED, "H20.03"]);
    let procedure = select(vec!["1.013831", "1.000382"]);
    let channel = select(Channel::ALL.to_vec());
    let start = (-5_i64..=0, 0_i64..86_400, prop_oneof![2 => Just(0), 1 => 2_usize..6]);
    let attempts = prop::collection::vec(any_attempt(), 0..12);
    (agency, procedure, channel, any_term(), start, attempts, 0_u64..3).prop_map(
        move |(
            agency,
            procedure,
            channel,
            term,
            (days, second, published),
            attempts,
            document_count,
        )| {
            let at =
                instant(anchor + days.days(), Time::midnight()) + SignedDuration::from_secs(second);
            let state =
                DossierState { term, ..handed_in(agency, procedure, channel, at).into_state() };
            let dossier = Dossier::try_from(state).unwrap();
            let DossierState { code, agency, procedure, channel, history, assignments, .. } =
                play(dossier, &attempts, published).into_state();
            DossierFacts {
                code,
                agency,
                procedure,
                channel,
                ward: None,
                document_count,
                history,
                assignments,
            }
        },
    )
}

fn handed_in(agency: &str, procedure: &str, channel: Channel, at: Timestamp) -> Dossier {
    let submission = Submission {
        procedure: procedure.parse().unwrap(),
        agency: agency.parse().unwrap(),
        channel,
        ward: None,
        applicant: Applicant {
            kind: ApplicantKind::Citizen,
            full_name: "Trần Thị Mẫu".to_owned().try_into().unwrap(),
            id_number: IdNumber::try_from(CITIZEN.to_owned()).unwrap(),
            // Some of those who come to a counter have none.
            phone: (channel != Channel::Counter)
                .then(|| Phone::try_from("0912345678".to_owned()).unwrap()),
            email: None,
        },
        documents: Vec::new(),
        form: None,
        result_to: None,
        kept_by: DocumentsKeptBy::Us,
    };
    let code = format!("{agency}-{}-0001", date_of(at).strftime("%y%m%d")).parse().unwrap();
    submission.into_dossier(code, "handed-in".parse().unwrap(), &portal(), at.into(), catalogue())
}

fn portal() -> Actor {
    Actor::Portal { id: "portal".to_owned() }
}

/// How many there are who may act on a dossier.
const ACTORS: usize = 7;

/// One of those who may act on a dossier at `at`: two officers of its owner or, after the merger,
/// of the successor; an officer of the handler; a system of theirs; the portal; the applicant; the
/// schedule.
fn actor(number: usize, dossier: &Dossier, at: Timestamp) -> Actor {
    let officer = |id: &str, agency: &AgencyCode| {
        let id = id.to_owned();
        let carried_on_by =
            catalogue().register().carried_on_by(agency, dossier.matter(), date_of(at));
        let ended = carried_on_by != *agency;
        let predecessors = ended.then(|| Remit::whole(agency.clone())).into_iter().collect();
        Actor::Officer { id, agency: carried_on_by, predecessors, duty: Duty::Desk }
    };
    let agencies = || [dossier.agency.clone(), HANDLER.parse().unwrap()].map(Remit::whole).into();
    match number % ACTORS {
        0 => officer("an", &dossier.agency),
        1 => officer("binh#2", &dossier.agency),
        2 => officer("chi", dossier.handler.as_ref().unwrap_or(&dossier.agency)),
        3 => Actor::Integrator {
            id: "urn:motcua:integrator:land-registry".to_owned(),
            agencies: agencies(),
        },
        4 => portal(),
        5 => Actor::Citizen {
            id: "account-7".to_owned(),
            id_number: IdNumber::try_from(CITIZEN.to_owned()).unwrap(),
        },
        _ => Actor::System { id: "remind-deadline".to_owned() },
    }
}

/// A result of any kind; of an electronic one the count reads the kind alone.
fn given(number: usize) -> GivenResult {
    match number {
        0 => GivenResult::Nothing,
        1 => GivenResult::Paper,
        _ => GivenResult::Electronic(Box::new(ResultDocument {
            version: 1,
            content: UploadedDocument {
                upload: "0".repeat(32).parse().unwrap(),
                declared: Declared {
                    media_type: DocumentType::Pdf,
                    bytes: 1,
                    sha256: "0".repeat(64),
                },
                object_version: "v1".to_owned(),
                inspected_at: Timestamp::UNIX_EPOCH,
            },
            signature: None,
        })),
    }
}

/// How often an action is chosen among those that are legal, so that long histories come about, and
/// every kind of end.
fn weight(action: Action, may_end: bool) -> usize {
    let often = match action {
        // Legal nearly everywhere, and it moves nothing.
        Action::Correct => return 1,
        Action::Receive => 6,
        Action::Finish | Action::ConfirmPayment => 4,
        Action::RequestSupplement
        | Action::RequestPayment
        | Action::Resume
        | Action::Apologise
        | Action::Forward => 3,
        Action::HandBack | Action::Redate | Action::ReturnResult => 6,
        Action::Process | Action::Suspend | Action::Supplement => 2,
        Action::Refuse => 2 * usize::from(may_end),
        Action::Withdraw => usize::from(may_end),
        Action::RefuseExpired => 8 * usize::from(may_end),
        _ => 1,
    };
    3 * often
}

/// What may be done to `dossier`, each as often as it is to be chosen.
pub(super) fn choices(dossier: &Dossier, may_end: bool) -> Vec<Action> {
    let legal =
        RULES.iter().filter(|rule| rule.is_legal_in(dossier.status, dossier.handler.as_ref()));
    legal.flat_map(|rule| std::iter::repeat_n(rule.action, weight(rule.action, may_end))).collect()
}

/// What a correction sets right: the applicant has another telephone, or none.
fn righted(action: Action, dossier: &Dossier, number: usize) -> Correction {
    let was = dossier.applicant.clone().filter(|_| action == Action::Correct);
    let phone = (!number.is_multiple_of(3)).then(|| format!("09123456{:02}", number % 100));
    let phone = phone.map(|phone| Phone::try_from(phone).unwrap());
    Correction { applicant: was.map(|was| Applicant { phone, ..was }), result_to: None }
}

/// What became of `dossier`: each attempt chooses among what is legal then, by whoever may do it;
/// the calendar is published before the attempt with the number `published`.
fn play(mut dossier: Dossier, attempts: &[Attempt], published: usize) -> Dossier {
    let mut learnt = dossier.submitted_at;
    for (number, attempt) in attempts.iter().enumerate() {
        let last = dossier.history.last().unwrap().at;
        let at = after(last, attempt.gap, &dossier);
        learnt = learnt.max(at + SignedDuration::from_secs(attempt.known_after));
        let now = learnt.max(last);
        dossier =
            attempt.hands.iter().fold(dossier, |dossier, hands| changed_hands(dossier, hands, now));
        let legal = choices(&dossier, attempt.may_end);
        if legal.is_empty() {
            break;
        }
        // Rare among all that may be done, and legal on no other day.
        let expired = matches!(attempt.gap, Gap::Documents(_))
            && dossier.status == DossierStatus::SupplementRequested;
        let law = if number < published { &*UNDECIDED } else { catalogue().law() };
        let redates = number == published && published > 0 && legal.contains(&Action::Redate);
        let action = match (expired, redates) {
            (true, _) => Action::RefuseExpired,
            (false, true) => Action::Redate,
            (false, false) => *attempt.choice.get(&legal),
        };
        let due = dossier.due_at.map_or(date_of(at), |due| date_of(due).max(date_of(at)));
        let command = Command {
            id: format!("attempt-{number}").parse().unwrap(),
            action,
            expected_version: None,
            reason: Some("theo quy định".to_owned()),
            note: None,
            at: Some(at),
            new_due_on: (action == Action::Apologise).then(|| due + attempt.promised.days()),
            to_agency: (action == Action::Forward).then(|| HANDLER.parse().unwrap()),
            asked_for: Vec::new(),
            documents: Vec::new(),
            result: (action == Action::Finish).then(|| given(attempt.by.index(3))),
            handover: (action == Action::ReturnResult).then_some(Handover {
                version: 1,
                how: HandoverWay::InPerson,
                to: None,
            }),
            fees: None,
            payment: None,
            form: None,
            correction: righted(action, &dossier, number),
        };
        let first = attempt.by.index(ACTORS);
        let mut tried = (first..first + ACTORS).map(|number| actor(number, &dossier, at));
        let moved = tried.find_map(|by| match dossier.decide(command.clone(), &by, law, learnt) {
            Ok(Decision::Moved(next)) => Some(*next),
            _ => None,
        });
        // An apology may name a day off, or come twice: then nothing happens.
        dossier = moved.unwrap_or(dossier);
    }
    dossier
}

/// The dossier in the hands of whoever is to hold it, if anybody may put it there.
fn changed_hands(dossier: Dossier, hands: &Hands, now: Timestamp) -> Dossier {
    let order = Assign {
        id: format!("hands-{}-{}", dossier.version, dossier.assignment()).parse().unwrap(),
        expected_version: dossier.version,
        expected_assignment: dossier.assignment(),
        holder: hands.holder.map(str::to_owned),
        step: hands.step.map(str::to_owned),
    };
    let desk = (catalogue().law(), &steps()[..]);
    let made = (0..ACTORS).find_map(|number| {
        match dossier.assign(order.clone(), &actor(number, &dossier, now), desk, now) {
            Ok(Assigned::Now(next)) => Some(*next),
            _ => None,
        }
    });
    made.unwrap_or(dossier)
}

fn after(last: Timestamp, gap: Gap, dossier: &Dossier) -> Timestamp {
    let to = match gap {
        Gap::Seconds(seconds) => last + SignedDuration::from_secs(seconds),
        Gap::Midnight(seconds) => {
            instant(date_of(last) + 1.day(), Time::midnight()) + SignedDuration::from_secs(seconds)
        }
        Gap::Documents(days) if dossier.status == DossierStatus::SupplementRequested => {
            let rule = catalogue().law().rule_on(date_of(last));
            instant(
                date_of(last) + (i64::from(rule.supplement_calendar_days) + days).days(),
                "08:00".parse().unwrap(),
            )
        }
        Gap::Documents(_) => last,
        Gap::Due(days) => {
            let due = dossier.original_due_at.or(dossier.due_at).map_or(date_of(last), date_of);
            instant(due + days.days(), "08:00".parse().unwrap())
        }
    };
    to.max(last)
}
