//! Electronic forms: which schemas a catalogue takes, what is wrong with a filled form, and when
//! one is owed.

use domain::catalogue::{Catalogue, ProceduresFile};
use domain::dossier::{Action, Command, Decision, Dossier, DossierState, Refusal};
use domain::eform::{FORM_BYTES_MAX, FORMS_BYTES_MAX, FilledForm, FormFields};
use domain::procedure::{Channel, Procedure};
use domain::submission::{Submission, move_violations};
use serde_json::{Value, json};

use super::submissions::submission;
use super::world::{
    AGENCY, OWNER, at, catalogue, catalogue_with, citizen, command, day, integrator, law, moved,
    named, officer, played, portal,
};

fn fields(json: Value) -> FormFields {
    let read: FormFields = serde_json::from_value(json).unwrap();
    read.cleaned()
}

/// A shipped procedure of the file, by its code.
fn shipped(code: &str) -> Value {
    let file: Value =
        serde_json::from_str(include_str!("../../../../infra/data/procedures.json")).unwrap();
    let list = file["procedures"].as_array().unwrap();
    list.iter().find(|procedure| procedure["code"] == code).unwrap().clone()
}

/// A procedure with this schema for its form.
fn with_schema(schema: Value) -> Procedure {
    let mut procedure = shipped("1.001193");
    procedure["form"]["schema"] = schema;
    serde_json::from_value(procedure).unwrap()
}

/// Fields and rules that a form breaks by this schema.
fn broken(schema: &Value, form: Value) -> Vec<(String, &'static str)> {
    let found = with_schema(schema.clone()).form_violations(&fields(form));
    found.into_iter().map(|broken| (broken.field, broken.rule.slug())).collect()
}

fn schema() -> Value {
    let label = |mut field: Value| {
        field["title"] = "Nhãn".into();
        field["titleEn"] = "Label".into();
        field
    };
    let choice =
        |value: &str| json!({ "const": value, "title": value, "titleEn": value.to_uppercase() });
    let item = label(json!({
        "type": "object", "additionalProperties": false, "required": ["what"],
        "properties": {
            "what": label(json!({ "type": "string", "minLength": 2, "maxLength": 5 })),
            "many": label(json!({ "type": "integer", "minimum": 1, "maximum": 10 })),
        },
    }));
    label(json!({
        "type": "object", "additionalProperties": false, "required": ["name", "goods"],
        "properties": {
            "name": label(json!({ "type": "string", "minLength": 1, "maxLength": 10 })),
            "id": label(json!({ "type": "string", "pattern": r"^\d{3}$" })),
            "on": label(json!({ "type": "string", "format": "date" })),
            "way": label(json!({ "type": "string", "oneOf": [choice("sea"), choice("air")] })),
            "sure": label(json!({ "type": "boolean" })),
            "goods": label(json!({ "type": "array", "minItems": 1, "maxItems": 2, "items": item })),
        },
    }))
}

#[test]
fn a_form_that_fits_its_schema_breaks_nothing() {
    for form in [
        json!({ "name": "A", "goods": [{ "what": "tôm" }] }),
        json!({ "name": "  A  ", "goods": [{ "what": "tôm", "many": 10 }, { "what": "cá" }] }),
        json!({
            "name": "A", "id": "123", "on": "2028-02-29", "way": "sea", "sure": false,
            "goods": [{ "what": "tôm" }],
        }),
    ] {
        assert_eq!(broken(&schema(), form.clone()), [], "{form}");
    }
}

#[test]
fn every_field_that_breaks_the_schema_is_named_at_once() {
    let mess = json!({
        "id": "12a", "on": "2026-02-29", "way": "road", "sure": "yes", "colour": 1,
        "goods": [{ "what": "x", "many": 0 }, { "many": 1.5 }, 7],
    });
    let expected = [
        ("form.colour", "unknown-field"),
        ("form.goods", "item-count"),
        ("form.goods[0].many", "range"),
        ("form.goods[0].what", "length"),
        ("form.goods[1].many", "type"),
        ("form.goods[1].what", "required"),
        ("form.id", "format"),
        ("form.on", "date"),
        ("form.sure", "type"),
        ("form.way", "known-value"),
        ("form.name", "required"),
    ];
    let expected: Vec<_> =
        expected.into_iter().map(|(field, rule)| (field.to_owned(), rule)).collect();
    assert_eq!(broken(&schema(), mess), expected);
}

#[test]
fn null_is_no_value_of_any_field_and_a_text_goes_through_the_gate() {
    let good = json!({ "name": "A", "goods": [{ "what": "tôm" }] });
    for (place, value, expected) in [
        ("/name", json!(null), ("form.name", "type")),
        ("/name", json!("A\u{0}"), ("form.name", "text-control")),
        ("/name", json!("\u{202e}A"), ("form.name", "text-direction")),
        ("/name", json!("   "), ("form.name", "length")),
        ("/name", json!("ă".repeat(11)), ("form.name", "length")),
        ("/goods", json!([]), ("form.goods", "item-count")),
        ("/goods", json!({}), ("form.goods", "type")),
        ("/goods/0", json!([]), ("form.goods[0]", "type")),
    ] {
        let mut form = good.clone();
        *form.pointer_mut(place).unwrap() = value;
        let expected = [(expected.0.to_owned(), expected.1)];
        assert_eq!(broken(&schema(), form.clone()), expected, "{form}");
    }
}

// Whoever writes a name where a field should be does not read it in an answer or a log.
#[test]
fn a_field_that_is_no_name_of_a_field_is_not_repeated() {
    let form = json!({ "name": "A", "goods": [{ "what": "tôm", "Nguyễn Văn An": 1 }] });
    assert_eq!(broken(&schema(), form), [("form.goods[0]".to_owned(), "unknown-field")]);
}

#[test]
fn a_form_of_nonsense_is_not_judged_for_ever_and_one_that_is_too_large_is_refused() {
    let many: serde_json::Map<String, Value> =
        (0..5_000).map(|number| (format!("f{number}"), json!(1))).collect();
    let found = broken(&schema(), many.into());
    assert_eq!(found.len(), 100);
    assert_eq!(found[0], ("form".to_owned(), "form-bytes-max"));
}

/// A change of a good schema, and the rule that it breaks, at a field of it.
#[test]
fn a_schema_that_could_not_be_filled_in_or_checked_is_refused_where_it_breaks_the_rule() {
    for (place, value, field, rule) in [
        ("/type", json!("string"), "schema.type", "form-schema"),
        ("/title", json!(" "), "schema.title", "name"),
        ("/properties/goods/titleEn", json!(""), "schema.properties.goods.titleEn", "name"),
        ("/additionalProperties", json!(null), "schema", "form-schema"),
        ("/required/1", json!("nothing"), "schema.required[1]", "form-schema"),
        ("/required/1", json!("name"), "schema.required[1]", "form-schema"),
        ("/properties", json!({}), "schema", "form-schema"),
        ("/properties/Name", field_of("boolean"), "schema.properties.Name", "form-schema"),
        ("/properties/a.b", field_of("boolean"), "schema.properties.a.b", "form-schema"),
        ("/properties/sure/maxLength", json!(3), "schema.properties.sure.maxLength", "form-schema"),
        ("/properties/name/minimum", json!(3), "schema.properties.name.minimum", "form-schema"),
        ("/properties/name", field_of("string"), "schema.properties.name", "form-schema"),
        ("/properties/name/maxLength", json!(2_001), "schema.properties.name.maxLength", "range"),
        ("/properties/name/minLength", json!(11), "schema.properties.name.minLength", "range"),
        ("/properties/goods/maxItems", json!(0), "schema.properties.goods.maxItems", "range"),
        ("/properties/goods/minItems", json!(3), "schema.properties.goods.minItems", "range"),
        ("/properties/goods/items", json!(null), "schema.properties.goods", "form-schema"),
        ("/properties/goods/maxItems", json!(null), "schema.properties.goods", "form-schema"),
        ("/properties/sure", field_of("integer"), "schema.properties.sure", "form-schema"),
        (
            "/properties/goods/items/properties/many/minimum",
            json!(11),
            "schema.properties.goods.items.properties.many.minimum",
            "range",
        ),
        (
            "/properties/way/oneOf/1/const",
            json!("sea"),
            "schema.properties.way.oneOf[1].const",
            "unique-code",
        ),
        (
            "/properties/way/oneOf/1/const",
            json!(" air"),
            "schema.properties.way.oneOf[1].const",
            "form-schema",
        ),
        (
            "/properties/way/oneOf/0/title",
            json!(""),
            "schema.properties.way.oneOf[0].title",
            "name",
        ),
        ("/properties/way/maxLength", json!(3), "schema.properties.way.oneOf", "form-schema"),
    ] {
        let mut spoilt = schema();
        let (parent, key) = place.rsplit_once('/').unwrap();
        let parent = spoilt.pointer_mut(parent).unwrap();
        match key.parse::<usize>() {
            Ok(place) => parent[place] = value.clone(),
            Err(_) => parent[key] = value.clone(),
        }
        let (found, procedure) = assembled(spoilt);
        let field = format!("procedures[{procedure}].form.{field}");
        assert!(
            found.contains(&(field.clone(), rule)),
            "{place} = {value}: no {field} {rule} in {found:?}"
        );
    }
    let (found, _) = assembled(schema());
    assert_eq!(found, [], "the good one");
}

fn field_of(kind: &str) -> Value {
    json!({ "type": kind, "title": "Nhãn", "titleEn": "Label" })
}

/// What is wrong with the shipped catalogue, where its registration of births has this schema; and
/// the place of that procedure in its file.
fn assembled(schema: Value) -> (Vec<(String, &'static str)>, usize) {
    let mut file: Value =
        serde_json::from_str(include_str!("../../../../infra/data/procedures.json")).unwrap();
    let list = file["procedures"].as_array_mut().unwrap();
    let place = list.iter().position(|procedure| procedure["code"] == "1.001193").unwrap();
    list[place]["form"]["schema"] = schema;
    let file: ProceduresFile = serde_json::from_value(file).unwrap();
    let found = catalogue_with(|files| files.procedures = file).err().unwrap_or_default();
    for broken in &found {
        assert!(broken.detail.starts_with("1.001193: "), "{broken:?}");
    }
    (found.into_iter().map(|broken| (broken.field, broken.rule.slug())).collect(), place)
}

// A library takes the last of the two, and we took the first.
#[test]
fn a_schema_that_has_a_field_twice_is_refused() {
    let mut file: Value =
        serde_json::from_str(include_str!("../../../../infra/data/procedures.json")).unwrap();
    let list = file["procedures"].as_array_mut().unwrap();
    let place = list.iter().position(|procedure| procedure["code"] == "1.001193").unwrap();
    list[place]["form"]["schema"] = "here".into();
    let twice = schema().to_string().replace("\"many\":", "\"what\":");
    let text = file.to_string().replace("\"here\"", &twice);
    let file: ProceduresFile = serde_json::from_str(&text).unwrap();
    let found = catalogue_with(|files| files.procedures = file).err().unwrap_or_default();
    let at = format!("procedures[{place}].form.schema.properties.goods.items.properties.what");
    assert_eq!(named(&found), [(at.as_str(), "form-schema")]);
}

#[test]
fn a_schema_that_is_too_deep_or_has_too_many_fields_is_refused() {
    let object = |properties: Value| {
        let mut object = field_of("object");
        object["additionalProperties"] = false.into();
        object["properties"] = properties;
        object
    };
    let mut deep = field_of("boolean");
    for _ in 0..4 {
        deep = object(json!({ "in": deep }));
    }
    assert_eq!(assembled(deep.clone()).0, [], "five levels");
    let (found, place) = assembled(object(json!({ "in": deep })));
    let at = format!("procedures[{place}].form.schema{}", ".properties.in".repeat(5));
    assert_eq!(found, [(at, "form-schema")]);
    let many = |count: usize| -> Value {
        let each = (0..count).map(|number| (format!("f{number}"), field_of("boolean")));
        object(each.collect::<serde_json::Map<_, _>>().into())
    };
    assert_eq!(assembled(many(199)).0, [], "two hundred with the form itself");
    let (found, place) = assembled(many(200));
    assert_eq!(found, [(format!("procedures[{place}].form.schema"), "form-schema")]);
}

/// A filled form for the shipped residence registration, which is owed on-line.
fn residence() -> Value {
    json!({
        "address": "12 đường Nguyễn Huệ, phường Cao Lãnh",
        "head": { "fullName": "Nguyễn Văn An", "idNumber": "087190001234" },
        "relation": "child",
    })
}

const RESIDENCE: &str = "1.004222";

fn found(given: &Submission, by: &domain::dossier::Actor) -> Vec<(String, &'static str)> {
    let found = given.violations(by, catalogue(), day("2026-03-02"));
    let of_form = found.into_iter().filter(|broken| broken.field.starts_with("form"));
    of_form.map(|broken| (broken.field, broken.rule.slug())).collect()
}

#[test]
fn a_form_is_owed_by_the_channels_that_the_catalogue_says_and_an_integrator_may_lack_it() {
    let owed = [("form".to_owned(), "required")];
    let commune = "H20.101";
    for (channel, by, expected) in [
        (Channel::Online, portal(), &owed[..]),
        (Channel::Online, citizen(OWNER), &owed[..]),
        (Channel::Online, integrator(&[commune]), &[]),
        (Channel::Counter, portal(), &[]),
        (Channel::Counter, officer(commune), &[]),
        (Channel::Postal, portal(), &[]),
    ] {
        let given = submission(commune, RESIDENCE, channel);
        assert_eq!(found(&given, &by), expected, "{channel:?} by {by:?}");
        let form = Some(fields(residence()));
        assert_eq!(found(&Submission { form, ..given.clone() }, &by), [], "{channel:?}");
        let form = Some(fields(json!({ "relation": "child" })));
        assert_eq!(
            found(&Submission { form, ..given }, &by),
            [("form.address".to_owned(), "required"), ("form.head".to_owned(), "required")],
            "{channel:?}: what came is judged, whoever sent it"
        );
    }
}

#[test]
fn a_form_for_a_procedure_without_one_is_refused() {
    let mut given = submission(AGENCY, "1.013833", Channel::Online);
    given.form = Some(fields(json!({})));
    assert_eq!(found(&given, &portal()), [("form".to_owned(), "procedure-form")]);
}

#[test]
fn the_form_stands_beside_whatever_else_is_wrong() {
    let mut given = submission(AGENCY, RESIDENCE, Channel::Online);
    given.documents = Vec::new();
    given.form = Some(fields(json!({ "relation": "boss" })));
    let found = given.violations(&portal(), catalogue(), day("2026-03-02"));
    assert_eq!(
        named(&found),
        [
            ("agency", "agency-level"),
            ("documents", "required-document"),
            ("documents", "required-document"),
            ("form.relation", "known-value"),
            ("form.address", "required"),
            ("form.head", "required"),
        ]
    );
}

/// A dossier of land that waits for a supplement, handed in with a form of this many bytes.
fn waiting(bytes: usize) -> Dossier {
    let history = "submit 2026-03-02T07:30, receive 08:00, request-supplement 08:20";
    let state = played("5 working-day", Channel::Online, history).into_state();
    let form = fields(json!({ "filler": "x".repeat(bytes) }));
    let forms = vec![FilledForm { version: 1, fields: form }];
    DossierState { forms, ..state }.try_into().unwrap()
}

fn land() -> Value {
    json!({
        "change": "gift",
        "parcel": { "sheet": 12, "number": 345, "areaSquareMetres": 120, "address": "Cao Lãnh" },
        "certificateNumber": "CĐ 123456",
        "parties": [{ "fullName": "Nguyễn Văn Bình" }],
    })
}

fn brings(form: Value) -> Command {
    Command { form: Some(fields(form)), ..command("it", Action::Supplement) }
}

#[test]
fn a_supplement_brings_the_form_anew_and_each_version_is_kept() {
    let before = waiting(10);
    let when = at("2026-03-02T09:00");
    let next = moved(before.decide(brings(land()), &officer(AGENCY), law(), when));
    let entry = next.history.last().unwrap();
    assert_eq!(next.forms.iter().map(|form| form.version).collect::<Vec<_>>(), [1, 4]);
    assert!(next.form_of(entry).unwrap().fields == fields(land()));
    assert!(next.form_of(&next.history[0]).unwrap().version == 1);
    assert_eq!(move_violations(&next, entry, &officer(AGENCY), catalogue()), []);
    // Sent again it is known, and with another form it is another command.
    let again = next.decide(brings(land()), &officer(AGENCY), law(), when);
    assert!(matches!(again, Ok(Decision::Repeated(_))), "{again:?}");
    let mut other = land();
    other["change"] = "transfer".into();
    let other = next.decide(brings(other), &officer(AGENCY), law(), when);
    assert_eq!(other, Err(Refusal::CommandIdReused));
}

#[test]
fn the_form_of_a_supplement_is_judged_by_the_version_that_the_dossier_was_handed_in_under() {
    let mut wrong = land();
    wrong["change"] = "theft".into();
    let next = waiting(10).decide(brings(wrong), &officer(AGENCY), law(), at("2026-03-02T09:00"));
    let next = moved(next);
    let entry = next.history.last().unwrap();
    let judged = |catalogue: &Catalogue| {
        let found = move_violations(&next, entry, &officer(AGENCY), catalogue);
        named(&found).into_iter().map(|(field, rule)| (field.to_owned(), rule)).collect::<Vec<_>>()
    };
    assert_eq!(judged(catalogue()), [("form.change".to_owned(), "known-value")]);
    // A later version takes it; the dossier is not of that one.
    let later = |first_stays: bool| {
        let mut file: Value =
            serde_json::from_str(include_str!("../../../../infra/data/procedures.json")).unwrap();
        let list = file["procedures"].as_array_mut().unwrap();
        let place = list.iter().position(|procedure| procedure["code"] == "1.013831").unwrap();
        let mut second = list[place].clone();
        second["version"] = 2.into();
        second["form"]["schema"]["properties"]["change"]["oneOf"][0]["const"] = "theft".into();
        if first_stays {
            second["validFrom"] = "2026-03-03".into();
            list.push(second);
        } else {
            list[place] = second;
        }
        let file: ProceduresFile = serde_json::from_value(file).unwrap();
        catalogue_with(|files| files.procedures = file).unwrap()
    };
    assert_eq!(judged(&later(true)), [("form.change".to_owned(), "known-value")]);
    assert_eq!(judged(&later(false)), [("form".to_owned(), "procedure-form")]);
}

#[test]
fn only_a_supplement_brings_a_form_and_all_forms_have_a_bound() {
    let decide = |dossier: &Dossier, command: Command| match dossier.decide(
        command,
        &officer(AGENCY),
        law(),
        at("2026-03-02T09:00"),
    ) {
        Err(Refusal::Invalid(found)) => named(&found)
            .into_iter()
            .map(|(field, rule)| (field.to_owned(), rule))
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let form = Some(fields(land()));
    let finish = Command { form, ..command("it", Action::Withdraw) };
    assert_eq!(decide(&waiting(10), finish), [("form".to_owned(), "supplement-only")]);
    let large = json!({ "filler": "x".repeat(FORM_BYTES_MAX) });
    assert_eq!(decide(&waiting(10), brings(large)), [("form".to_owned(), "form-bytes-max")]);
    let full = waiting(FORMS_BYTES_MAX);
    assert_eq!(decide(&full, brings(land())), [("form".to_owned(), "form-bytes-max")]);
}

#[test]
fn how_well_a_form_is_vouched_for_may_become_clearer_and_its_fields_may_not_change_silently() {
    let now = day("2026-03-02");
    let before = catalogue();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut file: Value =
            serde_json::from_str(include_str!("../../../../infra/data/procedures.json")).unwrap();
        let list = file["procedures"].as_array_mut().unwrap();
        change(list.iter_mut().find(|procedure| procedure["code"] == "1.001193").unwrap());
        let file: ProceduresFile = serde_json::from_value(file).unwrap();
        let after = catalogue_with(|files| files.procedures = file).unwrap();
        let found = before.forgotten_by(&after, now);
        found.into_iter().map(|broken| broken.rule.slug()).collect::<Vec<_>>()
    };
    let vouched = changed(&|procedure| {
        procedure["form"]["trust"] = "confirmed".into();
        procedure["form"]["source"] = "a decree".into();
        procedure["form"]["asOf"] = "2026-12-01".into();
    });
    assert!(vouched.is_empty(), "{vouched:?}");
    let other = changed(&|procedure| {
        procedure["form"]["schema"]["properties"]["copies"]["maximum"] = 3.into();
    });
    assert_eq!(other, ["kept-version"]);
}
