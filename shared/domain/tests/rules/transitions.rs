//! How a dossier moves: who may do what in which status, and what it does to the clock.

mod clock;
mod commands;
mod times;

use domain::calendar::MissingYear;
use domain::deadline::{DueRule, TermUnit};
use domain::dossier::{
    Action, Actor, Clock, Command, Decision, Dossier, DossierStatus, EXPECTED_VERSION_MAX,
    REMARK_CHARACTERS_MAX, RULES, Refusal,
};
use domain::procedure::Channel;
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation};
use jiff::{SignedDuration, Timestamp};

use super::world::{
    AGENCY, FORMER_HANDLER, HANDLER, OTHER_AGENCY, OWNER, STRANGER, action, after, at, citizen,
    command, day, forwarded_in, handed_in, in_status, integrator, law, law_that_resumes_from,
    local, moved, named, officer, played, played_under, portal, schedule,
};

/// Across: the status in which it is done. In the table: the status it leads to; a dot where it is
/// illegal. The dossier asked for documents was in 4 before.
const MOVES: &str = "
                      1   2   3   4   5   6   7   8   9  10
receive               2   .   .   .   .   .   .   .   .   .
refuse                3   .   .   .   .   .   .   .   .   .
request-supplement    5   5   .   5   .   .   .   .   .   .
supplement            .   .   .   .   4   .   .   .   .   .
refuse-expired        .   .   .   .   3   .   .   .   .   .
process               .   4   .   .   .   .   .   .   .   .
request-payment       .   6   .   6   .   .   .   .   .   .
confirm-payment       .   .   .   .   .   4   .   .   .   .
suspend               .   .   .   8   .   .   .   .   .   .
resume                .   .   .   .   .   .   .   4   .   .
finish                .   9   .   9   .   .   .   .   .   .
return-result         .   .   .   .   .   .   .   .  10   .
recall                .   .   .   4   .   4   .   4   .   .
send-back             .   .   .   4   .   4   .   4   4   .
apologise             .   2   .   4   .   .   .   .   .   .
withdraw              7   7   .   7   7   7   .   7   .   .
forward               .   4   .   4   .   .   .   .   .   .
hand-back             .   .   .   .   .   .   .   .   .   .
redate                .   2   .   4   .   6   .   8   .   .
announce-delay        1   .   .   .   .   .   .   .   .   .
correct               1   2   .   4   5   6   .   8   9   .
submit                .   .   .   .   .   .   .   .   .   .
";

/// The same while the dossier is forwarded, in the statuses in which it can be. First whose
/// officers may do it: the owner's, the handler's, or either's. A dash behind the status: the
/// dossier is with its owner again.
const MOVES_WHILE_PASSED_ON: &str = "
                     by        4   5   6   8
receive              owner     .   .   .   .
refuse               owner     .   .   .   .
request-supplement   either    5   .   .   .
supplement           either    .   4   .   .
refuse-expired       owner     .   3-  .   .
process              owner     .   .   .   .
request-payment      either    6   .   .   .
confirm-payment      either    .   .   4   .
suspend              either    8   .   .   .
resume               either    .   .   .   4
finish               owner     9-  .   .   .
return-result        owner     .   .   .   .
recall               owner     4-  .   4-  4-
send-back            either    4   .   4   4
apologise            owner     4   .   .   .
withdraw             owner     7-  7-  7-  7-
forward              owner     .   .   .   .
hand-back            handler   4-  .   .   .
redate               nobody    4   .   6   8
announce-delay       nobody    .   .   .   .
correct              owner     4   5   6   8
submit               owner     .   .   .   .
";

/// The moves that somebody besides the agency's own officers and systems may make.
const ALSO_BY_PORTAL: [&str; 4] = ["supplement", "withdraw", "confirm-payment", "correct"];
const ALSO_BY_OWNER: [&str; 3] = ["supplement", "withdraw", "correct"];
const ALSO_BY_SCHEDULE: [&str; 4] = ["refuse-expired", "apologise", "redate", "announce-delay"];

fn moves() -> impl Iterator<Item = (Action, Vec<Option<u8>>)> {
    MOVES.trim().lines().skip(1).map(|row| {
        let mut cells = row.split_whitespace();
        let action = action(cells.next().unwrap());
        (action, cells.map(|cell| cell.parse().ok()).collect())
    })
}

/// Where a move leads, if it is legal, and whether the dossier is forwarded afterwards.
type Leads = Option<(u8, bool)>;

/// Action, whose officers may do it, and where it leads from each status in which a dossier can be
/// forwarded.
fn moves_while_forwarded() -> impl Iterator<Item = (Action, &'static str, Vec<(u8, Leads)>)> {
    let mut rows = MOVES_WHILE_PASSED_ON.trim().lines();
    let statuses: Vec<u8> =
        rows.next().unwrap().split_whitespace().filter_map(|head| head.parse().ok()).collect();
    rows.map(move |row| {
        let mut cells = row.split_whitespace();
        let (action, by) = (action(cells.next().unwrap()), cells.next().unwrap());
        let leads =
            |cell: &str| Some((cell.trim_end_matches('-').parse().ok()?, !cell.ends_with('-')));
        (action, by, statuses.iter().copied().zip(cells.map(leads)).collect())
    })
}

/// What the table allows in `status` to a dossier that is forwarded just now, or is not; from the
/// top down.
pub(super) fn allowed(status: DossierStatus, forwarded: bool) -> Vec<Action> {
    if forwarded {
        let here = |cells: &[(u8, Leads)]| {
            cells.iter().any(|(from, to)| *from == status.code() && to.is_some())
        };
        return moves_while_forwarded()
            .filter(|(_, _, cells)| here(cells))
            .map(|(action, ..)| action)
            .collect();
    }
    moves()
        .filter(|(_, row)| row[usize::from(status.code()) - 1].is_some())
        .map(|(action, _)| action)
        .collect()
}

fn at_noon() -> Timestamp {
    at("2026-03-02T12:00")
}

/// The day after the last one for documents that were asked for on the morning of 2 March.
fn without_documents() -> Timestamp {
    at("2026-04-02T12:00")
}

/// When `action` can be done to the dossiers here.
fn in_time(action: Action) -> Timestamp {
    if action == Action::RefuseExpired { without_documents() } else { at_noon() }
}

/// The dossier as a calendar had dated it of which a day became a day off since: it was due on the
/// Sunday. What it was counted by is not kept.
fn misdated(dossier: &Dossier) -> Dossier {
    let mut state = dossier.clone().into_state();
    for entry in &mut state.history {
        entry.counted_by = None;
    }
    let sunday = state.due_at.map(|_| at("2026-03-08T17:00"));
    state.due_at = sunday;
    state.history.last_mut().unwrap().due_at = sunday;
    state.try_into().unwrap()
}

fn try_it(dossier: &Dossier, action: Action, by: &Actor) -> Result<Decision, Refusal> {
    let misdated = (action == Action::Redate).then(|| misdated(dossier));
    let dossier = misdated.as_ref().unwrap_or(dossier);
    dossier.decide(command("it", action), by, law(), in_time(action))
}

/// Everybody who can come to a dossier, and for whom: the owner of the dossier, its handler, both,
/// or neither.
fn everybody() -> [(&'static str, Actor); 13] {
    [
        ("officer of the agency", officer(AGENCY)),
        ("integrator of the agency", integrator(&[OTHER_AGENCY, AGENCY])),
        ("officer of the handler", officer(HANDLER)),
        ("integrator of the handler", integrator(&[HANDLER])),
        ("integrator of both", integrator(&[HANDLER, AGENCY])),
        ("officer of the former handler", officer(FORMER_HANDLER)),
        ("officer of another agency", officer(OTHER_AGENCY)),
        ("integrator of another agency", integrator(&[OTHER_AGENCY])),
        ("portal", portal()),
        ("owner", citizen(OWNER)),
        ("another citizen", citizen(STRANGER)),
        ("schedule", schedule()),
        ("integrator of nobody", integrator(&[])),
    ]
}

/// Whether `who` may do `action`, which is for the officers of the owner, of the handler, of
/// either, or of nobody.
fn may(who: &str, action: Action, by: &str) -> bool {
    match who {
        "officer of the agency" | "integrator of the agency" => by != "handler" && by != "nobody",
        "officer of the handler" | "integrator of the handler" => by != "owner" && by != "nobody",
        "integrator of both" => by != "nobody",
        "portal" => ALSO_BY_PORTAL.contains(&action.name()),
        "owner" => ALSO_BY_OWNER.contains(&action.name()),
        "schedule" => ALSO_BY_SCHEDULE.contains(&action.name()),
        _ => false,
    }
}

/// What `who` may do instead: of what the table allows, what is theirs to do.
fn allowed_to(who: &str, status: DossierStatus, forwarded: bool) -> Vec<Action> {
    let by = |action: Action| match moves_while_forwarded().find(|(other, ..)| *other == action) {
        Some((_, by, _)) if forwarded || by == "nobody" => by,
        _ => "owner",
    };
    allowed(status, forwarded).into_iter().filter(|action| may(who, *action, by(*action))).collect()
}

/// Whether the answer to `action` is what the tables say: who may, and where it leads, forwarded or
/// not.
fn assert_answered(
    dossier: &Dossier,
    action: Action,
    who: &str,
    actor: &Actor,
    may: bool,
    to: Leads,
) {
    let (status, forwarded) = (dossier.status, dossier.handler.is_some());
    let case = format!("{} in {} by {who}, forwarded: {forwarded}", action.name(), status.code());
    match (try_it(dossier, action, actor), to) {
        // Handing in begins a history; it is no action on one that exists.
        (Err(Refusal::Invalid(broken)), _) if action == Action::Submit => {
            assert_eq!(named(&broken), [("action", "known-value")], "{case}");
        }
        (answer, _) if !may => assert_eq!(answer, Err(Refusal::NotAllowed), "{case}"),
        (answer, None) => {
            let allowed = allowed_to(who, status, forwarded);
            assert_eq!(answer, Err(Refusal::Illegal { action, status, allowed }), "{case}");
        }
        (answer, Some((to, still))) => {
            let Ok(Decision::Moved(next)) = answer else { panic!("{case}: {answer:?}") };
            assert_eq!(next.status.code(), to, "{case}");
            let handler = still.then(|| HANDLER.parse().unwrap());
            assert_eq!(next.handler, handler, "{case}");
        }
    }
}

#[test]
fn everybody_may_do_in_every_status_what_the_table_says_and_nothing_else() {
    let mut combinations = 0;
    for status in DossierStatus::ALL {
        let dossier = in_status(status);
        for (action, row) in moves() {
            for (who, actor) in &everybody() {
                // There is no handler: everything is the owner's to do, save handing back.
                let by = if matches!(action, Action::Redate | Action::AnnounceDelay) {
                    "nobody"
                } else {
                    "owner"
                };
                let may = may(who, action, by) && action != Action::HandBack;
                let to =
                    row[usize::from(status.code()) - 1].map(|to| (to, action == Action::Forward));
                assert_answered(&dossier, action, who, actor, may, to);
                combinations += 1;
            }
        }
    }
    assert_eq!(combinations, 10 * 22 * 13);
}

#[test]
fn while_it_is_forwarded_owner_and_handler_may_do_what_the_table_says_and_nothing_else() {
    let mut combinations = 0;
    for dossier in DossierStatus::ALL.into_iter().filter_map(forwarded_in) {
        for (action, by, cells) in moves_while_forwarded() {
            let (_, to) = *cells.iter().find(|(from, _)| *from == dossier.status.code()).unwrap();
            for (who, actor) in &everybody() {
                assert_answered(&dossier, action, who, actor, may(who, action, by), to);
                combinations += 1;
            }
        }
    }
    assert_eq!(combinations, 4 * 22 * 13);
}

#[test]
fn three_statuses_are_ends_and_nothing_follows_them() {
    let ends: Vec<u8> = DossierStatus::ALL
        .into_iter()
        .filter(|status| allowed(*status, false).is_empty())
        .map(DossierStatus::code)
        .collect();
    assert_eq!(ends, [3, 7, 10]);
    for status in DossierStatus::ALL {
        assert_eq!(status.is_end(), ends.contains(&status.code()), "{status:?}");
    }
}

#[test]
fn a_move_is_signed_with_role_and_account_and_never_with_an_identity_number() {
    for (actor, role, id, agency) in [
        (officer(AGENCY), "officer", "officer-of-H20.12", Some(AGENCY)),
        (integrator(&[AGENCY]), "integrator", "urn:motcua:integrator:land-registry", None),
        (portal(), "portal", "portal", None),
        (citizen(OWNER), "citizen", "account-7", None),
    ] {
        let next = moved(try_it(&in_status(DossierStatus::Registered), Action::Withdraw, &actor));
        let by = &next.history[1].by;
        assert_eq!((by.role.name(), by.id.as_str()), (role, id));
        assert_eq!(by.agency.as_ref().map(ToString::to_string).as_deref(), agency, "{role}");
    }
}

#[test]
fn the_agency_the_owner_and_the_portal_may_read_and_nobody_else() {
    let dossier = in_status(DossierStatus::Processing);
    for (actor, may) in [
        (officer(AGENCY), true),
        (integrator(&[AGENCY]), true),
        (portal(), true),
        (citizen(OWNER), true),
        (officer(OTHER_AGENCY), false),
        (officer("H20"), false),
        (integrator(&[OTHER_AGENCY]), false),
        (integrator(&[]), false),
        (citizen(STRANGER), false),
        (schedule(), false),
    ] {
        assert_eq!(actor.may_read(&dossier), may, "{actor:?}");
    }
}

// NĐ 61/2018 Đ.19.4, 19.8, 19.9: what stops or ends a dossier is answered for with a reason.
#[test]
fn a_reason_is_owed_by_eight_actions_and_by_no_other() {
    const OWED: [&str; 8] = [
        "refuse",
        "request-supplement",
        "refuse-expired",
        "suspend",
        "send-back",
        "apologise",
        "redate",
        "announce-delay",
    ];
    for (action, row) in moves().filter(|(action, _)| *action != Action::Submit) {
        let from =
            DossierStatus::ALL.into_iter().find(|s| row[usize::from(s.code()) - 1].is_some());
        // Handing back is for the handler alone.
        let (dossier, by) = from.map_or_else(
            || (forwarded_in(DossierStatus::Processing).unwrap(), officer(HANDLER)),
            |from| (in_status(from), officer(AGENCY)),
        );
        // Only the schedule counts a date anew, and only one that a changed calendar moved; and only
        // the schedule announces a delay.
        let of_schedule = matches!(action, Action::Redate | Action::AnnounceDelay);
        let by = if of_schedule { schedule() } else { by };
        let dossier = if action == Action::Redate { misdated(&dossier) } else { dossier };
        for (reason, enough) in
            [(None, false), (Some(""), false), (Some(" \u{a0}\n"), false), (Some("Sai thửa"), true)]
        {
            let order = Command { reason: reason.map(str::to_owned), ..command("it", action) };
            let answer = dossier.decide(order, &by, law(), in_time(action));
            let rule = match &answer {
                Ok(_) => vec![],
                Err(Refusal::Invalid(broken)) => named(broken),
                Err(other) => panic!("{}: {other:?}", action.name()),
            };
            let owed = OWED.contains(&action.name()) && !enough;
            let expected = if owed { vec![("reason", "reason-owed")] } else { vec![] };
            assert_eq!(rule, expected, "{} with {reason:?}", action.name());
        }
    }
}

#[test]
fn a_reason_or_a_note_has_at_most_300_characters_however_many_bytes() {
    assert_eq!(REMARK_CHARACTERS_MAX, 300);
    for (characters, refused) in [(300, false), (501, true)] {
        let text = "ế".repeat(characters);
        for (field, order) in [
            ("reason", Command { reason: Some(text.clone()), ..command("it", Action::Receive) }),
            ("note", Command { note: Some(text.clone()), ..command("it", Action::Receive) }),
        ] {
            let answer = in_status(DossierStatus::Registered).decide(
                order,
                &officer(AGENCY),
                law(),
                at_noon(),
            );
            let expected = refused.then(|| {
                let most = Fact::at_most(300, Unit::Characters);
                Refusal::invalid(Violation::unless(field, RuleName::Length, most))
            });
            assert_eq!(answer.err(), expected, "{field} of {characters}");
        }
    }
}

#[test]
fn reason_note_and_time_are_kept_in_the_history() {
    let order = Command {
        note: Some("Gọi lại sau 10 giờ".to_owned()),
        at: Some(at("2026-03-02T11:00")),
        ..command("it", Action::Receive)
    };
    let next = moved(in_status(DossierStatus::Registered).decide(
        order,
        &officer(AGENCY),
        law(),
        at_noon(),
    ));
    let entry = next.history.last().unwrap();
    assert_eq!(entry.reason.as_deref(), Some("Thiếu bản vẽ hiện trạng"));
    assert_eq!(entry.note.as_deref(), Some("Gọi lại sau 10 giờ"));
    assert_eq!((entry.at, entry.recorded_at), (at("2026-03-02T11:00"), at_noon()));
    assert_eq!((entry.version, entry.command.as_str()), (2, "it"));
    assert_eq!(
        next.received_at,
        Some(at("2026-03-02T11:00")),
        "received when it happened, not when we learned of it"
    );
}

#[test]
fn a_supplement_leads_back_to_where_the_dossier_was() {
    for from in [DossierStatus::Registered, DossierStatus::Received, DossierStatus::Processing] {
        let asked = moved(try_it(&in_status(from), Action::RequestSupplement, &officer(AGENCY)));
        assert_eq!(asked.status, DossierStatus::SupplementRequested);
        let back = after(&asked, Action::Supplement, at("2026-03-05T09:00"));
        assert_eq!((back.status, back.status_before), (from, None));
    }
}

#[test]
fn documents_can_be_asked_for_again_from_another_status() {
    let history = "submit 2026-03-02T07:30, request-supplement 08:00, supplement 09:00, receive 10:00, process 10:10, \
                   request-supplement 11:00, supplement 12:00";
    assert_eq!(played("5 working-day", Channel::Online, history).status, DossierStatus::Processing);
}

#[test]
fn the_history_shows_where_the_dossier_stood_at_any_instant() {
    let dossier = played(
        "none",
        Channel::Online,
        "submit 2026-03-02T07:30, receive 08:00, process 08:10, finish 08:10",
    );
    let then = |time: &str| dossier.as_of(at(time)).map(|entry| entry.status.code());
    for (time, status) in [
        ("2026-03-02T07:29:59", None),
        ("2026-03-02T07:30", Some(1)),
        ("2026-03-02T07:59:59", Some(1)),
        ("2026-03-02T08:00", Some(2)),
        ("2026-03-02T08:10", Some(9)),
        ("2030-01-01T00:00", Some(9)),
    ] {
        assert_eq!(then(time), status, "{time}");
    }
}

// TT 01/2018 Đ.16.2.d: the public sees the degree of completion.
#[test]
fn a_citizen_sees_how_many_of_four_steps_are_done() {
    for (history, steps, closed) in [
        ("", 0, false),
        (", request-supplement 08:00", 0, false),
        (", refuse 08:00", 0, true),
        (", withdraw 08:00", 0, true),
        (", receive 08:00", 1, false),
        (", receive 08:00, request-supplement 08:10", 1, false),
        (", receive 08:00, withdraw 08:10", 1, true),
        (", receive 08:00, process 08:10", 2, false),
        (", receive 08:00, process 08:10, suspend 08:20", 2, false),
        (", receive 08:00, process 08:10, finish 08:20, send-back 08:30", 2, false),
        (", receive 08:00, finish 08:20", 3, false),
        (", receive 08:00, finish 08:20, return-result 08:30", 4, true),
    ] {
        let done = played("none", Channel::Online, &format!("submit 2026-03-02T07:30{history}"))
            .completion();
        assert_eq!(
            (done.steps_done, done.steps_total, done.closed),
            (steps, 4, closed),
            "{history}"
        );
    }
}

#[test]
fn statuses_and_actions_are_written_as_the_contract_names_them() {
    for status in DossierStatus::ALL {
        let code = serde_json::to_value(status).unwrap();
        assert_eq!(code, serde_json::json!(status.code()));
        assert_eq!(serde_json::from_value::<DossierStatus>(code).unwrap(), status);
    }
    assert_eq!(DossierStatus::ALL.map(DossierStatus::code), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for unknown in ["0", "11", "255", "-1", "\"4\""] {
        assert!(serde_json::from_str::<DossierStatus>(unknown).is_err(), "{unknown}");
    }
    for (action, _) in moves() {
        assert_eq!(serde_json::to_value(action).unwrap(), serde_json::json!(action.name()));
    }
}

#[test]
fn a_dossier_survives_storage() {
    for status in DossierStatus::ALL {
        let dossier = in_status(status);
        let stored = serde_json::to_string(&dossier).unwrap();
        assert_eq!(serde_json::from_str::<Dossier>(&stored).unwrap(), dossier, "{status:?}");
    }
}
