//! What becomes of an agency: it gets another name, ends, and goes to one successor or is divided
//! among several.

use std::collections::BTreeMap;

use domain::agency::{Matter, WardCode};
use domain::catalogue::Catalogue;
use domain::dossier::{Action, Actor, Dossier, DossierState, Duty, Refusal};
use domain::id::{AgencyCode, ProcedureCode};
use domain::kpi::report::{Dimension, EndedAgencies, Selection, report};
use domain::kpi::{KpiCell, KpiRow, KpiRows};
use domain::procedure::Channel;
use serde_json::{Value, json};

use super::catalogue::{Files, agency, assemble, forgotten, good, procedure, refused};
use super::world::{at, command, day, handed_in, law};

const LAND: &str = "1.013831";
const COPIES: &str = "2.000635";
/// A ward that the division names, and one that it does not.
const NAMED: &str = "29869";
const OTHER: &str = "29870";

/// The department of justice ended in March: land goes to the 12, one ward to the commune 10, the
/// rest to the 11.
fn divided() -> Files {
    let mut files = good();
    let mut ended = agency("H20.09");
    (ended["validTo"], ended["successor"]) = (json!("2026-03-31"), json!("H20.11"));
    ended["division"] = json!([{"successor": "H20.12", "procedures": [LAND]}, {"successor": "H20.10", "wards": [NAMED]}]);
    let mut commune = agency("H20.10");
    commune["level"] = json!("commune");
    files.agencies = json!({"agencies": [ended, commune, agency("H20.11"), agency("H20.12")]});
    let mut copies = procedure(1, "2025-07-01");
    (copies["code"], copies["field"]) =
        (json!(COPIES), json!({"code": "G15-TP07", "name": "Hộ tịch"}));
    files.procedures = json!({"procedures": [procedure(1, "2025-07-01"), copies]});
    files
}

fn code(text: &str) -> AgencyCode {
    text.parse().unwrap()
}

/// Who carries on with a dossier of the department.
fn heir(catalogue: &Catalogue, procedure: &str, ward: Option<&str>, on: &str) -> String {
    let procedure: ProcedureCode = procedure.parse().unwrap();
    let ward = ward.map(|ward| WardCode::try_from(ward.to_owned()).unwrap());
    let matter = Matter { procedure: Some(&procedure), ward: ward.as_ref() };
    catalogue.register().carried_on_by(&code("H20.09"), matter, day(on)).to_string()
}

#[test]
fn a_divided_agency_is_carried_on_for_by_procedure_then_by_ward_and_for_the_rest_by_its_successor()
{
    let catalogue = assemble(divided()).unwrap();
    for (procedure, ward, on, expected) in [
        (LAND, None, "2026-03-31", "H20.09"),
        (LAND, None, "2026-04-01", "H20.12"),
        (LAND, Some(NAMED), "2026-04-01", "H20.12"),
        (COPIES, Some(NAMED), "2026-04-01", "H20.10"),
        (COPIES, Some(OTHER), "2026-04-01", "H20.11"),
        (COPIES, None, "2026-04-01", "H20.11"),
    ] {
        assert_eq!(
            heir(&catalogue, procedure, ward, on),
            expected,
            "{procedure} in {ward:?} on {on}"
        );
    }
}

#[test]
fn a_part_goes_on_with_its_heir_when_that_ends_too() {
    let mut files = divided();
    let list = files.agencies["agencies"].as_array_mut().unwrap();
    (list[3]["validTo"], list[3]["successor"]) = (json!("2026-06-30"), json!("H20.11"));
    list[3]["division"] = json!([{"successor": "H20.10", "wards": [NAMED]}]);
    let catalogue = assemble(files).unwrap();
    assert_eq!(heir(&catalogue, LAND, Some(NAMED), "2026-06-30"), "H20.12");
    assert_eq!(heir(&catalogue, LAND, Some(NAMED), "2026-07-01"), "H20.10");
    assert_eq!(heir(&catalogue, LAND, None, "2026-07-01"), "H20.11");
    // All that the 11 does not have of the department is that ward.
    let predecessors = catalogue.register().predecessors(&code("H20.11"), day("2026-07-01"));
    assert_eq!(
        predecessors.iter().map(|remit| remit.agency().as_str()).collect::<Vec<_>>(),
        ["H20.09", "H20.12"]
    );
}

fn officer_of(catalogue: &Catalogue, agency: &str, on: &str) -> Actor {
    let agency = code(agency);
    let predecessors = catalogue.register().predecessors(&agency, day(on));
    Actor::Officer { id: "an".to_owned(), agency, predecessors, duty: Duty::Desk }
}

fn dossier(procedure: &str, ward: Option<&str>) -> Dossier {
    let state = DossierState {
        agency: code("H20.09"),
        procedure: procedure.parse().unwrap(),
        ward: ward.map(|ward| WardCode::try_from(ward.to_owned()).unwrap()),
        ..handed_in("5 working-day", Channel::Counter, at("2026-03-30T08:00")).into_state()
    };
    state.try_into().unwrap()
}

#[test]
fn each_dossier_of_a_divided_agency_is_acted_on_by_the_officers_of_one_heir_and_no_other() {
    let catalogue = assemble(divided()).unwrap();
    for (procedure, ward) in [
        (LAND, None),
        (LAND, Some(NAMED)),
        (COPIES, Some(NAMED)),
        (COPIES, Some(OTHER)),
        (COPIES, None),
    ] {
        let dossier = dossier(procedure, ward);
        let heir = heir(&catalogue, procedure, ward, "2026-04-01");
        for agency in ["H20.10", "H20.11", "H20.12"] {
            let by = officer_of(&catalogue, agency, "2026-04-01");
            assert_eq!(
                by.may_read(&dossier),
                agency == heir,
                "{agency} reads {procedure} in {ward:?}"
            );
            let moved = dossier.decide(
                command("receive", Action::Receive),
                &by,
                law(),
                at("2026-04-01T08:00"),
            );
            match moved {
                Ok(_) => assert_eq!(agency, heir),
                Err(Refusal::NotAllowed) => assert_ne!(agency, heir),
                Err(other) => panic!("{other}"),
            }
        }
        // While the department exists its heirs have nothing of it.
        assert!(!officer_of(&catalogue, &heir, "2026-03-31").may_read(&dossier));
    }
}

#[test]
fn a_dossier_that_lies_with_a_divided_agency_lies_with_the_heir_of_its_matter() {
    let catalogue = assemble(divided()).unwrap();
    let forwarded = DossierState {
        agency: code("H20.03"),
        handler: Some(code("H20.09")),
        ..dossier(LAND, None).into_state()
    };
    let forwarded = Dossier::try_from(forwarded).unwrap();
    let speaks = |agency| {
        officer_of(&catalogue, agency, "2026-04-01").speaks_for(&code("H20.09"), forwarded.matter())
    };
    assert_eq!(["H20.10", "H20.11", "H20.12"].map(speaks), [false, false, true]);
}

/// Ten of each procedure that the department received.
fn rows() -> KpiRows {
    let cell = |procedure: &str| KpiCell::Work {
        agency: code("H20.09"),
        procedure: procedure.parse().unwrap(),
        channel: Channel::Counter,
    };
    let ten = KpiRow { received: 10, in_process: 10, ..KpiRow::default() };
    [(cell(LAND), ten), (cell(COPIES), ten)].into()
}

fn told(files: Files, dimension: Dimension, last: &str) -> BTreeMap<String, u64> {
    let selection = Selection { ended: EndedAgencies::Merged, ..Selection::default() };
    let catalogue = assemble(files).unwrap();
    let lines = report(&rows(), dimension, &selection, catalogue.register(), day(last)).lines;
    lines.into_iter().map(|line| (line.key, line.figures.row.received)).collect()
}

#[test]
fn merged_figures_follow_the_procedure_and_stay_with_the_ended_agency_where_only_the_ward_would_tell()
 {
    let figures = |lines: &[(&str, u64)]| {
        lines.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect()
    };
    let by_agency: BTreeMap<String, u64> = figures(&[("H20.09", 10), ("H20.12", 10)]);
    assert_eq!(told(divided(), Dimension::Agency, "2026-04-30"), by_agency);
    assert_eq!(told(divided(), Dimension::Agency, "2026-03-31"), figures(&[("H20.09", 20)]));
    // Without the ward the rest has one heir, here of another tier.
    let mut files = divided();
    files.agencies["agencies"][0]["division"].as_array_mut().unwrap().pop();
    files.agencies["agencies"][0]["successor"] = json!("H20.10");
    assert_eq!(
        told(files, Dimension::Level, "2026-04-30"),
        figures(&[("commune", 10), ("department", 10)])
    );
}

#[test]
fn a_division_that_contradicts_itself_is_refused() {
    let spoilt = |rule, spoil: fn(&mut Value)| {
        refused("agencies", rule, |files| {
            *files = divided();
            spoil(&mut files.agencies["agencies"][0]);
        });
    };
    spoilt("division-part", |ended| ended["division"][0] = json!({"successor": "H20.12"}));
    spoilt("division-rest", |ended| ended["successor"] = json!(null));
    for twice in [
        // One procedure, one ward, one procedure in one ward, and what an earlier part has whole.
        json!([{"successor": "H20.12", "procedures": [LAND]}, {"successor": "H20.10", "procedures": [COPIES, LAND]}]),
        json!([{"successor": "H20.12", "wards": [NAMED]}, {"successor": "H20.10", "wards": [NAMED]}]),
        json!([
            {"successor": "H20.12", "procedures": [LAND], "wards": [NAMED, OTHER]},
            {"successor": "H20.10", "procedures": [LAND], "wards": [OTHER]},
        ]),
        json!([
            {"successor": "H20.12", "procedures": [LAND]},
            {"successor": "H20.10", "procedures": [LAND], "wards": [NAMED]},
        ]),
    ] {
        refused("agencies", "division-overlap", |files| {
            *files = divided();
            files.agencies["agencies"][0]["division"] = twice.clone();
        });
    }
    spoilt("known-agency", |ended| ended["division"][1]["successor"] = json!("H20.77"));
    spoilt("known-procedure", |ended| ended["division"][0]["procedures"] = json!(["1.000001"]));
    spoilt("successor-cycle", |ended| ended["division"][0]["successor"] = json!("H20.09"));
    refused("agencies", "successor-order", |files| {
        *files = divided();
        files.agencies["agencies"][3]["validTo"] = json!("2026-02-28");
    });
}

// ------------------------------------------------------------------------------------------------- names

fn renamed() -> Files {
    let mut files = divided();
    let names = json!([{"from": "2026-02-01", "name": "Sở Tư pháp và Nội vụ"}, {"from": "2026-03-01", "name": "Sở Nội chính"}]);
    files.agencies["agencies"][0]["renamed"] = names;
    files
}

#[test]
fn a_report_names_an_agency_as_it_was_called_on_the_last_day() {
    let catalogue = assemble(renamed()).unwrap();
    for (last, name) in [
        ("2019-01-01", "Sở Tư pháp"),
        ("2026-01-31", "Sở Tư pháp"),
        ("2026-02-01", "Sở Tư pháp và Nội vụ"),
        ("2026-02-28", "Sở Tư pháp và Nội vụ"),
        ("2026-03-01", "Sở Nội chính"),
        ("2026-12-31", "Sở Nội chính"),
    ] {
        let lines = report(
            &rows(),
            Dimension::Agency,
            &Selection::default(),
            catalogue.register(),
            day(last),
        )
        .lines;
        assert_eq!(lines[0].name, name, "{last}");
    }
}

#[test]
fn a_report_names_procedures_and_fields_as_their_version_of_the_last_day_does() {
    let mut files = divided();
    let mut next = procedure(2, "2026-03-01");
    (next["name"], next["field"]["name"]) =
        (json!("Đăng ký biến động đất đai"), json!("Quản lý đất đai"));
    files.procedures["procedures"].as_array_mut().unwrap().push(next);
    let catalogue = assemble(files).unwrap();
    let name = |dimension, last| {
        let lines =
            report(&rows(), dimension, &Selection::default(), catalogue.register(), day(last))
                .lines;
        lines[0].name.clone()
    };
    assert_eq!(name(Dimension::Procedure, "2026-02-28"), "Đăng ký biến động");
    assert_eq!(name(Dimension::Procedure, "2026-03-01"), "Đăng ký biến động đất đai");
    assert_eq!(name(Dimension::Field, "2026-02-28"), "Đất đai");
    assert_eq!(name(Dimension::Field, "2026-03-01"), "Quản lý đất đai");
}

#[test]
fn names_that_do_not_follow_each_other_within_an_agency_s_time_are_refused() {
    for (rule, names) in [
        ("ordered-names", json!([{"from": "2020-09-15", "name": "Sở"}])),
        (
            "ordered-names",
            json!([{"from": "2026-02-01", "name": "A"}, {"from": "2026-02-01", "name": "B"}]),
        ),
        ("ordered-names", json!([{"from": "2026-04-01", "name": "after its last day"}])),
        ("name", json!([{"from": "2026-02-01", "name": " "}])),
    ] {
        refused("agencies", rule, |files| {
            *files = divided();
            files.agencies["agencies"][0]["renamed"] = names;
        });
    }
}

// Seen on 2 March 2026.
#[test]
fn an_edition_that_gives_an_agency_another_past_is_refused_and_a_rename_from_today_on_is_not() {
    let first =
        |spoil: fn(&mut Value)| move |files: &mut Files| spoil(&mut files.agencies["agencies"][0]);
    forgotten(&["kept-name"], first(|agency| agency["name"] = json!("Sở Nội vụ")));
    forgotten(
        &["kept-name"],
        first(|agency| agency["renamed"] = json!([{"from": "2026-03-01", "name": "Sở Nội vụ"}])),
    );
    forgotten(
        &[],
        first(|agency| agency["renamed"] = json!([{"from": "2026-03-03", "name": "Sở Nội vụ"}])),
    );
    forgotten(&["kept-level"], first(|agency| agency["level"] = json!("commune")));
}
