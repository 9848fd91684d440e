//! What must be true before documents become a dossier.

use domain::applicant::Applicant;
use domain::dossier::{Action, DossierStatus};
use domain::procedure::Channel;
use domain::submission::{Document, Submission, Times};

use super::world::{AGENCY, at, catalogue, day, handed_in, portal, term};

fn applicant() -> Applicant {
    handed_in("none", Channel::Online, at("2026-03-02T08:00")).into_state().applicant
}

fn submission(agency: &str, procedure: &str, channel: Channel) -> Submission {
    Submission {
        procedure: procedure.parse().unwrap(),
        agency: agency.parse().unwrap(),
        channel,
        ward: None,
        applicant: applicant(),
        documents: Vec::new(),
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
        let found =
            submission(agency, procedure, Channel::Counter).violations(catalogue(), day(on));
        let found: Vec<_> = found
            .iter()
            .map(|violation| (violation.field.as_str(), violation.rule.slug()))
            .collect();
        assert_eq!(found, expected, "{procedure} at {agency} on {on}");
    }
}

#[test]
fn an_agency_that_ended_names_its_successor() {
    let found =
        submission("H58", "1.013831", Channel::Counter).violations(catalogue(), day("2026-03-02"));
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
        let found = submission("H20.101", described.code.as_str(), channel)
            .violations(catalogue(), day("2026-03-02"));
        assert_eq!(
            found.iter().map(|violation| violation.rule.slug()).collect::<Vec<_>>(),
            rules,
            "{channel:?}"
        );
    }
}

#[test]
fn a_paper_names_each_field_that_breaks_a_rule() {
    let good = || Document {
        code: "TK".to_owned(),
        name: "Đơn đăng ký.pdf".to_owned(),
        sha256: "a1".repeat(32),
        url: "https://tep.motcua.vn/1".to_owned(),
    };
    let long = "x".repeat(3_000);
    for (why, document, expected) in [
        ("good", good(), vec![]),
        ("no code", Document { code: String::new(), ..good() }, vec![("code", "length")]),
        ("65 characters", Document { code: "x".repeat(65), ..good() }, vec![("code", "length")]),
        ("no name", Document { name: String::new(), ..good() }, vec![("name", "length")]),
        ("255 accented letters", Document { name: "ế".repeat(255), ..good() }, vec![]),
        ("256 of them", Document { name: "ế".repeat(256), ..good() }, vec![("name", "length")]),
        (
            "a bell",
            Document { name: "a\u{7}b".to_owned(), ..good() },
            vec![("name", "text-control")],
        ),
        ("upper case", Document { sha256: "A1".repeat(32), ..good() }, vec![("sha256", "sha256")]),
        ("63 digits", Document { sha256: "a".repeat(63), ..good() }, vec![("sha256", "sha256")]),
        ("no digit", Document { sha256: "g".repeat(64), ..good() }, vec![("sha256", "sha256")]),
        (
            "not https",
            Document { url: "http://tep.motcua.vn/1".to_owned(), ..good() },
            vec![("url", "https-url")],
        ),
        (
            "endless",
            Document { url: format!("https://{long}"), ..good() },
            vec![("url", "https-url")],
        ),
        (
            "two at once",
            Document { code: String::new(), url: String::new(), ..good() },
            vec![("code", "length"), ("url", "https-url")],
        ),
    ] {
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
