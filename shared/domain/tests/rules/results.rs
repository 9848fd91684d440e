//! Results: who owes one, what is kept of it, and which one holds.

use domain::dossier::{
    Action, Actor, Command, Decision, Dossier, DossierState, GoneBy, Need, Refusal,
};
use domain::kpi::report::joined;
use domain::kpi::{DueBasis, KpiCell, KpiRow, KpiRows};
use domain::outcome::{GivenResult, Handover, HandoverWay, ResultDocument, ResultKind};
use domain::post::ResultTo;
use domain::procedure::Channel;
use domain::signature::{
    SignatureDuty, SignatureFault, SignatureVerdict, TimeBasis, VerifiedSignature,
};
use domain::upload::{Declared, DocumentType, UploadedDocument};
use jiff::ToSpan;
use serde_json::json;

use super::kpi::{facts, tally};
use super::world::{AGENCY, at, command, day, integrator, law, moved, officer, played};

fn received() -> Dossier {
    played("5 working-day", Channel::Online, "submit 2026-03-02T07:30, receive 08:00")
}

fn tried(dossier: &Dossier, order: Command, by: &Actor) -> Result<Decision, Refusal> {
    dossier.decide(order, by, law(), at("2026-03-02T12:00"))
}

/// Field and rule of the first thing that is wrong with it.
fn broken(outcome: Result<Decision, Refusal>) -> (String, &'static str) {
    match outcome {
        Err(Refusal::Invalid(found)) => (found[0].field.clone(), found[0].rule.slug()),
        other => panic!("{other:?}"),
    }
}

fn signature() -> VerifiedSignature {
    VerifiedSignature {
        signed_at: at("2026-03-02T11:00"),
        time_basis: TimeBasis::SignersClaim,
        organisation: Some("Sở Tư pháp".to_owned()),
        issuer: Some("CA".to_owned()),
        serial: "2a01".to_owned(),
    }
}

fn document(media_type: DocumentType, signature: Option<SignatureVerdict>) -> ResultDocument {
    ResultDocument {
        version: 1,
        content: UploadedDocument {
            upload: "0123456789abcdef0123456789abcdef".parse().unwrap(),
            declared: Declared { media_type, bytes: 1_000, sha256: "0".repeat(64) },
            object_version: "v1".to_owned(),
            inspected_at: at("2026-03-02T11:30"),
        },
        signature,
    }
}

fn signed() -> ResultDocument {
    document(DocumentType::Pdf, Some(SignatureVerdict::Verified(signature())))
}

fn finish(result: Option<GivenResult>) -> Command {
    Command { result, ..command("finish", Action::Finish) }
}

/// A signed document, as a result.
pub(super) fn electronic() -> Option<GivenResult> {
    Some(GivenResult::Electronic(Box::new(signed())))
}

fn hand_over(how: HandoverWay) -> Command {
    let handover = Some(Handover { version: 1, how, to: None });
    Command { handover, ..command("return", Action::ReturnResult) }
}

#[test]
fn an_officer_owes_a_result_and_an_integrator_may_not_know_of_one() {
    let dossier = received();
    let refused = tried(&dossier, finish(None), &officer(AGENCY));
    assert_eq!(broken(refused), ("result".to_owned(), "result-owed"));
    let ended = moved(tried(&dossier, finish(None), &integrator(&[AGENCY])));
    assert_eq!((ended.finished_by().unwrap().result, ended.result_kind()), (None, None));
    for (given, kind) in [
        (electronic(), ResultKind::Electronic),
        (Some(GivenResult::Paper), ResultKind::Paper),
        (Some(GivenResult::Nothing), ResultKind::Nothing),
    ] {
        let ended = moved(tried(&dossier, finish(given), &officer(AGENCY)));
        assert_eq!(ended.result_kind(), Some(kind));
        let entry = ended.history.last().unwrap();
        let document = ended.result_document_of(entry);
        assert_eq!(document.is_some(), kind == ResultKind::Electronic);
        assert_eq!(ended.uploads_of(entry).len(), usize::from(kind == ResultKind::Electronic));
    }
}

#[test]
fn a_handover_is_owed_by_an_officer_where_there_is_something_to_hand_over() {
    let by = officer(AGENCY);
    let bare = || Command { handover: None, ..command("return", Action::ReturnResult) };
    for (given, owed) in [
        (electronic(), true),
        (Some(GivenResult::Paper), true),
        (Some(GivenResult::Nothing), false),
    ] {
        let ended = moved(tried(&received(), finish(given), &by));
        let next = ended.next_moves(&by, law(), at("2026-03-02T12:00"));
        let needs = &next.iter().find(|next| next.action == Action::ReturnResult).unwrap().needs;
        assert_eq!(needs.contains(&Need::Handover), owed);
        let outcome = tried(&ended, bare(), &by);
        if owed {
            assert_eq!(broken(outcome), ("handover".to_owned(), "handover-owed"));
        } else {
            assert!(outcome.is_ok());
        }
        assert!(tried(&ended, bare(), &integrator(&[AGENCY])).is_ok());
    }
}

#[test]
fn only_what_may_be_electronic_is_handed_over_on_line() {
    let by = officer(AGENCY);
    for (given, expected) in [
        (electronic(), true),
        (Some(GivenResult::Paper), false),
        (Some(GivenResult::Nothing), false),
    ] {
        let ended = moved(tried(&received(), finish(given), &by));
        let online = tried(&ended, hand_over(HandoverWay::Online), &by);
        match expected {
            true => assert!(online.is_ok()),
            false => {
                assert_eq!(broken(online), ("handover.how".to_owned(), "online-handover"));
            }
        }
        for how in [HandoverWay::InPerson, HandoverWay::Post] {
            assert!(tried(&ended, hand_over(how), &by).is_ok(), "{how:?}");
        }
    }
    let undeclared = moved(tried(&received(), finish(None), &integrator(&[AGENCY])));
    assert!(tried(&undeclared, hand_over(HandoverWay::Online), &by).is_ok());
}

#[test]
fn the_last_result_holds_until_it_is_sent_back_and_the_earlier_ones_stay_with_their_versions() {
    let by = officer(AGENCY);
    let first = moved(tried(&received(), finish(electronic()), &by));
    assert_eq!(first.finished_by().unwrap().version, 3);
    let back = moved(tried(&first, command("back", Action::SendBack), &by));
    assert_eq!((back.finished_by(), back.results.len()), (None, 1));
    let again = Command { id: "again".parse().unwrap(), ..finish(electronic()) };
    let second = moved(tried(&back, again, &by));
    assert_eq!(second.finished_by().unwrap().version, 5);
    let versions: Vec<u64> = second.results.iter().map(|result| result.version).collect();
    assert_eq!(versions, [3, 5]);
    assert!(second.result_document_for(&second.history[2], &by).is_some());
    let portal = super::world::portal();
    assert!(second.result_document_for(&second.history[2], &portal).is_none());
    assert!(second.result_document_for(&second.history[4], &portal).is_some());
}

#[test]
fn a_result_that_is_returned_when_the_content_is_gone_is_returned_once_however_often_it_is_said() {
    let by = officer(AGENCY);
    let ended = moved(tried(&received(), finish(electronic()), &by));
    let gone = ended.without_content(GoneBy::Expiry, at("2126-03-02T12:00")).unwrap();
    assert_eq!((gone.result_kind(), gone.results.len()), (Some(ResultKind::Electronic), 0));
    let order = || hand_over(HandoverWay::Post);
    let mut state = moved(tried(&gone, order(), &by)).into_state();
    // As it is read again: nothing of the content is.
    state.handovers.clear();
    let returned = Dossier::try_from(state).unwrap();
    assert!(matches!(tried(&returned, order(), &by), Ok(Decision::Repeated(_))));
}

#[test]
fn where_results_are_signed_only_a_pdf_counts_whose_signatures_hold() {
    let rule = |document: &ResultDocument, duty| {
        document.violation(duty).map(|violation| violation.rule.slug())
    };
    assert_eq!(rule(&signed(), SignatureDuty::Required), None);
    let image = document(DocumentType::Jpeg, None);
    let early = document(DocumentType::Pdf, None);
    assert_eq!(rule(&image, SignatureDuty::Required), Some("result-type"));
    assert_eq!(rule(&early, SignatureDuty::Required), Some("signature-unreadable"));
    for fault in SignatureFault::ALL {
        let faulty = document(DocumentType::Pdf, Some(SignatureVerdict::Faulty { fault: *fault }));
        assert_eq!(rule(&faulty, SignatureDuty::Required), Some(fault.rule().slug()));
        assert_eq!(rule(&faulty, SignatureDuty::NotRequired), None);
    }
    assert_eq!(rule(&image, SignatureDuty::NotRequired), None);
}

#[test]
fn an_electronic_result_is_counted_where_it_holds_and_taken_back_with_its_end() {
    let by = officer(AGENCY);
    let at_noon = |dossier: &Dossier, order: Command, on: &str| {
        moved(dossier.decide(order, &by, law(), at(&format!("{on}T12:00"))))
    };
    let ended = at_noon(&received(), finish(electronic()), "2026-03-03");
    let back = at_noon(&ended, command("back", Action::SendBack), "2026-03-04");
    let again = Command { id: "again".parse().unwrap(), ..finish(Some(GivenResult::Paper)) };
    let settled = at_noon(&back, again, "2026-03-05");
    let counted = |dossier: &Dossier, first: &str, last: &str| {
        let facts = [facts(dossier)];
        let (first, last) = (day(first), day(last));
        let days = first.series(1.day()).take_while(|day| *day <= last);
        let flows = days.map(|day| tally(&facts, day, DueBasis::Original));
        let none = KpiRows::new();
        let rows = joined(first, &none, flows, &none);
        let cells = rows.iter().filter(|(cell, _)| matches!(cell, KpiCell::Officer { .. }));
        let of_officer = cells.map(|(_, row)| *row).next().unwrap_or_default();
        let province = rows.get(&KpiCell::Province).copied().unwrap_or_default();
        let counts = |row: KpiRow| (row.resolved, row.results_electronic);
        assert_eq!(counts(of_officer), counts(province));
        counts(province)
    };
    assert_eq!(counted(&ended, "2026-03-03", "2026-03-03"), (1, 1));
    assert_eq!(counted(&settled, "2026-03-03", "2026-03-04"), (0, 0), "sent back");
    assert_eq!(counted(&settled, "2026-03-03", "2026-03-05"), (1, 0), "by its last end");
    let undeclared = moved(tried(&received(), finish(None), &integrator(&[AGENCY])));
    let rows = tally(&[facts(&undeclared)], day("2026-03-02"), DueBasis::Original);
    let row = rows[&KpiCell::Province];
    assert_eq!((row.resolved, row.results_electronic), (1, 0), "what nobody declared is none");
}

#[test]
fn names_of_certificates_are_cleaned_and_what_cannot_be_shown_is_left_out() {
    let named = |name: &str| {
        let organisation = Some(name.to_owned());
        VerifiedSignature { organisation, ..signature() }.cleaned().organisation
    };
    assert_eq!(named("  Sở   Tư pháp "), Some("Sở Tư pháp".to_owned()));
    assert_eq!(named(&"a".repeat(300)), Some("a".repeat(200)));
    assert_eq!((named(""), named("\u{202e}gnp"), named("-")), (None, None, None));
}

#[test]
fn results_and_handovers_are_stored_word_by_word_and_what_no_entry_gave_is_not_read() {
    let by = officer(AGENCY);
    let ended = moved(tried(&received(), finish(electronic()), &by));
    let order = Command {
        handover: Some(Handover {
            version: 1,
            how: HandoverWay::InPerson,
            to: Some("Lê Thị Nhận".to_owned().try_into().unwrap()),
        }),
        ..command("return", Action::ReturnResult)
    };
    let returned = moved(tried(&ended, order, &by));
    let stored = serde_json::to_value(&returned).unwrap();
    assert_eq!(stored["history"][2]["x"], "electronic");
    assert_eq!(stored["history"][3].get("x"), None);
    assert_eq!(
        stored["results"],
        json!([{
            "version": 3, "upload": "0123456789abcdef0123456789abcdef",
            "mediaType": "application/pdf", "bytes": 1_000, "sha256": "0".repeat(64),
            "objectVersion": "v1", "inspectedAt": at("2026-03-02T11:30").to_string(),
            "signature": {
                "verdict": "verified", "signedAt": at("2026-03-02T11:00").to_string(),
                "timeBasis": "signers-claim", "organisation": "Sở Tư pháp", "issuer": "CA",
                "serial": "2a01",
            },
        }])
    );
    let handover = json!({ "version": 4, "how": "in-person", "to": "Lê Thị Nhận" });
    assert_eq!(stored["handovers"], json!([handover]));
    assert_eq!(serde_json::from_value::<Dossier>(stored).unwrap(), returned);
    let mut state: DossierState = returned.into_state();
    state.results[0].version = 2;
    assert!(Dossier::try_from(state).is_err(), "receiving gave no result");
    for kind in ResultKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}

/// What the post is asked to bring of a received dossier whose result is wanted so, after `moves`.
fn ordered(moves: &[Command]) -> Option<String> {
    let mut state = received().into_state();
    state.history[0].by_post = true;
    let applicant = state.applicant.clone().unwrap();
    state.result_to = Some(ResultTo {
        recipient: applicant.full_name,
        phone: applicant.phone.unwrap(),
        address: "12 Lê Lợi".to_owned().try_into().unwrap(),
        province: "82".to_owned().try_into().unwrap(),
    });
    let mut dossier = Dossier::try_from(state).unwrap();
    for (place, order) in moves.iter().enumerate() {
        let order = Command { id: format!("m{place}").parse().unwrap(), ..order.clone() };
        dossier = moved(tried(&dossier, order, &officer(AGENCY)));
    }
    let number = dossier.postal_order().map(|order| order.number);
    number.map(|number| number.replace(dossier.code.as_str(), ""))
}

#[test]
fn the_post_is_asked_for_the_document_that_holds_unless_it_was_handed_over_another_way() {
    let paper = || finish(Some(GivenResult::Paper));
    let back = || command("back", Action::SendBack);
    let is = |version: &str| Some(version.to_owned());
    assert_eq!(ordered(&[]), None);
    assert_eq!(ordered(&[paper()]), is("-3"));
    assert_eq!(ordered(&[finish(electronic())]), is("-3"), "there may be a paper beside it");
    assert_eq!(ordered(&[finish(Some(GivenResult::Nothing))]), None);
    assert_eq!(ordered(&[paper(), back()]), None);
    assert_eq!(ordered(&[paper(), back(), paper()]), is("-5"));
    assert_eq!(ordered(&[paper(), hand_over(HandoverWay::Post)]), is("-3"));
    assert_eq!(ordered(&[paper(), hand_over(HandoverWay::InPerson)]), None);
    assert_eq!(ordered(&[finish(electronic()), hand_over(HandoverWay::Online)]), None);
    let mut state = received().into_state();
    state.result_to = None;
    state.history[0].by_post = true;
    assert!(Dossier::try_from(state).is_ok(), "of what is gone the mark stays");
}
