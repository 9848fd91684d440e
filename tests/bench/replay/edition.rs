//! The edition of the catalogue that a place had: its agencies and procedures, and the law, the
//! calendar and everything else as built in.

use std::collections::BTreeMap;

use domain::catalogue::Catalogue;
use platform::catalogue::{Texts, UndecidedYears};
use serde_json::{Value, json};

use crate::model::Replayed;

/// Who reports: the place's one-stop software.
pub const SOURCE: &str = "urn:motcua:integrator:one-stop";

/// From when agencies and procedures are in force here: before everything that is played.
const FROM: &str = "2018-06-21";

/// The catalogue of a place.
pub fn catalogue(replayed: &Replayed) -> Catalogue {
    catalogue_with(replayed, Vec::new())
}

/// The catalogue of a place, with `others` beside the systems that every province has.
pub fn catalogue_with(replayed: &Replayed, others: Vec<Value>) -> Catalogue {
    let systems = [everybodys_systems(), others].concat();
    let agency = |code: &str, name: &str, level: &str, parent: Option<&str>| {
        json!({
            "code": code, "name": name, "level": level, "parent": parent, "validFrom": FROM, "validTo": null,
            "successor": null,
        })
    };
    let province = &replayed.province;
    let desks = replayed.agencies.iter();
    let mut agencies: Vec<Value> = desks
        .map(|desk| agency(&desk.code, &desk.name, &desk.level, Some(&province.code)))
        .collect();
    agencies.push(agency(&province.code, &province.name, "province", None));
    let procedures = replayed.procedures.iter().map(|asked| {
        json!({
            "code": asked.code, "version": 1, "name": asked.name, "field": asked.field,
            "level": replayed.level_of(asked),
            "online": asked.online, "terms": { "counter": asked.term, "online": asked.term, "postal": asked.term },
            "documents": [{ "code": "DON", "name": "Đơn đề nghị", "required": true }], "feeVnd": 0, "validFrom": FROM, "trust": "unverified",
        })
    });
    let codes: Vec<&str> = replayed.agencies.iter().map(|desk| desk.code.as_str()).collect();
    let integrator =
        json!({ "source": SOURCE, "name": "Phần mềm một cửa điện tử", "agencies": codes });
    let files = [
        ("agencies.json", json!({ "schemaVersion": 1, "agencies": agencies })),
        (
            "procedures.json",
            json!({ "schemaVersion": 1, "procedures": procedures.collect::<Vec<_>>() }),
        ),
        ("integrators.json", json!({ "schemaVersion": 1, "integrators": [integrator] })),
        ("systems.json", json!({ "schemaVersion": 1, "systems": systems })),
    ];
    let files: BTreeMap<String, String> =
        files.into_iter().map(|(name, file)| (name.to_owned(), file.to_string())).collect();
    let texts = Texts::built_in().with(files).unwrap_or_else(|found| panic!("{found:?}"));
    texts.assemble(UndecidedYears::Refused).unwrap_or_else(|found| panic!("{found:?}"))
}

/// The systems that every province has; subscribers, and who brings feedback, are those of our own
/// sample.
fn everybodys_systems() -> Vec<Value> {
    let mut file: Value = serde_json::from_str(include_str!("../../../infra/data/systems.json"))
        .expect("the shipped file is JSON");
    let mut systems = file["systems"].as_array_mut().map(std::mem::take).unwrap_or_default();
    systems.retain(|system| ["dvcqg", "lgsp"].contains(&system["protocol"].as_str().unwrap_or("")));
    for fields in systems.iter_mut().filter_map(Value::as_object_mut) {
        fields.remove("feedback");
    }
    assert!(!systems.is_empty(), "no system that every province has");
    systems
}
