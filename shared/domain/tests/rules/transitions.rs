//! How a dossier moves: who may do what in which status, and what it does to the clock.

use domain::calendar::MissingYear;
use domain::deadline::{DueRule, TermUnit};
use domain::dossier::{
    Action, Actor, Clock, Command, Decision, Dossier, DossierStatus, EXPECTED_VERSION_MAX,
    REMARK_CHARACTERS_MAX, RULES, Refusal,
};
use domain::procedure::Channel;
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
submit               owner     .   .   .   .
";

/// The moves that somebody besides the agency's own officers and systems may make.
const ALSO_BY_PORTAL: [&str; 3] = ["supplement", "withdraw", "confirm-payment"];
const ALSO_BY_OWNER: [&str; 2] = ["supplement", "withdraw"];
const ALSO_BY_SCHEDULE: [&str; 3] = ["refuse-expired", "apologise", "redate"];

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
                let by = if action == Action::Redate { "nobody" } else { "owner" };
                let may = may(who, action, by) && action != Action::HandBack;
                let to =
                    row[usize::from(status.code()) - 1].map(|to| (to, action == Action::Forward));
                assert_answered(&dossier, action, who, actor, may, to);
                combinations += 1;
            }
        }
    }
    assert_eq!(combinations, 10 * 20 * 13);
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
    assert_eq!(combinations, 4 * 20 * 13);
}

/// What the table of moves says of the clock, in the words of the domain note.
const CLOCK: &str = "
receive              starts             counted from receipt
refuse               stops
request-supplement   waits-for-supplement   given up, or waits
supplement           supplement-came        begins again, or goes on
refuse-expired       stops
process              untouched
request-payment      pauses
confirm-payment      goes-on
suspend              pauses
resume               goes-on
finish               stops
return-result        untouched
recall               goes-on
send-back            goes-on
apologise            promises           another day
withdraw             stops
forward              untouched          one term
hand-back            untouched
redate               recounts           in the calendar in force
";

#[test]
fn the_table_of_moves_says_what_each_does_to_the_clock() {
    let said: Vec<(&str, Clock)> =
        RULES.iter().map(|rule| (rule.action.name(), rule.clock)).collect();
    let expected = CLOCK.trim().lines().map(|row| {
        let mut cells = row.split_whitespace();
        let (action, clock) = (cells.next().unwrap(), cells.next().unwrap());
        (action, super::world::clock(clock))
    });
    assert_eq!(said, expected.collect::<Vec<_>>());
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
fn a_reason_is_owed_by_seven_actions_and_by_no_other() {
    const OWED: [&str; 7] = [
        "refuse",
        "request-supplement",
        "refuse-expired",
        "suspend",
        "send-back",
        "apologise",
        "redate",
    ];
    for (action, row) in moves().filter(|(action, _)| *action != Action::Submit) {
        let from =
            DossierStatus::ALL.into_iter().find(|s| row[usize::from(s.code()) - 1].is_some());
        // Handing back is for the handler alone.
        let (dossier, by) = from.map_or_else(
            || (forwarded_in(DossierStatus::Processing).unwrap(), officer(HANDLER)),
            |from| (in_status(from), officer(AGENCY)),
        );
        // Only the schedule counts a date anew, and only one that a changed calendar moved.
        let (dossier, by) =
            if action == Action::Redate { (misdated(&dossier), schedule()) } else { (dossier, by) };
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
                Refusal::invalid(Violation::new(
                    field,
                    RuleName::Length,
                    "must be at most 300 characters",
                ))
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

/// What each history leaves on the dossier: due, received, closed, paused since.
#[test]
fn every_move_does_to_the_clock_what_the_law_says() {
    // 5 working days from Monday 2 March 2026 are Monday 9 March.
    for (why, history, due, received, closed, paused) in [
        ("handing in starts nothing", "", "-", "-", "-", "-"),
        // NĐ 61/2018 Đ.17–18: the clock starts when the complete dossier is received.
        (
            "receipt starts the clock",
            "receive 08:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "work does not move it",
            "receive 08:00, process 10:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        ("refusal closes without a date", "refuse 08:00", "-", "-", "2026-03-02T08:00", "-"),
        // Đ.19.4: the term is counted again from the beginning once the dossier is complete.
        (
            "asking for documents takes the date away",
            "receive 08:00, request-supplement 09:00",
            "-",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "the supplement starts the term anew and receipt stays what it was",
            "receive 08:00, request-supplement 09:00, supplement 2026-03-11T10:00",
            "2026-03-18T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "a supplement after the hand-over hour counts from the next day",
            "receive 08:00, request-supplement 09:00, supplement 2026-03-11T15:30",
            "2026-03-19T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "a supplement before receipt starts nothing",
            "request-supplement 08:00, supplement 2026-03-04T10:00",
            "-",
            "-",
            "-",
            "-",
        ),
        (
            "documents that never come close the dossier",
            "receive 08:00, request-supplement 09:00, refuse-expired 2026-04-02T10:00",
            "-",
            "2026-03-02T08:00",
            "2026-04-02T10:00",
            "-",
        ),
        // Domain note §2.2: waiting for a payment and a suspension stand still.
        (
            "a demand for payment stops the clock",
            "receive 08:00, request-payment 2026-03-03T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "-",
            "2026-03-03T09:00",
        ),
        (
            "payment gives back the three days that it took",
            "receive 08:00, request-payment 2026-03-03T09:00, confirm-payment 2026-03-06T16:00",
            "2026-03-12T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "a suspension of two weeks moves the date two weeks",
            "receive 08:00, process 08:10, suspend 2026-03-04T09:00, resume 2026-03-18T09:00",
            "2026-03-23T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "a suspension within a day moves nothing",
            "receive 08:00, process 08:10, suspend 2026-03-04T09:00, resume 2026-03-04T16:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "recalling a suspended dossier gives the time back like resuming it",
            "receive 08:00, process 08:10, suspend 2026-03-04T09:00, recall 2026-03-05T09:00",
            "2026-03-10T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "sending an unpaid dossier back gives the time back",
            "receive 08:00, request-payment 2026-03-04T09:00, send-back 2026-03-05T09:00",
            "2026-03-10T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "two pauses add up",
            "receive 08:00, process 08:10, suspend 2026-03-03T09:00, resume 2026-03-04T09:00, \
             request-payment 2026-03-05T09:00, confirm-payment 2026-03-06T09:00",
            "2026-03-11T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "withdrawing a suspended dossier leaves the date as it was",
            "receive 08:00, process 08:10, suspend 2026-03-04T09:00, withdraw 2026-03-18T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "2026-03-18T09:00",
            "-",
        ),
        (
            "finishing closes",
            "receive 08:00, finish 2026-03-05T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "2026-03-05T09:00",
            "-",
        ),
        (
            "handing the result over does not close a second time",
            "receive 08:00, finish 2026-03-05T09:00, return-result 2026-03-06T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "2026-03-05T09:00",
            "-",
        ),
        (
            "sending back opens what was closed and keeps the date",
            "receive 08:00, finish 2026-03-05T09:00, send-back 2026-03-06T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "finishing again closes at the later time",
            "receive 08:00, finish 2026-03-05T09:00, send-back 2026-03-06T09:00, finish 2026-03-10T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "2026-03-10T09:00",
            "-",
        ),
    ] {
        let separator = if history.is_empty() { "" } else { ", " };
        let dossier = played(
            "5 working-day",
            Channel::Online,
            &format!("submit 2026-03-02T07:30{separator}{history}"),
        );
        let instants = |texts: [&str; 4]| texts.map(|text| (text != "-").then(|| local(at(text))));
        let found = [dossier.due_at, dossier.received_at, dossier.closed_at, dossier.paused_at];
        assert_eq!(
            found.map(|instant| instant.map(local)),
            instants([due, received, closed, paused]),
            "{why}"
        );
        assert_eq!(
            dossier.history.last().unwrap().due_at,
            dossier.due_at,
            "{why}: the history says so too"
        );
    }
}

/// What a supplement does where the remaining time goes on. 5 working days from Monday 2 March 2026
/// are Monday 9 March.
#[test]
fn where_the_law_says_so_the_remaining_time_goes_on_after_a_supplement() {
    let law = law_that_resumes_from("2026-03-03");
    for (why, history, due, paused) in [
        (
            "documents asked for stop the clock and leave the date",
            "receive 08:00, request-supplement 2026-03-03T09:00",
            Some("2026-03-09T17:00"),
            Some("2026-03-03T09:00"),
        ),
        (
            "the supplement gives back the working days that passed",
            "receive 08:00, request-supplement 2026-03-03T09:00, supplement 2026-03-11T10:00",
            Some("2026-03-17T17:00"),
            None,
        ),
        (
            "documents that come the same day move nothing",
            "receive 08:00, process 08:10, request-supplement 2026-03-04T09:00, supplement 2026-03-04T16:00",
            Some("2026-03-09T17:00"),
            None,
        ),
        (
            "asked for the day before, the old rule holds to the end",
            "receive 08:00, request-supplement 09:00, supplement 2026-03-11T10:00",
            Some("2026-03-18T17:00"),
            None,
        ),
        (
            "before receipt there is nothing to go on with",
            "request-supplement 2026-03-03T09:00, supplement 2026-03-04T10:00",
            None,
            None,
        ),
        (
            "and receipt afterwards counts the whole term",
            "request-supplement 2026-03-03T09:00, supplement 2026-03-04T10:00, receive 2026-03-05T08:00",
            Some("2026-03-12T17:00"),
            None,
        ),
        (
            "a supplement and a suspension add up",
            "receive 08:00, process 08:10, request-supplement 2026-03-03T09:00, supplement 2026-03-04T10:00, \
             suspend 2026-03-05T09:00, resume 2026-03-06T09:00",
            Some("2026-03-11T17:00"),
            None,
        ),
        (
            "documents that never come leave the date as it was",
            "receive 08:00, request-supplement 2026-03-03T09:00, refuse-expired 2026-04-03T10:00",
            Some("2026-03-09T17:00"),
            None,
        ),
    ] {
        let dossier =
            played_under(&law, "5 working-day", &format!("submit 2026-03-02T07:30, {history}"));
        let expected = [due, paused].map(|text| text.map(|text| local(at(text))));
        assert_eq!(
            [dossier.due_at, dossier.paused_at].map(|instant| instant.map(local)),
            expected,
            "{why}"
        );
    }
}

#[test]
fn the_entry_that_starts_the_clock_names_the_rule_and_no_other_does() {
    let history = "submit 2026-03-02T07:30, receive 08:00, process 08:10, request-supplement 09:00, \
                   supplement 2026-03-04T09:00, suspend 10:00, resume 2026-03-06T10:00, finish 11:00";
    let dossier = played("5 calendar-day", Channel::Counter, history);
    let rule = DueRule {
        amount: 5,
        unit: TermUnit::CalendarDay,
        source:
            "NĐ 118/2025/NĐ-CP, read as NĐ 61/2018/NĐ-CP Đ.17, Đ.18; BLDS 2015 Đ.147.2, Đ.148.5"
                .to_owned(),
    };
    let named: Vec<_> = dossier.history.iter().map(|entry| entry.due_rule.as_ref()).collect();
    assert_eq!(named, [None, Some(&rule), None, None, Some(&rule), None, None, None]);
    // NĐ 118/2025 replaces NĐ 61/2018 on 1 July 2025.
    for (day, decree) in
        [("2025-06-30", "NĐ 61/2018/NĐ-CP Đ.17, Đ.18"), ("2025-07-01", "NĐ 118/2025/NĐ-CP")]
    {
        let dossier = played(
            "5 working-day",
            Channel::Counter,
            &format!("submit {day}T07:30, receive 08:00"),
        );
        let source = &dossier.history[1].due_rule.as_ref().unwrap().source;
        assert!(source.starts_with(decree), "{day}: {source}");
    }
    let without = played("none", Channel::Counter, history);
    assert!(without.history.iter().all(|entry| entry.due_rule.is_none()));
    let resumed = played_under(&law_that_resumes_from("2026-01-01"), "5 working-day", history);
    let named: Vec<_> =
        resumed.history.iter().filter(|entry| entry.due_rule.is_some()).map(|e| e.action).collect();
    assert_eq!(named, [Action::Receive], "where the time goes on nothing is counted anew");
}

#[test]
fn a_procedure_without_a_term_never_gets_a_due_date() {
    let history = "submit 2026-03-02T07:30, receive 08:00, process 08:10, request-supplement 09:00, \
                   supplement 2026-03-04T09:00, suspend 10:00, resume 2026-03-06T10:00, request-payment 10:30, \
                   confirm-payment 11:00, finish 2026-03-09T08:00";
    let dossier = played("none", Channel::Counter, history);
    assert!(dossier.history.iter().all(|entry| entry.due_at.is_none()));
}

#[test]
fn a_due_date_in_a_year_without_a_calendar_is_not_guessed() {
    let dossier = handed_in("5 working-day", Channel::Online, at("2026-12-28T08:00"));
    let answer = dossier.decide(
        command("it", Action::Receive),
        &officer(AGENCY),
        law(),
        at("2026-12-28T09:00"),
    );
    assert_eq!(answer, Err(Refusal::Calendar(MissingYear { year: 2027 })));
    assert_eq!(answer.unwrap_err().to_string(), "the working calendar has no data for 2027");
}

#[test]
fn a_repeated_command_is_answered_with_its_own_entry_after_the_dossier_has_moved_on() {
    let received =
        moved(try_it(&in_status(DossierStatus::Registered), Action::Receive, &officer(AGENCY)));
    let mut dossier = received.clone();
    for (action, when) in [
        ("process", "2026-03-03T08:00"),
        ("finish", "2026-03-04T08:00"),
        ("return-result", "2026-03-05T08:00"),
    ] {
        dossier = after(&dossier, super::world::action(action), at(when));
    }
    let again = Command {
        expected_version: Some(1),
        at: Some(at("2026-03-02T09:00")),
        ..command("it", Action::Receive)
    };
    let answer = dossier.decide(again, &officer(AGENCY), law(), at("2026-03-06T08:00"));
    assert_eq!(answer, Ok(Decision::Repeated(Box::new(received.history[1].clone()))));
}

#[test]
fn a_repetition_by_somebody_who_may_not_is_told_nothing() {
    let received =
        moved(try_it(&in_status(DossierStatus::Registered), Action::Receive, &officer(AGENCY)));
    assert_eq!(
        try_it(&received, Action::Receive, &officer(OTHER_AGENCY)),
        Err(Refusal::NotAllowed)
    );
}

#[test]
fn a_command_id_cannot_name_two_actions() {
    let received =
        moved(try_it(&in_status(DossierStatus::Registered), Action::Receive, &officer(AGENCY)));
    assert_eq!(try_it(&received, Action::Process, &officer(AGENCY)), Err(Refusal::CommandIdReused));
    let handed_in = in_status(DossierStatus::Registered);
    let name_of_submission = command(handed_in.history[0].command.as_str(), Action::Receive);
    assert_eq!(
        handed_in.decide(name_of_submission, &officer(AGENCY), law(), at_noon()),
        Err(Refusal::CommandIdReused)
    );
}

#[test]
fn a_command_id_cannot_say_two_things() {
    let received =
        moved(try_it(&in_status(DossierStatus::Registered), Action::Receive, &officer(AGENCY)));
    let said = command("it", Action::Receive);
    for other in [
        Command { reason: Some("another".to_owned()), ..said.clone() },
        Command { note: Some("another".to_owned()), ..said.clone() },
        Command { expected_version: Some(2), ..said.clone() },
        Command { expected_version: Some(u64::MAX), ..said.clone() },
    ] {
        let answer = received.decide(other, &officer(AGENCY), law(), at_noon());
        assert_eq!(answer, Err(Refusal::CommandIdReused));
    }
}

#[test]
fn a_sender_who_saw_another_version_is_told_the_current_one() {
    let dossier = in_status(DossierStatus::Processing);
    for (expected, stale) in [(None, false), (Some(3), false), (Some(2), true), (Some(4), true)] {
        let order = Command { expected_version: expected, ..command("it", Action::Finish) };
        let answer = dossier.decide(order, &officer(AGENCY), law(), at_noon());
        let refusal =
            stale.then_some(Refusal::Stale { current: 3, status: DossierStatus::Processing });
        assert_eq!(answer.err(), refusal, "{expected:?}");
    }
}

#[test]
fn every_field_of_a_command_that_breaks_a_rule_is_named_at_once() {
    let order = Command {
        expected_version: Some(0),
        reason: Some(" ".to_owned()),
        note: Some("\u{fffd}".to_owned()),
        at: Some(at("2026-03-09T12:00")),
        new_due_on: Some(day("2026-03-30")),
        to_agency: Some(HANDLER.parse().unwrap()),
        ..command("it", Action::Refuse)
    };
    let answer =
        in_status(DossierStatus::Processing).decide(order, &officer(AGENCY), law(), at_noon());
    let Err(Refusal::Invalid(broken)) = answer else { panic!("{answer:?}") };
    let expected = [
        ("note", "text-damaged"),
        ("reason", "reason-owed"),
        ("time", "not-in-the-future"),
        ("expectedVersion", "range"),
        ("newDueOn", "apology-only"),
        ("toAgency", "forward-only"),
    ];
    assert_eq!(named(&broken), expected);
}

#[test]
fn a_version_that_no_dossier_ever_has_is_a_misprint_and_not_stale() {
    for expected in [0, EXPECTED_VERSION_MAX + 1, u64::MAX] {
        let order = Command { expected_version: Some(expected), ..command("it", Action::Finish) };
        let answer =
            in_status(DossierStatus::Processing).decide(order, &officer(AGENCY), law(), at_noon());
        let Err(Refusal::Invalid(broken)) = answer else { panic!("{expected}: {answer:?}") };
        assert_eq!(named(&broken), [("expectedVersion", "range")], "{expected}");
    }
}

#[test]
fn a_stale_sender_is_told_so_before_what_is_legal_now() {
    let order = Command { expected_version: Some(1), ..command("it", Action::Receive) };
    let answer =
        in_status(DossierStatus::Processing).decide(order, &officer(AGENCY), law(), at_noon());
    assert_eq!(answer, Err(Refusal::Stale { current: 3, status: DossierStatus::Processing }));
}

/// The last entry of the dossier is of 08:10; it is 12:00 when the command comes.
#[test]
fn the_claimed_time_of_an_event_is_believed_within_reason() {
    let refused = |field, rule, detail| Err(Refusal::invalid(Violation::new(field, rule, detail)));
    for (why, claimed, expected) in [
        ("none claimed: it happens as it comes", None, Ok("2026-03-02T12:00:00")),
        ("an earlier hour is kept", Some("2026-03-02T09:30"), Ok("2026-03-02T09:30:00")),
        (
            "the very instant of the last entry is kept",
            Some("2026-03-02T08:10"),
            Ok("2026-03-02T08:10:00"),
        ),
        (
            "a second before the last entry: a clock, set right",
            Some("2026-03-02T08:09:59"),
            Ok("2026-03-02T08:10:00"),
        ),
        ("two seconds", Some("2026-03-02T08:09:58"), Ok("2026-03-02T08:10:00")),
        ("twenty seconds", Some("2026-03-02T08:09:40"), Ok("2026-03-02T08:10:00")),
        (
            "five minutes before the last entry",
            Some("2026-03-02T08:05:00"),
            Ok("2026-03-02T08:10:00"),
        ),
        ("more is out of order", Some("2026-03-02T08:04:59.999"), Err(Refusal::OutOfOrder)),
        (
            "a clock that runs ahead is set back to ours",
            Some("2026-03-02T12:00:01"),
            Ok("2026-03-02T12:00:00"),
        ),
        ("five minutes ahead are a clock", Some("2026-03-02T12:05"), Ok("2026-03-02T12:00:00")),
        (
            "more is the future",
            Some("2026-03-02T12:05:01"),
            refused("time", RuleName::NotInTheFuture, "lies in the future"),
        ),
        (
            "tomorrow",
            Some("2026-03-03T08:00"),
            refused("time", RuleName::NotInTheFuture, "lies in the future"),
        ),
    ] {
        let order = Command { at: claimed.map(at), ..command("it", Action::Finish) };
        let answer =
            in_status(DossierStatus::Processing).decide(order, &officer(AGENCY), law(), at_noon());
        let time = answer.map(|decision| local(moved(Ok(decision)).history.last().unwrap().at));
        assert_eq!(time, expected.map(str::to_owned), "{why}");
    }
}

/// Its own entry is the receipt of 09:00, which the dossier was not in process before; it can be
/// withdrawn before the receipt as well.
#[test]
fn what_can_only_follow_its_senders_own_last_event_has_the_difference_of_two_clocks() {
    let sender = integrator(&[AGENCY]);
    let handed_in = played("5 working-day", Channel::Online, "submit 2026-03-02T07:30");
    let receipt =
        Command { at: Some(at("2026-03-02T09:00:00.457")), ..command("e1", Action::Receive) };
    let received = moved(handed_in.decide(receipt, &sender, law(), at_noon()));
    for (action, claimed, expected) in [
        (Action::Process, "2026-03-02T09:00:00", Ok("2026-03-02T09:00:00.457")),
        (Action::Process, "2026-03-02T08:59:58", Ok("2026-03-02T09:00:00.457")),
        (Action::Process, "2026-03-02T08:59:40", Ok("2026-03-02T09:00:00.457")),
        (Action::Process, "2026-03-02T08:55:00.457", Ok("2026-03-02T09:00:00.457")),
        (Action::Process, "2026-03-02T08:55:00", Err(Refusal::OutOfOrder)),
        (Action::Withdraw, "2026-03-02T09:00:00", Err(Refusal::OutOfOrder)),
        (Action::Receive, "2026-03-02T08:59:58", Err(Refusal::OutOfOrder)),
    ] {
        let order = Command { at: Some(at(claimed)), ..command("e2", action) };
        let answer = received.decide(order, &sender, law(), at_noon());
        let time = answer.map(|decision| local(moved(Ok(decision)).history.last().unwrap().at));
        assert_eq!(time, expected.map(str::to_owned), "{} at {claimed}", action.name());
    }
}

/// Both times are kept where they differ, so that nothing is lost of what a sender said.
#[test]
fn an_entry_keeps_the_claimed_time_beside_the_one_that_holds() {
    for (claimed, at_, kept) in [
        (None, "2026-03-02T12:00:00", None),
        (Some("2026-03-02T09:30"), "2026-03-02T09:30:00", None),
        (Some("2026-03-02T08:09:40"), "2026-03-02T08:10:00", Some("2026-03-02T08:09:40")),
        (Some("2026-03-02T12:04:00"), "2026-03-02T12:00:00", Some("2026-03-02T12:04:00")),
    ] {
        let order = Command { at: claimed.map(at), ..command("it", Action::Finish) };
        let next = moved(in_status(DossierStatus::Processing).decide(
            order,
            &officer(AGENCY),
            law(),
            at_noon(),
        ));
        let entry = next.history.last().unwrap();
        assert_eq!(
            (local(entry.at), entry.claimed_at.map(local)),
            (at_.to_owned(), kept.map(str::to_owned))
        );
    }
}

/// A sender whose clock has whole seconds reports what follows in the second in which the entry
/// before fell.
#[test]
fn instants_have_one_precision_and_a_sender_may_have_a_coarser_one() {
    let dossier = handed_in("5 working-day", Channel::Online, at("2026-03-02T08:00"));
    let by = officer(AGENCY);
    let order =
        Command { at: Some(at("2026-03-02T08:00:07.4567891")), ..command("one", Action::Receive) };
    let received = moved(dossier.decide(order, &by, law(), at_noon()));
    assert_eq!(local(received.history[1].at), "2026-03-02T08:00:07.457");
    let order = Command { at: Some(at("2026-03-02T08:00:07")), ..command("two", Action::Process) };
    let next = moved(received.decide(order, &by, law(), at("2026-03-02T12:00:00.0000001")));
    assert_eq!(next.history[2].at, received.history[1].at);
    assert_eq!(local(next.history[2].recorded_at), "2026-03-02T12:00:00");
}

#[test]
fn an_absurd_time_is_refused_like_any_other() {
    for (claimed, refusal) in [
        (Timestamp::MIN, Refusal::OutOfOrder),
        (
            Timestamp::MAX,
            Refusal::invalid(Violation::new(
                "time",
                RuleName::NotInTheFuture,
                "lies in the future",
            )),
        ),
    ] {
        let order = Command { at: Some(claimed), ..command("it", Action::Finish) };
        let answer =
            in_status(DossierStatus::Processing).decide(order, &officer(AGENCY), law(), at_noon());
        assert_eq!(answer, Err(refusal));
    }
}

#[test]
fn two_machines_whose_clocks_differ_do_not_turn_the_history_round() {
    let dossier = in_status(DossierStatus::Processing);
    let last = dossier.history.last().unwrap().at;
    let behind = last - SignedDuration::from_secs(2);
    let next =
        moved(dossier.decide(command("it", Action::Finish), &officer(AGENCY), law(), behind));
    let entry = next.history.last().unwrap();
    assert_eq!((entry.at, entry.recorded_at), (last, behind));
}

#[test]
fn the_history_tells_where_the_dossier_stood_at_any_instant() {
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
