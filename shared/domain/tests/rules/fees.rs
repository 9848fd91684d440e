//! What an applicant is asked to pay: items, exemptions by rule and day, and that it was paid.

use domain::dossier::{Action, Actor, Command, Decision, Dossier, DossierState, Need, Refusal};
use domain::payment::{FeeChoice, FeesAsked, FeesPaid, PaidHow};
use domain::procedure::{Channel, Procedure};
use domain::submission::priced;
use serde_json::{Value, json};

use super::world::{
    AGENCY, at, catalogue, catalogue_with, command, day, integrator, law, moved, named, officer,
    played, portal,
};

const RECEIVED: &str = "submit 2026-03-02T07:30, receive 08:00";

/// A copy of an entry at 8,000 đồng each, free for some; and a seal at 500.
fn copies() -> Procedure {
    let shipped: Value =
        serde_json::from_str(include_str!("../../../../infra/data/procedures.json")).unwrap();
    let mut entry = shipped["procedures"][0].clone();
    let rule = |code: &str, percent: u8, from: &str, until: Option<&str>, channel: Option<&str>| {
        json!({
            "code": code, "name": "Đối tượng", "percent": percent, "validFrom": from,
            "validUntil": until, "channel": channel, "source": "thử", "trust": "unverified",
        })
    };
    entry["feeVnd"] = 8_500.into();
    entry["fees"] = json!([
        { "code": "TL", "name": "Bản sao", "kind": "charge", "amountVnd": 8_000, "exemptions": [
            rule("poor", 100, "2026-01-01", None, None),
            rule("half", 50, "2026-03-02", Some("2026-03-31"), None),
            rule("online", 30, "2026-03-05", None, Some("online")),
            rule("online-more", 33, "2026-03-05", None, Some("online")),
        ] },
        { "code": "SEAL", "name": "Con dấu", "kind": "fee", "amountVnd": 500 },
    ]);
    serde_json::from_value(entry).unwrap()
}

fn choice(code: &str, quantity: u32, exemption: Option<&str>) -> FeeChoice {
    let (exemption, reason) = (exemption.map(str::to_owned), Some("có giấy xác nhận".to_owned()));
    FeeChoice { code: code.to_owned(), quantity, exemption, reason }
}

fn asked(chosen: Vec<FeeChoice>, amount_vnd: Option<u64>) -> FeesAsked {
    FeesAsked { chosen, amount_vnd, items: Vec::new() }
}

/// The amounts of the items, or what is wrong.
fn price(fees: FeesAsked, channel: Channel, on: &str) -> Result<Vec<u64>, String> {
    match fees.priced(Some(&copies()), channel, day(on)) {
        Ok(priced) => Ok(priced.items.iter().map(|item| item.amount_vnd).collect()),
        Err(broken) => {
            let broken: Vec<String> =
                named(&broken).into_iter().map(|(field, rule)| format!("{field} {rule}")).collect();
            Err(broken.join(", "))
        }
    }
}

#[test]
fn prices_are_the_catalogues_less_the_exemption_that_holds_on_the_day() {
    let online = Channel::Online;
    let counter = Channel::Counter;
    for (chosen, channel, on, expected) in [
        (vec![], counter, "2026-03-05", Ok(vec![8_000, 500])),
        // The one of two that takes more off holds by itself, from its day on.
        (vec![], online, "2026-03-04", Ok(vec![8_000, 500])),
        (vec![], online, "2026-03-05", Ok(vec![5_360, 500])),
        (vec![choice("TL", 3, None)], counter, "2026-03-05", Ok(vec![24_000])),
        (vec![choice("TL", 3, Some("poor"))], counter, "2026-03-05", Ok(vec![0])),
        (vec![choice("TL", 1, Some("half"))], counter, "2026-03-31", Ok(vec![4_000])),
        (
            vec![choice("SEAL", 2, None), choice("TL", 1, Some("half"))],
            online,
            "2026-03-02",
            Ok(vec![1_000, 4_000]),
        ),
        (
            vec![choice("TL", 1, Some("half"))],
            counter,
            "2026-04-01",
            Err("items[0].exemption known-exemption"),
        ),
        (
            vec![choice("TL", 1, Some("online"))],
            counter,
            "2026-03-05",
            Err("items[0].exemption known-exemption"),
        ),
        (
            vec![choice("SEAL", 1, Some("poor")), choice("X", 1, None)],
            counter,
            "2026-03-05",
            Err("items[0].exemption known-exemption, items[1].code known-fee"),
        ),
    ] {
        let case = format!("{channel:?} on {on}");
        assert_eq!(
            price(asked(chosen, None), channel, on),
            expected.map_err(str::to_owned),
            "{case}"
        );
    }
    let with_sum =
        |sum| price(asked(vec![choice("TL", 3, None)], Some(sum)), counter, "2026-03-05");
    assert_eq!(with_sum(24_000), Ok(vec![24_000]));
    assert_eq!(with_sum(23_999), Err("amountVnd amount-owed".to_owned()));
}

#[test]
fn a_choice_owes_its_reason_and_keeps_its_bounds() {
    let bare = |code: &str, quantity, exemption: Option<&str>| FeeChoice {
        reason: None,
        ..choice(code, quantity, exemption)
    };
    let long = FeeChoice { reason: Some("x".repeat(201)), ..choice("TL", 1, None) };
    let damaged = FeeChoice { reason: Some("a\u{202e}b".to_owned()), ..choice("TL", 2, None) };
    for (chosen, expected) in [
        (vec![bare("TL", 1, None)], vec![]),
        (vec![bare("TL", 2, None)], vec![("items[0].reason", "reason-owed")]),
        (vec![bare("TL", 1, Some("poor"))], vec![("items[0].reason", "reason-owed")]),
        (vec![choice("TL", 0, None)], vec![("items[0].quantity", "range")]),
        (vec![choice("TL", 1_001, None)], vec![("items[0].quantity", "range")]),
        (vec![long], vec![("items[0].reason", "length")]),
        (vec![damaged], vec![("items[0].reason", "text-direction")]),
        (
            vec![choice("TL", 1, None), choice("TL", 1, None)],
            vec![("items[1].code", "unique-code")],
        ),
        ((0..11).map(|_| choice("TL", 1, None)).collect(), vec![("items", "item-count")]),
    ] {
        let broken = asked(chosen, None).violations();
        assert_eq!(named(&broken), expected);
    }
}

#[test]
fn a_choice_is_read_without_the_blanks_and_empty_reasons_that_people_leave() {
    let reason = Some("  ".to_owned());
    let typed = FeeChoice { reason, ..choice(" TL ", 3, Some(" poor ")) };
    let read = asked(vec![typed], None).cleaned();
    assert!(read.chosen == [FeeChoice { reason: None, ..choice("TL", 3, Some("poor")) }]);
}

/// The dossier of a procedure with a fee of 60,000 đồng in one item.
fn received() -> Dossier {
    let state = played("5 working-day", Channel::Online, RECEIVED).into_state();
    let procedure = "1.000382".parse().unwrap();
    DossierState { procedure, procedure_version: 1, ..state }.try_into().unwrap()
}

fn decided(dossier: &Dossier, order: Command, by: &Actor) -> Result<Decision, Refusal> {
    let now = at("2026-03-03T09:00");
    let order = priced(order, dossier, by, catalogue(), now).map_err(Refusal::Invalid)?;
    dossier.decide(order, by, law(), now)
}

fn ask(fees: Option<FeesAsked>) -> Command {
    Command { fees, ..command("ask", Action::RequestPayment) }
}

fn confirm(paid: Option<u64>) -> Command {
    let payment = paid.map(|amount_vnd| FeesPaid {
        reference: " BL 0417 ".to_owned(),
        amount_vnd,
        how: PaidHow::Confirmed,
    });
    Command { payment, ..command("paid", Action::ConfirmPayment) }
}

fn broken(outcome: Result<Decision, Refusal>) -> (String, &'static str) {
    match outcome {
        Err(Refusal::Invalid(found)) => (found[0].field.clone(), found[0].rule.slug()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_officer_asks_for_what_the_catalogue_says_and_confirms_that_sum_with_its_receipt() {
    let (by, dossier) = (officer(AGENCY), received());
    let waits = moved(decided(&dossier, ask(None), &by));
    assert_eq!(waits.owed().unwrap().amount_vnd(), 60_000);
    let next = waits.next_moves(&by, law(), at("2026-03-02T12:00"));
    let needs = next.iter().find(|next| next.action == Action::ConfirmPayment).unwrap();
    assert_eq!(needs.needs, [Need::Payment]);
    let refused = decided(&waits, confirm(None), &by);
    assert_eq!(broken(refused), ("payment".to_owned(), "payment-owed"));
    for other in [0, 59_999, 60_001, u64::MAX] {
        let refused = decided(&waits, confirm(Some(other)), &by);
        assert_eq!(broken(refused), ("payment.amountVnd".to_owned(), "amount-owed"));
    }
    let paid = moved(decided(&waits, confirm(Some(60_000)), &by));
    assert_eq!(paid.owed(), None);
    let receipt = paid.receipt_of(paid.history.last().unwrap()).unwrap();
    assert_eq!((receipt.reference.as_str(), receipt.amount_vnd), ("BL 0417", 60_000));
    // Whoever cannot know what was paid may leave it out, as before there were amounts.
    for other in [portal(), integrator(&[AGENCY])] {
        let confirmed = moved(decided(&waits, confirm(None), &other));
        assert!(confirmed.receipts.is_empty());
    }
}

#[test]
fn a_repetition_is_one_whatever_the_prices_are_by_now_and_another_choice_is_none() {
    let (by, dossier) = (officer(AGENCY), received());
    let two = || ask(Some(asked(vec![choice("fee", 2, None)], None)));
    for order in [ask(None), two(), ask(Some(asked(vec![choice("fee", 2, None)], Some(120_000))))] {
        let waits = moved(decided(&dossier, order.clone(), &by));
        assert!(matches!(decided(&waits, order, &by), Ok(Decision::Repeated(_))));
        let other = ask(Some(asked(vec![choice("fee", 3, None)], None)));
        assert_eq!(decided(&waits, other, &by), Err(Refusal::CommandIdReused));
    }
    let waits = moved(decided(&dossier, two(), &by));
    assert_eq!(decided(&waits, ask(None), &by), Err(Refusal::CommandIdReused));
    let paid = moved(decided(&waits, confirm(Some(120_000)), &by));
    let again = decided(&paid, confirm(Some(120_000)), &by);
    assert!(matches!(again, Ok(Decision::Repeated(_))));
    assert_eq!(decided(&paid, confirm(Some(1)), &by), Err(Refusal::CommandIdReused));
}

#[test]
fn what_another_system_asks_for_without_items_and_what_is_free_has_no_amounts() {
    let by = integrator(&[AGENCY]);
    let waits = moved(decided(&received(), ask(None), &by));
    assert_eq!((waits.demands.len(), waits.owed()), (0, None));
    assert!(decided(&waits, confirm(Some(80_000)), &by).is_ok(), "what was paid, they know");
    let named = moved(decided(&received(), ask(Some(FeesAsked::default())), &by));
    assert_eq!(named.owed().unwrap().amount_vnd(), 60_000);
    // A registration of a birth.
    let free = played("5 working-day", Channel::Online, RECEIVED);
    let state = free.into_state();
    let procedure = "1.001193".parse().unwrap();
    let free: Dossier = DossierState { procedure, ..state }.try_into().unwrap();
    let waits = moved(decided(&free, ask(None), &officer(AGENCY)));
    assert_eq!(waits.owed(), None);
    assert!(decided(&waits, confirm(None), &officer(AGENCY)).is_ok());
    let asked = ask(Some(asked(vec![choice("fee", 1, None)], None)));
    let refused = decided(&free, asked, &officer(AGENCY));
    assert_eq!(broken(refused), ("fees.items[0].code".to_owned(), "known-fee"));
}

#[test]
fn nobody_is_asked_for_nothing_and_fees_are_asked_for_and_paid_by_their_moves_alone() {
    let by = officer(AGENCY);
    let state = received().into_state();
    let procedure = "2.000635".parse().unwrap();
    let copy: Dossier = DossierState { procedure, ..state }.try_into().unwrap();
    let free = ask(Some(asked(vec![choice("TL", 3, Some("HN"))], None)));
    let refused = decided(&copy, free, &by);
    assert_eq!(broken(refused), ("fees".to_owned(), "amount-owed"));
    let fees = Some(FeesAsked::default());
    let process = Command { fees, ..command("it", Action::Process) };
    let refused = decided(&received(), process, &by);
    assert_eq!(broken(refused), ("fees".to_owned(), "request-payment-only"));
    let process = Command { payment: confirm(Some(1)).payment, ..command("it", Action::Process) };
    let refused = decided(&received(), process, &by);
    assert_eq!(broken(refused), ("payment".to_owned(), "confirm-payment-only"));
}

#[test]
fn what_was_owed_goes_with_the_content_and_a_dossier_of_before_has_none() {
    let by = officer(AGENCY);
    let waits = moved(decided(&received(), ask(None), &by));
    let stored = serde_json::to_value(&waits).unwrap();
    assert_eq!(serde_json::from_value::<Dossier>(stored.clone()).unwrap(), waits);
    let mut before = stored.clone();
    before.as_object_mut().unwrap().remove("demands");
    let before: Dossier = serde_json::from_value(before).unwrap();
    assert_eq!(before.owed(), None);
    assert!(decided(&before, confirm(None), &by).is_ok());
    let mut elsewhere = stored;
    elsewhere["demands"][0]["v"] = 1.into();
    assert!(serde_json::from_value::<Dossier>(elsewhere).is_err());
    let withdrawn = moved(decided(&waits, command("out", Action::Withdraw), &portal()));
    assert_eq!((withdrawn.owed(), withdrawn.demands.len()), (None, 1));
    let gone = withdrawn.without_content(domain::dossier::GoneBy::Expiry, at("2027-03-03T09:00"));
    assert!(gone.unwrap().demands.is_empty());
}

#[test]
fn an_exemption_may_come_later_and_the_price_of_a_version_in_force_stays() {
    let changed = |change: &dyn Fn(&mut Value)| {
        catalogue_with(|files| {
            let text = include_str!("../../../../infra/data/procedures.json");
            let mut file: Value = serde_json::from_str(text).unwrap();
            let list = file["procedures"].as_array_mut().unwrap();
            let entry = list.iter_mut().find(|entry| entry["code"] == "2.000635").unwrap();
            change(entry);
            files.procedures = serde_json::from_value(file).unwrap();
        })
    };
    let forgotten = |change: &dyn Fn(&mut Value)| {
        let next = changed(change).unwrap();
        catalogue().forgotten_by(&next, day("2026-11-17")).len()
    };
    assert_eq!(forgotten(&|entry| entry["fees"][0]["exemptions"] = json!([])), 0);
    assert_eq!(forgotten(&|entry| entry["fees"][0]["name"] = "khác".into()), 1);
    let refused = |change: &dyn Fn(&mut Value)| match changed(change) {
        Err(broken) => named(&broken).iter().map(|(_, rule)| *rule).collect::<Vec<_>>(),
        Ok(_) => Vec::new(),
    };
    for (pointer, value, rule) in [
        ("/fees/0/amountVnd", json!(7_999), "fee-sum"),
        ("/fees/0/code", json!("T L"), "fee-code"),
        ("/fees/0/name", json!(" "), "name"),
        ("/fees/0/exemptions/0/code", json!(""), "fee-code"),
        ("/fees/0/exemptions/0/name", json!(""), "name"),
        ("/fees/0/exemptions/0/percent", json!(0), "range"),
        ("/fees/0/exemptions/0/percent", json!(101), "range"),
        ("/fees/0/exemptions/0/validUntil", json!("2020-01-01"), "valid-range"),
        ("/fees/0/exemptions/0/source", json!(""), "source"),
        ("/fees/0/exemptions/0/code", json!("HN"), "unique-code"),
    ] {
        let found = refused(&|entry| *pointer_in(entry, pointer) = value.clone());
        assert_eq!(found, [rule], "{pointer}");
    }
    let zero = refused(&|entry| {
        (entry["feeVnd"], entry["fees"][0]["amountVnd"]) = (0.into(), 0.into());
    });
    assert_eq!(zero, ["range"]);
}

fn pointer_in<'a>(entry: &'a mut Value, pointer: &str) -> &'a mut Value {
    let (outer, name) = pointer.rsplit_once('/').unwrap();
    &mut entry.pointer_mut(outer).unwrap()[name]
}
