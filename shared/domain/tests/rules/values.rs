//! Small values: what is taken as one, and how it is written.

use std::collections::BTreeSet;

use domain::agency::{AgencyLevel, WardCode};
use domain::announcement::PublicUrl;
use domain::applicant::Email;
use domain::catalogue::Integrator;
use domain::delivery::TransferState;
use domain::feedback::Place;
use domain::identity::IdNumber;
use domain::kpi::report::{Dimension, EndedAgencies, Figures};
use domain::kpi::{KpiCell, KpiRow};
use domain::notice::codes::Treatment;
use domain::notice::headline::Headline;
use domain::period::Period;
use domain::procedure::{Channel, OnlineLevel};
use domain::submission::{Document, DocumentContent, DocumentReference};
use domain::upload::UploadId;
use serde_json::json;

use super::world::{catalogue, catalogue_with, day};

#[test]
fn a_ward_code_is_five_digits_and_stays_as_it_was_written() {
    for bad in ["", "0012", "001234", "0012a", "a01234"] {
        assert!(WardCode::try_from(bad.to_owned()).is_err(), "{bad}");
    }
    let ward = WardCode::try_from(" 00123 ".to_owned()).unwrap();
    assert_eq!(ward.to_string(), "00123");
    assert_eq!(serde_json::to_value(ward).unwrap(), "00123");
}

#[test]
fn each_tier_has_the_name_by_which_people_know_it() {
    assert_eq!(
        AgencyLevel::ALL.map(|level| (level.name(), level.vietnamese())),
        [
            ("province", "Ủy ban nhân dân tỉnh"),
            ("department", "Sở, ban, ngành"),
            ("district", "Cấp huyện"),
            ("commune", "Cấp xã"),
        ]
    );
}

#[test]
fn an_email_address_has_one_at_and_a_host_with_a_dot_inside() {
    let email = |text: &str| Email::try_from(text.to_owned());
    let long = |characters: usize| format!("{}@example.vn", "a".repeat(characters - 11));
    for good in ["an@example.vn", " an.le@mail.example.vn ", &long(254)] {
        assert!(email(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "example.vn",
        "@example.vn",
        "an@",
        "an@example",
        "an@le@example.vn",
        "an@.vn",
        "an@example.",
        "an le@example.vn",
        "an\u{202e}@example.vn",
        &long(255),
    ] {
        assert!(email(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_stored_number_without_its_kind_is_a_citizens_of_twelve_digits_or_an_enterprises() {
    for (stored, kind) in [
        ("087099001234", "citizen-id"),
        ("1400123456", "enterprise"),
        ("1400123456-001", "enterprise"),
        ("passport:C1234567", "passport"),
    ] {
        let number = IdNumber::try_from(stored.to_owned()).unwrap();
        assert_eq!(number.kind(), kind, "{stored}");
        assert_eq!(String::from(number), stored);
    }
}

#[test]
fn a_passport_has_to_be_named_and_a_citizens_number_speaks_for_itself() {
    let procedure = "1.001193".parse().unwrap();
    let named = |kind: &str| {
        let mut kinds = catalogue().identities().taken_by(&procedure, day("2026-11-17"));
        kinds.find(|taken| taken.kind() == kind).unwrap().is_named()
    };
    assert!(named("passport") && !named("citizen-id"));
}

#[test]
fn figures_are_of_the_agency_that_their_cell_names_also_where_they_are_taken_back() {
    for (cell, agency) in [
        ("province", None),
        ("work#H20.12#1.001193#online", Some("H20.12")),
        ("officer#H20.09#an", Some("H20.09")),
        ("taken-back#2026-11-16#work#H20.12#1.001193#online", Some("H20.12")),
    ] {
        let cell: KpiCell = cell.parse().unwrap();
        assert_eq!(cell.agency().map(ToString::to_string).as_deref(), agency, "{cell}");
    }
}

#[test]
fn the_citizens_page_is_told_the_dossier_behind_the_hash_that_no_server_sees() {
    let page = PublicUrl::try_from("https://motcua.example.vn".to_owned()).unwrap();
    let code = "H20.12-261117-0001".parse().unwrap();
    let tracked = page.tracking(&code);
    assert_eq!(tracked, "https://motcua.example.vn/tra-cuu#H20.12-261117-0001");
    assert_eq!(page.question(&code, "token"), format!("{tracked}!token"));
}

#[test]
fn a_headline_counts_what_was_early_as_on_time() {
    let row = KpiRow { early: 1, on_time: 2, resolved: 4, ..KpiRow::default() };
    let days = (day("2026-11-16"), day("2026-11-17"));
    assert_eq!(Headline::of(days, &row, "link".to_owned()).on_time_share, Some(7_500));
}

#[test]
fn shares_are_of_what_was_received_and_of_what_was_paid() {
    let row = KpiRow { received: 8, digitised: 6, paid: 5, paid_online: 1, ..KpiRow::default() };
    let figures = Figures { row, received_online: 4 };
    assert_eq!(figures.online_share(), Some(5_000));
    assert_eq!(figures.digitised_share(), Some(7_500));
    assert_eq!(figures.paid_online_share(), Some(2_000));
    let none = Figures::default();
    assert_eq!([none.online_share(), none.digitised_share(), none.paid_online_share()], [None; 3]);
}

#[test]
fn a_row_is_sound_where_all_that_was_there_is_accounted_for() {
    let row = KpiRow {
        carried_over: 2,
        received: 3,
        resolved: 1,
        on_time: 1,
        in_process: 4,
        held: 1,
        ..KpiRow::default()
    };
    assert!(row.is_sound());
    assert_eq!(row.unheld(), 3);
    assert!(!KpiRow { received: 4, ..row }.is_sound());
    assert!(!KpiRow { on_time: 0, ..row }.is_sound());
}

#[test]
fn months_quarters_halves_and_years_are_whole_months() {
    for (period, whole) in [
        ("2026", true),
        ("2026-H1", true),
        ("2026-Q4", true),
        ("2026-11", true),
        ("2026-W47", false),
        ("2026-11-17", false),
        ("2026-11-01..2026-11-30", false),
    ] {
        assert_eq!(period.parse::<Period>().unwrap().is_of_whole_months(), whole, "{period}");
    }
}

#[test]
fn a_document_is_found_by_the_key_of_its_object_and_nothing_else_is_one() {
    let id = UploadId::try_from("0123456789abcdef".repeat(2)).unwrap();
    assert_eq!(id.object_key(), format!("documents/{}", "0123456789abcdef".repeat(2)));
    assert!(UploadId::of_object(&id.object_key()) == Some(id));
    for other in ["documents/short", "results/0123456789abcdef0123456789abcdef"] {
        assert!(UploadId::of_object(other).is_none(), "{other}");
    }
}

#[test]
fn an_integrator_is_named_by_the_last_part_of_its_source() {
    let name = Integrator::name_in;
    assert_eq!(name(&Integrator::source_of("land-registry")), Some("land-registry"));
    for other in [
        "land-registry",
        "urn:motcua:integrator:",
        "urn:motcua:integrator:-a",
        "urn:motcua:integrator:a1",
    ] {
        assert_eq!(name(other), None, "{other}");
    }
}

#[test]
fn a_system_reads_the_case_while_it_is_offered_or_has_it() {
    let reads = TransferState::ALL.map(TransferState::may_be_read);
    assert_eq!(reads, [true, true, false, false, false]);
}

#[test]
fn an_operator_looks_at_codes_that_say_that_something_of_ours_is_wrong() {
    for (treatment, alarms) in [
        (Treatment::Retry, false),
        (Treatment::NextChannel, false),
        (Treatment::NextProvider, false),
        (Treatment::RefreshToken, true),
        (Treatment::AlarmAndNextChannel, true),
        (Treatment::AlarmAndNextProvider, true),
    ] {
        assert_eq!(treatment.alarms(), alarms, "{treatment:?}");
    }
}

#[test]
fn people_read_channels_and_levels_of_service_in_vietnamese() {
    let channels = Channel::ALL.map(Channel::vietnamese);
    assert_eq!(BTreeSet::from(channels), ["Bưu chính công ích", "Trực tiếp", "Trực tuyến"].into());
    assert_eq!(Channel::Online.vietnamese(), "Trực tuyến");
    assert_eq!(
        OnlineLevel::ALL.map(|level| (level.name(), level.vietnamese())),
        [("full", "Toàn trình"), ("partial", "Một phần"), ("information", "Cung cấp thông tin"),]
    );
}

#[test]
fn lines_of_a_report_are_grouped_by_the_words_of_its_address() {
    let words = Dimension::ALL.map(Dimension::name);
    assert_eq!(BTreeSet::from(words).len(), Dimension::ALL.len());
    for dimension in Dimension::ALL {
        assert_eq!(Dimension::named(dimension.name()).unwrap(), dimension);
    }
    assert!(Dimension::named("xyzzy").is_err() && Dimension::named("").is_err());
    assert_eq!(EndedAgencies::ALL.map(EndedAgencies::name), ["as-counted", "merged"]);
}

#[test]
fn a_place_is_in_words_and_on_the_globe_by_both_degrees_or_by_none() {
    let place = |words: &str, latitude, longitude| {
        let place = Place { words: words.to_owned(), latitude, longitude };
        match place.judged() {
            Ok(place) => Ok(place.words),
            Err(found) => Err(found.into_iter().map(|one| (one.field, one.rule.slug())).collect()),
        }
    };
    let ok = |words: &str| Ok::<_, Vec<(String, &str)>>(words.to_owned());
    assert_eq!(place(" bên chợ ", None, None), ok("bên chợ"));
    assert_eq!(place("chợ", Some(90.0), Some(-180.0)), ok("chợ"));
    for (latitude, longitude, field, rule) in [
        (Some(90.5), Some(0.0), "latitude", "range"),
        (Some(0.0), Some(-180.5), "longitude", "range"),
        (Some(10.0), None, "longitude", "required"),
        (None, Some(105.0), "latitude", "required"),
    ] {
        assert_eq!(place("chợ", latitude, longitude), Err(vec![(field.to_owned(), rule)]));
    }
    assert_eq!(place("", None, None), Err(vec![("words".to_owned(), "length")]));
}

fn at_the_host(url: &str) -> DocumentReference {
    DocumentReference { name: "don.pdf".to_owned(), sha256: "0".repeat(64), url: url.to_owned() }
}

#[test]
fn only_documents_that_came_later_are_stored_with_the_version_they_came_with() {
    let document = |version: u64| Document {
        code: "DON".to_owned(),
        version,
        content: DocumentContent::Reference(at_the_host("https://files.example/don.pdf")),
    };
    for (version, stored) in [(1, None), (2, Some(json!(2)))] {
        let written = serde_json::to_value(document(version)).unwrap();
        assert_eq!(written.get("version"), stored.as_ref());
        assert!(serde_json::from_value::<Document>(written).unwrap() == document(version));
    }
}

#[test]
fn a_document_takes_the_room_of_its_code_and_all_that_is_said_of_its_content() {
    let content = DocumentContent::Reference(at_the_host("https://files.example/don.pdf"));
    let document = Document { code: "DON".to_owned(), version: 1, content };
    assert_eq!(document.bytes(), 3 + 7 + 64 + 29);
}

#[test]
fn a_host_that_was_copied_on_any_day_may_have_a_copy_and_is_copied_on_those_days_alone() {
    let row = |host: &str, copied: bool, last: Option<&str>| {
        json!({
            "host": host, "copied": copied, "validFrom": "2026-01-01", "validTo": last,
            "source": "a test", "trust": "unverified",
        })
    };
    let rows = json!([
        row("copied.example", true, Some("2026-06-30")),
        row("copied.example", false, None),
        row("left.example", false, None),
    ]);
    let catalogue = catalogue_with(|files| {
        let mut intake: serde_json::Value =
            serde_json::from_str(include_str!("../../../../infra/data/intake.json")).unwrap();
        intake["documentHosts"] = rows;
        files.intake = serde_json::from_value(intake).unwrap();
    });
    let hosts = catalogue.unwrap();
    let hosts = hosts.document_hosts();
    let copied = at_the_host("https://copied.example/don.pdf");
    let left = at_the_host("https://left.example/don.pdf");
    assert!(hosts.may_be_copied(&copied) && !hosts.may_be_copied(&left));
    assert!(hosts.is_copied(&copied, day("2026-06-30")));
    assert!(!hosts.is_copied(&copied, day("2026-07-01")));
    assert!(!hosts.is_copied(&left, day("2026-06-30")));
    assert!(hosts.copies_any(day("2026-06-30")) && !hosts.copies_any(day("2026-07-01")));
}
