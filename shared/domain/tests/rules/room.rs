//! How much a history holds, and that there is always room left to end it.

use domain::dossier::{
    Action, Command, Decision, Dossier, DossierStatus, HistoryEntry, ITEM_BYTES_MAX,
    REMARK_CHARACTERS_MAX, Refusal, VERSIONS_MAX,
};
use domain::submission::{DOCUMENTS_BYTES_MAX, Document, DocumentContent, DocumentReference};
use domain::{RuleName, Violation};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::transitions::allowed;
use super::world::{
    AGENCY, HANDLER, at, command, forwarded_in, in_status, law, law_of, moved, officer,
};

/// A dossier in `status` whose history has `versions` entries, the newest standing for many like
/// it.
fn long(status: DossierStatus, versions: u64) -> Dossier {
    stretched(in_status(status), versions)
}

fn stretched(dossier: Dossier, versions: u64) -> Dossier {
    let mut state = dossier.into_state();
    while state.version < versions {
        state.version += 1;
        let last = state.history.last().unwrap().clone();
        let command = format!("entry-{}", state.version).parse().unwrap();
        state.history.push(HistoryEntry {
            version: state.version,
            action: if last.action == Action::Submit { Action::Redate } else { last.action },
            command,
            due_rule: None,
            ..last
        });
    }
    state.try_into().unwrap()
}

fn full() -> Refusal {
    let detail = "the history is full: only what leads nearer to an end is taken";
    Refusal::invalid(Violation::new("version", RuleName::VersionsMax, detail))
}

fn remarks() -> String {
    "\u{20000}".repeat(REMARK_CHARACTERS_MAX)
}

/// A command with the longest remarks that there can be.
fn longest(name: &str, action: Action) -> Command {
    Command { reason: Some(remarks()), note: Some(remarks()), ..command(name, action) }
}

#[test]
fn a_full_history_takes_nothing_that_leads_nowhere_and_still_answers_repetitions() {
    let by = officer(AGENCY);
    let noon = at("2026-03-02T12:00");
    let dossier = long(DossierStatus::Processing, VERSIONS_MAX - 1);
    let last = moved(dossier.decide(command("the-hundredth", Action::Recall), &by, law(), noon));
    assert_eq!((last.version, last.history.len()), (100, 100));
    assert_eq!(last.decide(command("it", Action::Recall), &by, law(), noon), Err(full()));
    let again = last.decide(command("the-hundredth", Action::Recall), &by, law(), noon);
    assert_eq!(again, Ok(Decision::Repeated(Box::new(last.history[99].clone()))));
}

// The 100th entry stranded a dossier that waited for a payment or stood suspended: it could only be
// taken back.
#[test]
fn from_every_status_a_full_dossier_comes_to_its_result_by_its_officers_alone() {
    for (status, way) in [
        (DossierStatus::Registered, &[Action::Receive, Action::Finish, Action::ReturnResult][..]),
        (DossierStatus::Received, &[Action::Finish, Action::ReturnResult]),
        (DossierStatus::Processing, &[Action::Finish, Action::ReturnResult]),
        (
            DossierStatus::SupplementRequested,
            &[Action::Supplement, Action::Finish, Action::ReturnResult],
        ),
        (
            DossierStatus::PaymentRequested,
            &[Action::ConfirmPayment, Action::Finish, Action::ReturnResult],
        ),
        (DossierStatus::Suspended, &[Action::Resume, Action::Finish, Action::ReturnResult]),
        (DossierStatus::Finished, &[Action::ReturnResult]),
    ] {
        for mut dossier in [Some(in_status(status)), forwarded_in(status)].into_iter().flatten() {
            dossier = stretched(dossier, VERSIONS_MAX);
            for action in way {
                let order = longest(&format!("way-{}", dossier.version), *action);
                dossier =
                    moved(dossier.decide(order, &officer(AGENCY), law(), at("2026-03-02T12:00")));
            }
            assert_eq!(dossier.status, DossierStatus::Returned, "from {status:?}");
        }
    }
}

/// A dossier with as many documents as there may be, and the longest of everything.
fn heavy() -> Dossier {
    let mut state = in_status(DossierStatus::Received).into_state();
    state.documents = (0..50)
        .map(|number| Document {
            code: format!("{number:064}"),
            version: 1,
            content: DocumentContent::Reference(DocumentReference {
                name: "a".repeat(DOCUMENTS_BYTES_MAX / 50 - 64 - 64 - 200),
                sha256: "0".repeat(64),
                url: format!("https://{}", "a".repeat(192)),
            }),
        })
        .collect();
    state.try_into().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]

    // By bytes as well as by number: whatever came in, however long, the item holds it, and a way
    // to the end remains.
    #[test]
    fn whatever_comes_in_the_item_holds_it_and_a_way_to_the_end_remains(
        choices in prop::collection::vec((any::<Index>(), any::<bool>()), 120..160),
        supplement in select(vec!["restart", "resume"]),
    ) {
        let law = law_of(supplement, 3);
        let mut dossier = heavy();
        let ends = [Action::Withdraw, Action::Finish, Action::Refuse, Action::RefuseExpired];
        let now = at("2026-03-02T12:00");
        let by = |dossier: &Dossier, action| {
            let handler = dossier.handler.as_ref().filter(|_| action == Action::HandBack);
            officer(handler.map_or(AGENCY, |_| HANDLER))
        };
        for (number, (choice, wide)) in choices.into_iter().enumerate() {
            let mut legal = allowed(dossier.status, dossier.handler.is_some());
            legal.retain(|action| !ends.contains(action));
            if legal.is_empty() {
                break;
            }
            let action = *choice.get(&legal);
            let name = format!("{number}-{}", "n".repeat(if wide { 50 } else { 1 }));
            match dossier.decide(longest(&name, action), &by(&dossier, action), &law, now) {
                Ok(Decision::Moved(next)) => dossier = *next,
                Ok(Decision::Repeated(_)) => panic!("a name of its own"),
                Err(_) => {}
            }
            prop_assert!(dossier.stored_bytes() <= ITEM_BYTES_MAX);
        }
        for _ in 0..4 {
            let Some(action) = [
                Action::Supplement,
                Action::ConfirmPayment,
                Action::Resume,
                Action::Receive,
                Action::Finish,
                Action::ReturnResult,
            ]
            .into_iter()
            .find(|action| allowed(dossier.status, dossier.handler.is_some()).contains(action)) else { break };
            let order = longest(&format!("end-{}", dossier.version), action);
            dossier = moved(dossier.decide(order, &officer(AGENCY), &law, now));
        }
        prop_assert_eq!(dossier.status, DossierStatus::Returned);
        prop_assert!(dossier.stored_bytes() <= ITEM_BYTES_MAX, "{}", dossier.stored_bytes());
    }
}
