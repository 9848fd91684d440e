//! What holds for every dossier, every day and every term, not only for the examples.

mod figures;
mod terms;

use std::sync::LazyLock;

use domain::calendar::date_of;
use domain::deadline::{Pause, Reckoning, Run, Term, TermUnit};
use domain::dossier::{
    Action, Actor, CLOCK_SKEW_MAX, Command, Correction, Decision, Dossier, DossierState,
    DossierStatus, HistoryEntry, Refusal,
};
use domain::kpi::{DossierFacts, DueBasis, KpiCell, behind, end_of};
use domain::law::{Law, OnSupplement, PauseCounting};
use domain::outcome::{GivenResult, ResultDocument, ResultKind};
use domain::procedure::Channel;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::kpi::{facts, tally, total};
use super::results::electronic;
use super::transitions::allowed;
use super::world::{
    AGENCY, HANDLER, OTHER_AGENCY, OWNER, STRANGER, after_under, at, calendar, citizen, day,
    handed_in, handed_over, integrator, law, law_of, law_that_resumes_from, local, officer, portal,
    set_right,
};

/// One attempt on a dossier: what, by whom, how long after the one before.
#[derive(Debug, Clone)]
struct Attempt {
    /// Whether to choose among what is legal just now, so that long histories come about.
    legal: bool,
    /// Whether it may end the dossier: seldom, for the same reason.
    ends: bool,
    /// Whether it is a letter of apology, where one is legal: otherwise two in one history would be
    /// rare.
    apologises: bool,
    choice: Index,
    by: Actor,
    after: SignedDuration,
    /// How long ago it is claimed to have happened; none for an attempt that happens as it comes.
    ago: Option<SignedDuration>,
    expected: Option<u64>,
    reason: Option<String>,
    /// How many days after the due date an apology promises; none for one that names no day.
    extension: Option<i64>,
    /// To whom it is forwarded; none for one that names nobody.
    to: Option<&'static str>,
}

impl Attempt {
    /// The result that an end of the work gives; none where nobody declares one.
    fn result(&self) -> Option<GivenResult> {
        match (self.extension, self.to) {
            (Some(_), _) => electronic(),
            (None, Some(_)) => Some(GivenResult::Paper),
            (None, None) => None,
        }
    }
}

/// What `entry` of `dossier` gave, as a command gives it.
fn given_by(entry: &HistoryEntry, dossier: &Dossier) -> Option<GivenResult> {
    entry.result.map(|kind| match kind {
        ResultKind::Electronic => {
            let document = dossier.result_document_of(entry).unwrap().clone();
            GivenResult::Electronic(Box::new(ResultDocument { version: 1, ..document }))
        }
        ResultKind::Paper => GivenResult::Paper,
        ResultKind::Nothing => GivenResult::Nothing,
    })
}

const ACTIONS: [Action; 21] = [
    Action::Correct,
    Action::Submit,
    Action::Receive,
    Action::Refuse,
    Action::RequestSupplement,
    Action::Supplement,
    Action::RefuseExpired,
    Action::Process,
    Action::RequestPayment,
    Action::ConfirmPayment,
    Action::Suspend,
    Action::Resume,
    Action::Finish,
    Action::ReturnResult,
    Action::Recall,
    Action::SendBack,
    Action::Apologise,
    Action::Withdraw,
    Action::Forward,
    Action::HandBack,
    Action::Redate,
];

/// What ends the work on a dossier.
const ENDS: [Action; 4] = [Action::Refuse, Action::RefuseExpired, Action::Withdraw, Action::Finish];

fn attempt() -> impl Strategy<Value = Attempt> {
    let by = prop_oneof![
        6 => Just(officer(AGENCY)),
        3 => Just(officer(HANDLER)),
        1 => select(vec![officer(OTHER_AGENCY), integrator(&[AGENCY]), portal(), citizen(OWNER), citizen(STRANGER)]),
    ];
    let ago = prop_oneof![4 => Just(None), 1 => (-400_i64..7_200).prop_map(|s| Some(SignedDuration::from_secs(s)))];
    let expected = prop_oneof![8 => Just(None), 1 => (1_u64..8).prop_map(Some)];
    let reason = prop_oneof![8 => Just(Some("Thiếu giấy tờ".to_owned())), 1 => Just(None)];
    let extension = prop_oneof![8 => (-1_i64..12).prop_map(Some), 1 => Just(None)];
    let to = prop_oneof![6 => Just(Some(HANDLER)), 1 => select(vec![None, Some(AGENCY), Some(OTHER_AGENCY)])];
    let legal = (prop::bool::weighted(0.8), prop::bool::weighted(0.2), prop::bool::weighted(0.15));
    (any::<Index>(), legal, by, 0_i64..200_000, ago, expected, reason, (extension, to)).prop_map(
        |(
            choice,
            (legal, ends, apologises),
            by,
            seconds,
            ago,
            expected,
            reason,
            (extension, to),
        )| Attempt {
            legal,
            ends,
            apologises,
            choice,
            by,
            after: SignedDuration::from_secs(seconds),
            ago,
            expected,
            reason,
            extension,
            to,
        },
    )
}

/// The shipped law, and those that a province could choose: the time goes on after documents, and a
/// second letter is allowed.
static LAWS: LazyLock<Vec<Law>> = LazyLock::new(|| {
    let choices = [("restart", 1), ("restart", 2), ("resume", 1), ("resume", 2)];
    choices.map(|(supplement, letters)| law_of(supplement, letters)).into()
});

fn any_law() -> impl Strategy<Value = &'static Law> {
    (0..LAWS.len()).prop_map(|chosen| &LAWS[chosen])
}

fn any_term() -> impl Strategy<Value = Option<Term>> {
    let unit = select(vec![TermUnit::WorkingDay, TermUnit::CalendarDay, TermUnit::WorkingHour]);
    prop_oneof![1 => Just(None), 4 => (1_u16..40, unit).prop_map(|(amount, unit)| Term::new(amount, unit).ok())]
}

/// An instant of 2024 or 2025, so that no term here reaches a year without a calendar.
fn any_instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..2 * 365 * 86_400)
        .prop_map(|seconds| at("2024-01-01T00:00") + SignedDuration::from_secs(seconds))
}

type Order = (Command, Actor, Timestamp);
type Tried = (Order, Result<Decision, Refusal>);

/// Everything that was tried on one dossier, in order, with the answer to each.
fn play(law: &Law, mut dossier: Dossier, attempts: &[Attempt]) -> (Dossier, Vec<Tried>) {
    let mut now = dossier.submitted_at;
    let mut tried = Vec::new();
    for (number, attempt) in attempts.iter().enumerate() {
        now += attempt.after;
        let mut legal = allowed(dossier.status, dossier.handler.is_some());
        if !attempt.ends && !legal.iter().all(|action| ENDS.contains(action)) {
            legal.retain(|action| !ENDS.contains(action));
        }
        // The schedule's alone, and only where a calendar was changed.
        legal.retain(|action| *action != Action::Redate);
        if attempt.apologises && legal.contains(&Action::Apologise) {
            legal = vec![Action::Apologise];
        }
        let choices = if attempt.legal && !legal.is_empty() { legal.as_slice() } else { &ACTIONS };
        let action = *attempt.choice.get(choices);
        let due = dossier.due_at.map_or(now, |due| due.max(now));
        // One correction in four takes the telephone away.
        let phone = (number % 4 > 0).then(|| format!("09123456{:02}", number % 100));
        let command = Command {
            id: format!("attempt-{number}").parse().unwrap(),
            action,
            expected_version: attempt.expected,
            reason: attempt.reason.clone(),
            note: None,
            at: attempt.ago.map(|ago| now - ago),
            new_due_on: attempt
                .extension
                .filter(|_| action == Action::Apologise)
                .map(|days| date_of(due) + days.days()),
            to_agency: attempt
                .to
                .filter(|_| action == Action::Forward)
                .map(|agency| agency.parse().unwrap()),
            asked_for: Vec::new(),
            documents: Vec::new(),
            result: attempt.result().filter(|_| action == Action::Finish),
            handover: handed_over(action),
            fees: None,
            payment: None,
            form: None,
            correction: set_right(action, phone.as_deref()),
        };
        let answer = dossier.decide(command.clone(), &attempt.by, law, now);
        if let Ok(Decision::Moved(next)) = &answer {
            dossier = (**next).clone();
        }
        tried.push(((command, attempt.by.clone(), now), answer));
    }
    (dossier, tried)
}

fn new_dossier(term: Option<Term>, channel: Channel, when: Timestamp) -> Dossier {
    DossierState { term, ..handed_in("none", channel, when).into_state() }.try_into().unwrap()
}

fn any_channel() -> impl Strategy<Value = Channel> {
    select(vec![Channel::Online, Channel::Counter, Channel::Postal])
}

/// What ties the parts of a dossier together, whatever happened to it.
fn assert_consistent(dossier: &Dossier, law: &Law) {
    let last = dossier.history.last().unwrap();
    assert_eq!(usize::try_from(dossier.version).unwrap(), dossier.history.len());
    assert_eq!(
        (dossier.status, dossier.due_at, dossier.version),
        (last.status, last.due_at, last.version)
    );
    assert_eq!(dossier.original_due_at, last.original_due_at);
    let rule = law.rule_on(day("2024-01-01"));
    assert!(
        dossier.apologies() <= usize::from(rule.extensions_max),
        "a new date is given so often and no more"
    );
    let parted = dossier.original_due_at.zip(dossier.due_at);
    assert!(
        parted.is_none_or(|(original, due)| original < due),
        "an apology and late documents give time"
    );
    let late = dossier.history.iter().any(|entry| entry.asked_late);
    let may_part = dossier.apologies() > 0 || late;
    assert!(
        dossier.original_due_at.is_none() || may_part,
        "only an apology and late documents part the two dates"
    );
    assert!(
        dossier.due_at.is_none() || original(dossier) == dossier.original_due_at.or(dossier.due_at),
        "the term alone gives the original date"
    );
    let electronic = |entry: &&HistoryEntry| entry.result == Some(ResultKind::Electronic);
    let gave: Vec<u64> =
        dossier.history.iter().filter(electronic).map(|entry| entry.version).collect();
    let kept: Vec<u64> = dossier.results.iter().map(|document| document.version).collect();
    assert_eq!(kept, gave, "each electronic result is kept with its version, and no other");
    let settled = [DossierStatus::Finished, DossierStatus::Returned].contains(&dossier.status);
    assert_eq!(dossier.finished_by().is_some(), settled, "a result holds while the work is over");
    for (entry, version) in dossier.history.iter().zip(1..) {
        assert_eq!(entry.version, version);
        assert!(entry.result.is_none() || entry.action == Action::Finish, "only ends give results");
        assert!(entry.at <= entry.recorded_at, "nothing happens after we learned of it");
        let apart = entry.claimed_at.map(|claimed| claimed.duration_until(entry.at).abs());
        assert!(
            apart.is_none_or(|apart| apart <= CLOCK_SKEW_MAX && !apart.is_zero()),
            "a clock is set right by little"
        );
    }
    let mut handler = None;
    for pair in dossier.history.windows(2) {
        assert!(pair[0].at <= pair[1].at, "time does not run backwards");
        let legal = allowed(pair[0].status, handler.is_some());
        assert!(legal.contains(&pair[1].action), "the table allows each move");
        assert_eq!(pair[1].handler.is_some(), pair[1].action == Action::Forward);
        let ends = [
            Action::HandBack,
            Action::Recall,
            Action::Finish,
            Action::Withdraw,
            Action::RefuseExpired,
        ];
        handler = pair[1].handler.as_ref().or(handler.filter(|_| !ends.contains(&pair[1].action)));
    }
    assert_eq!(dossier.handler.as_ref(), handler, "the history tells where it lies");
    assert!(handler.is_none() || !dossier.status.is_closed(), "what is ended lies with its owner");
    assert_ne!(handler, Some(&dossier.agency));
    let receipt =
        dossier.history.iter().find(|entry| entry.action == Action::Receive).map(|entry| entry.at);
    assert_eq!(dossier.received_at, receipt);
    assert_eq!(
        dossier.status_before.is_some(),
        dossier.status == DossierStatus::SupplementRequested
    );
    let waits =
        matches!(dossier.status, DossierStatus::PaymentRequested | DossierStatus::Suspended);
    let goes_on = rule.supplement == OnSupplement::Resume && dossier.due_at.is_some();
    let waits_for_documents = goes_on && dossier.status == DossierStatus::SupplementRequested;
    assert_eq!(dossier.paused_at.is_some(), waits || waits_for_documents);
    assert_eq!(dossier.closed_at.is_some(), dossier.status.is_closed());
    let replaced: Vec<u64> = dossier.corrected.iter().map(|replaced| replaced.version).collect();
    let corrects = |entry: &&HistoryEntry| entry.action == Action::Correct;
    let set_right: Vec<u64> =
        dossier.history.iter().filter(corrects).map(|entry| entry.version).collect();
    assert_eq!(replaced, set_right, "what a correction replaced is kept with its version");
    let asked = |entry: &HistoryEntry| entry.status == DossierStatus::SupplementRequested;
    let before_the_end = dossier.history.iter().rfind(|entry| {
        !matches!(entry.action, Action::Withdraw | Action::RefuseExpired | Action::Refuse)
    });
    let given_up = rule.supplement == OnSupplement::Restart && before_the_end.is_some_and(asked);
    assert_eq!(dossier.due_at.is_some(), dossier.term.is_some() && receipt.is_some() && !given_up);
}

/// What the term alone gives: counted from the last entry that names its rule, before documents
/// were asked for late if they were, with every pause since that has ended.
fn original(dossier: &Dossier) -> Option<Timestamp> {
    let term = dossier.term.filter(|_| dossier.due_at.is_some())?;
    let (mut begun, mut asked_late) = (None, false);
    for (place, entry) in dossier.history.iter().enumerate() {
        asked_late |= entry.asked_late && begun.is_some();
        if entry.due_rule.is_some() && !asked_late {
            begun = Some(place);
        }
    }
    let begun = begun?;
    let mut run = Run::from(dossier.history[begun].at);
    let stands = [Action::RequestPayment, Action::Suspend, Action::RequestSupplement];
    let moves: Vec<&HistoryEntry> =
        dossier.history[begun..].iter().filter(|entry| entry.action != Action::Correct).collect();
    for pair in moves.windows(2) {
        if stands.contains(&pair[0].action) && !pair[0].asked_late && !pair[1].status.is_closed() {
            run.pauses.push(Pause {
                from: pair[0].at,
                to: pair[1].at,
                by: PauseCounting::Closings,
            });
        }
    }
    term.due_of(calendar(), &run).ok()
}

/// What `entry` of `reached` set right.
fn given_right(entry: &HistoryEntry, reached: &Dossier) -> Correction {
    let applicant = reached.applicant_at(entry.version).cloned();
    Correction { applicant: applicant.filter(|_| entry.action == Action::Correct), result_to: None }
}

// Random cases differ from run to run; a failing one is printed whole, so no file of past failures
// is kept.
pub(super) fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn whatever_is_tried_a_dossier_stays_in_the_table_and_loses_nothing(
        law in any_law(),
        term in any_term(),
        channel in any_channel(),
        start in any_instant(),
        attempts in prop::collection::vec(attempt(), 0..40),
    ) {
        let mut before = new_dossier(term, channel, start);
        for (_, answer) in play(law, before.clone(), &attempts).1 {
            let Ok(decision) = answer else { continue };
            let Decision::Moved(next) = decision else { panic!("every command has a name of its own") };
            assert_consistent(&next, law);
            prop_assert_eq!(&next.history[..before.history.len()], &before.history[..], "the past is kept as it was");
            prop_assert_eq!(next.history.len(), before.history.len() + 1);
            before = *next;
        }
    }

    // NĐ 61/2018 Đ.19.4 restarts the term; a province that has missed the date does not get it back
    // so.
    #[test]
    fn what_was_overdue_is_never_settled_early_or_on_time_whatever_is_asked_for(
        law in any_law(),
        term in any_term(),
        start in any_instant(),
        attempts in prop::collection::vec(attempt(), 0..40),
    ) {
        let mut overdue = false;
        for (_, answer) in play(law, new_dossier(term, Channel::Online, start), &attempts).1 {
            let Ok(Decision::Moved(next)) = answer else { continue };
            let entry = next.history.last().unwrap();
            let due = entry.original_due_at.or(entry.due_at).map(date_of);
            let runs = matches!(entry.status, DossierStatus::Received | DossierStatus::Processing | DossierStatus::Finished);
            // Work may stand still after the date was missed; what is given back then never reaches
            // the day itself.
            prop_assert!(!overdue || !runs || due.is_none_or(|due| due <= date_of(entry.at)), "{due:?} {entry:?}");
            overdue |= runs && due.is_some_and(|due| due < date_of(entry.at));
        }
    }

    #[test]
    fn the_same_commands_give_the_same_dossier(
        law in any_law(),
        term in any_term(),
        start in any_instant(),
        attempts in prop::collection::vec(attempt(), 0..40),
    ) {
        let first = new_dossier(term, Channel::Online, start);
        let (reached, tried) = play(law, first.clone(), &attempts);
        let mut again = first;
        for ((command, by, now), answer) in tried {
            let replayed = again.decide(command, &by, law, now);
            prop_assert_eq!(&replayed, &answer);
            if let Ok(Decision::Moved(next)) = replayed {
                again = *next;
            }
        }
        prop_assert_eq!(again, reached);
    }

    #[test]
    fn whatever_decisions_lead_to_is_read_from_its_stored_form_and_is_the_same(
        law in any_law(), term in any_term(), channel in any_channel(), start in any_instant(),
        attempts in prop::collection::vec(attempt(), 0..40),
    ) {
        let (reached, _) = play(law, new_dossier(term, channel, start), &attempts);
        let read = serde_json::from_value::<Dossier>(serde_json::to_value(&reached).unwrap());
        prop_assert_eq!(read.map_err(|error| error.to_string()), Ok(reached));
    }

    #[test]
    fn a_dossier_can_be_rebuilt_from_its_history(
        law in any_law(),
        term in any_term(),
        start in any_instant(),
        attempts in prop::collection::vec(attempt(), 0..40),
    ) {
        let first = new_dossier(term, Channel::Online, start);
        let (reached, tried) = play(law, first.clone(), &attempts);
        let mut rebuilt = first;
        for entry in &reached.history[1..] {
            let command = Command {
                id: entry.command.clone(),
                action: entry.action,
                expected_version: Some(entry.version - 1),
                reason: entry.reason.clone(),
                note: entry.note.clone(),
                at: Some(entry.claimed_at.unwrap_or(entry.at)),
                new_due_on: entry.new_due_on(),
                to_agency: entry.handler.clone(),
                asked_for: Vec::new(),
                documents: Vec::new(),
                result: given_by(entry, &reached),
                handover: handed_over(entry.action),
                fees: None,
                payment: None,
                form: None,
                correction: given_right(entry, &reached),
            };
            let by = &tried.iter().find(|((tried, ..), _)| tried.id == entry.command).unwrap().0.1;
            rebuilt = super::world::moved(rebuilt.decide(command, by, law, entry.recorded_at));
        }
        prop_assert_eq!(rebuilt, reached);
    }

    #[test]
    fn every_command_repeated_at_any_later_time_changes_nothing(
        law in any_law(),
        term in any_term(),
        start in any_instant(),
        attempts in prop::collection::vec(attempt(), 1..30),
    ) {
        let (reached, tried) = play(law, new_dossier(term, Channel::Online, start), &attempts);
        for ((command, by, _), answer) in tried {
            let Ok(Decision::Moved(then)) = answer else { continue };
            let again = reached.decide(command, &by, law, Timestamp::MAX);
            prop_assert_eq!(again, Ok(Decision::Repeated(Box::new(then.history.last().unwrap().clone()))));
        }
    }
}

/// Dossiers of one week's submissions, each with what became of it over some weeks.
pub(super) fn dossiers() -> impl Strategy<Value = Vec<DossierFacts>> {
    let first = at("2026-03-02T00:00");
    let one =
        (any_term(), any_channel(), 0_i64..7 * 86_400, prop::collection::vec(attempt(), 0..15))
            .prop_map(move |(term, channel, second, attempts)| {
                let start = first + SignedDuration::from_secs(second);
                facts(&play(law(), new_dossier(term, channel, start), &attempts).0)
            });
    prop::collection::vec(one, 1..12)
}

/// From the day before anything was handed in to the day on which the last thing happened.
pub(super) fn days_of(dossiers: &[DossierFacts]) -> Vec<Date> {
    let last = dossiers
        .iter()
        .flat_map(|dossier| &dossier.history)
        .map(|entry| date_of(entry.at))
        .max()
        .unwrap();
    day("2026-03-01").series(1.day()).take_while(|day| *day <= last).collect()
}
