//! What must be true before documents become a dossier.

use domain::applicant::Applicant;
use domain::dossier::{Action, Actor, DossierStatus, Duty};
use domain::procedure::Channel;
use domain::submission::{
    Document, DocumentContent, DocumentReference, DocumentsKeptBy, PaperKind, Submission, Times,
};

use super::world::{
    AGENCY, OTHER_AGENCY, OWNER, STRANGER, at, catalogue, citizen, day, handed_in, integrator,
    officer, portal, schedule, term,
};

fn applicant() -> Applicant {
    handed_in("none", Channel::Online, at("2026-03-02T08:00")).into_state().applicant.unwrap()
}

fn document(code: &str) -> Document {
    let host = catalogue().document_hosts().on(day("2026-03-02")).next().unwrap();
    let name = "a.pdf".to_owned();
    let kept = DocumentReference { name, sha256: "0".repeat(64), url: format!("https://{host}/a") };
    Document { code: code.to_owned(), version: 1, content: DocumentContent::Reference(kept) }
}

/// What `procedure` requires in its first version of those that are known.
fn required(procedure: &str) -> Vec<Document> {
    let known = catalogue().procedure(&procedure.parse().unwrap(), day("2026-03-02"));
    let asked = known.into_iter().flat_map(|procedure| &procedure.documents);
    asked.filter(|asked| asked.required).map(|asked| document(&asked.code)).collect()
}

pub(super) fn submission(agency: &str, procedure: &str, channel: Channel) -> Submission {
    Submission {
        procedure: procedure.parse().unwrap(),
        agency: agency.parse().unwrap(),
        channel,
        ward: None,
        applicant: applicant(),
        documents: required(procedure),
        form: None,
        result_to: None,
        kept_by: DocumentsKeptBy::Us,
    }
}

#[test]
fn agency_and_procedure_must_be_known_and_in_force_on_the_day() {
    for (agency, procedure, on, expected) in [
        (AGENCY, "1.013831", "2026-03-02", vec![]),
        // NQ 202/2025/QH15: Tiền Giang became part of Đồng Tháp on 1 July 2025.
        ("H58", "1.013831", "2026-03-02", vec![("agency", "agency-in-force")]),
        ("H99.01", "1.013831", "2026-03-02", vec![("agency", "known-agency")]),
        (AGENCY, "9.999999", "2026-03-02", vec![("procedure", "known-procedure")]),
        (AGENCY, "1.013831", "2025-06-30", vec![("procedure", "known-procedure")]),
        (
            "H99.01",
            "9.999999",
            "2026-03-02",
            vec![("agency", "known-agency"), ("procedure", "known-procedure")],
        ),
        // Births are registered by communes, land by the department.
        ("H20.101", "1.001193", "2026-03-02", vec![]),
        (AGENCY, "1.001193", "2026-03-02", vec![("agency", "agency-level")]),
        ("H20", "1.001193", "2026-03-02", vec![("agency", "agency-level")]),
        ("H20.101", "1.013831", "2026-03-02", vec![("agency", "agency-level")]),
    ] {
        let found = submission(agency, procedure, Channel::Counter).violations(
            &portal(),
            catalogue(),
            day(on),
        );
        let found: Vec<_> = found
            .iter()
            .map(|violation| (violation.field.as_str(), violation.rule.slug()))
            .collect();
        assert_eq!(found, expected, "{procedure} at {agency} on {on}");
    }
}

#[test]
fn who_may_hand_in_is_the_applicant_a_portal_the_agencys_system_or_its_counter() {
    let counter = |agency: &str| Actor::Officer {
        id: "officer-7".to_owned(),
        agency: agency.parse().unwrap(),
        predecessors: Vec::new(),
        duty: Duty::Counter,
    };
    use Channel::{Counter, Online, Postal};
    for (by, channels) in [
        (portal(), vec![Online, Counter, Postal]),
        (citizen(OWNER), vec![Online, Counter, Postal]),
        (citizen(STRANGER), vec![]),
        (integrator(&[OTHER_AGENCY, AGENCY]), vec![Online, Counter, Postal]),
        (integrator(&[OTHER_AGENCY]), vec![]),
        (counter(AGENCY), vec![Counter, Postal]),
        (counter(OTHER_AGENCY), vec![]),
        (officer(AGENCY), vec![]),
        (schedule(), vec![]),
    ] {
        let takes =
            |channel: &Channel| submission(AGENCY, "1.013831", *channel).may_be_handed_in_by(&by);
        let taken: Vec<Channel> = [Online, Counter, Postal].into_iter().filter(takes).collect();
        assert_eq!(taken, channels, "{by:?}");
    }
}

#[test]
fn an_agency_that_ended_names_its_successor() {
    let found = submission("H58", "1.013831", Channel::Counter).violations(
        &portal(),
        catalogue(),
        day("2026-03-02"),
    );
    assert_eq!(found[0].detail, "did not take dossiers in on 2026-03-02; its successor is H20");
}

#[test]
fn a_procedure_that_is_only_described_on_line_is_not_handed_in_there() {
    let described = catalogue()
        .procedures()
        .find(|procedure| procedure.online == domain::procedure::OnlineLevel::Information)
        .expect("the shipped catalogue has one");
    for (channel, rules) in [
        (Channel::Online, vec!["online-procedure"]),
        (Channel::Counter, vec![]),
        (Channel::Postal, vec![]),
    ] {
        let found = submission("H20.101", described.code.as_str(), channel).violations(
            &portal(),
            catalogue(),
            day("2026-03-02"),
        );
        assert_eq!(
            found.iter().map(|violation| violation.rule.slug()).collect::<Vec<_>>(),
            rules,
            "{channel:?}"
        );
    }
}

#[test]
fn a_paper_names_each_field_that_breaks_a_rule() {
    let good = || DocumentReference {
        name: "Đơn đăng ký.pdf".to_owned(),
        sha256: "a1".repeat(32),
        url: "https://tep.motcua.vn/1".to_owned(),
    };
    let long = "x".repeat(3_000);
    for (why, code, kept, expected) in [
        ("good", "TK", good(), vec![]),
        ("no code", "", good(), vec![("code", "length")]),
        ("65 characters", &"x".repeat(65), good(), vec![("code", "length")]),
        (
            "no name",
            "TK",
            DocumentReference { name: String::new(), ..good() },
            vec![("name", "length")],
        ),
        (
            "255 accented letters",
            "TK",
            DocumentReference { name: "ế".repeat(255), ..good() },
            vec![],
        ),
        (
            "256 of them",
            "TK",
            DocumentReference { name: "ế".repeat(256), ..good() },
            vec![("name", "length")],
        ),
        (
            "a bell",
            "TK",
            DocumentReference { name: "a\u{7}b".to_owned(), ..good() },
            vec![("name", "text-control")],
        ),
        (
            "upper case",
            "TK",
            DocumentReference { sha256: "A1".repeat(32), ..good() },
            vec![("sha256", "sha256")],
        ),
        (
            "63 digits",
            "TK",
            DocumentReference { sha256: "a".repeat(63), ..good() },
            vec![("sha256", "sha256")],
        ),
        (
            "no digit",
            "TK",
            DocumentReference { sha256: "g".repeat(64), ..good() },
            vec![("sha256", "sha256")],
        ),
        (
            "not https",
            "TK",
            DocumentReference { url: "http://tep.motcua.vn/1".to_owned(), ..good() },
            vec![("url", "https-url")],
        ),
        (
            "endless",
            "TK",
            DocumentReference { url: format!("https://{long}"), ..good() },
            vec![("url", "https-url")],
        ),
        (
            "two at once",
            "",
            DocumentReference { url: String::new(), ..good() },
            vec![("code", "length"), ("url", "https-url")],
        ),
    ] {
        let document = Document {
            code: code.to_owned(),
            version: 1,
            content: DocumentContent::Reference(kept),
        };
        let found = document.violations();
        let found: Vec<_> = found
            .iter()
            .map(|violation| (violation.field.as_str(), violation.rule.slug()))
            .collect();
        assert_eq!(found, expected, "{why}");
    }
}

#[test]
fn a_new_dossier_is_registered_and_keeps_the_procedure_s_version_and_the_channel_s_term() {
    // A certificate of origin: 8 working hours at the counter, 4 on-line, 24 by post.
    for (channel, expected) in [
        (Channel::Counter, "8 working-hour"),
        (Channel::Online, "4 working-hour"),
        (Channel::Postal, "24 working-hour"),
    ] {
        let (happened, learned) = (at("2026-03-02T08:00"), at("2026-03-02T08:00:05"));
        let dossier = submission("H20.03", "1.000382", channel).into_dossier(
            "H20.03-260302-0001".parse().unwrap(),
            "key-1".parse().unwrap(),
            &portal(),
            Times { at: happened, recorded_at: learned, claimed_at: None },
            catalogue(),
        );
        assert_eq!((dossier.status, dossier.version), (DossierStatus::Registered, 1));
        assert_eq!((dossier.procedure_version, dossier.term), (1, term(expected)));
        assert_eq!(
            (dossier.submitted_at, dossier.received_at, dossier.due_at),
            (happened, None, None)
        );
        let [entry] = dossier.history.as_slice() else { panic!("one entry") };
        assert_eq!(
            (entry.version, entry.action, entry.status),
            (1, Action::Submit, DossierStatus::Registered)
        );
        assert_eq!(
            (entry.at, entry.recorded_at, entry.command.as_str()),
            (happened, learned, "key-1")
        );
    }
}

#[test]
fn an_incomplete_dossier_is_refused_with_every_missing_document_and_every_unknown_one() {
    let mut incomplete = submission(AGENCY, "1.013831", Channel::Online);
    incomplete.documents = vec![document("TK"), document("X1"), document("TK"), document("x2")];
    let found = incomplete.violations(&portal(), catalogue(), day("2026-03-02"));
    let found: Vec<_> = found
        .iter()
        .map(|violation| {
            let first = violation.detail.split(' ').next().unwrap();
            (violation.field.as_str(), violation.rule.slug(), first)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("documents[1].code", "known-document", "is"),
            ("documents[3].code", "known-document", "is"),
            ("documents", "required-document", "GCN"),
            ("documents", "required-document", "HD"),
        ]
    );
}

#[test]
fn a_document_that_is_not_required_may_be_there_or_not() {
    let day = day("2026-03-02");
    let procedures = catalogue()
        .procedures()
        .filter(|procedure| procedure.documents.iter().any(|document| !document.required));
    for procedure in procedures {
        let code = procedure.code.as_str();
        let incomplete = |given: &Submission| {
            given
                .violations(&portal(), catalogue(), day)
                .into_iter()
                .filter(|violation| violation.field.starts_with("documents"))
                .count()
        };
        let mut given = submission(AGENCY, code, Channel::Counter);
        assert_eq!(incomplete(&given), 0, "{code} with what is required");
        given.documents = procedure.documents.iter().map(|asked| document(&asked.code)).collect();
        assert_eq!(incomplete(&given), 0, "{code} with everything");
    }
}

#[test]
fn only_an_integrator_may_keep_the_documents_and_then_none_is_missing() {
    let mut given = submission(AGENCY, "1.013831", Channel::Online);
    given.documents = Vec::new();
    given.kept_by = DocumentsKeptBy::Sender;
    let found = |by: &Actor| given.violations(by, catalogue(), day("2026-03-02"));
    assert_eq!(found(&integrator(&[AGENCY])), []);
    for by in [portal(), citizen(OWNER), officer(AGENCY)] {
        let found = found(&by);
        let rules: Vec<_> = found.iter().map(|violation| violation.rule.slug()).collect();
        assert_eq!(rules, ["documents-with-sender"], "{by:?}");
    }
}

#[test]
fn paper_comes_at_the_counter_or_by_post_to_whoever_takes_it_in() {
    let found = |channel: Channel, by: &Actor| {
        let mut given = submission(AGENCY, "1.013831", channel);
        given.documents[1].content = DocumentContent::Paper { paper: PaperKind::Original };
        let found = given.violations(by, catalogue(), day("2026-03-02"));
        found.iter().map(|broken| (broken.field.clone(), broken.rule.slug())).collect::<Vec<_>>()
    };
    let refused = [("documents[1].paper".to_owned(), "paper-document")];
    for by in [portal(), officer(AGENCY), integrator(&[AGENCY])] {
        assert_eq!(found(Channel::Counter, &by), [], "{by:?}");
        assert_eq!(found(Channel::Postal, &by), [], "{by:?}");
        assert_eq!(found(Channel::Online, &by), refused, "{by:?}");
    }
    assert_eq!(found(Channel::Counter, &citizen(OWNER)), refused);
}

#[test]
fn a_stored_document_is_read_as_it_was_written_before_papers_were_known() {
    let before = r#"{"code":"TK","name":"a.pdf","sha256":"00","url":"https://files.example/a"}"#;
    let read: Document = serde_json::from_str(before).unwrap();
    assert!(matches!(&read.content, DocumentContent::Reference(kept) if kept.name == "a.pdf"));
    assert_eq!(serde_json::to_string(&read).unwrap(), before);
    let paper = Document {
        code: "TK".to_owned(),
        version: 1,
        content: DocumentContent::Paper { paper: PaperKind::Copy },
    };
    let written = serde_json::to_string(&paper).unwrap();
    assert_eq!(written, r#"{"code":"TK","paper":"copy"}"#);
    assert!(serde_json::from_str::<Document>(&written).unwrap() == paper);
}
