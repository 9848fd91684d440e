//! Systems that must have our dossiers.

use serde_json::json;

use super::{assemble, day, good, list, refused, system, wrong};

#[test]
fn a_system_that_contradicts_itself_or_the_other_files_is_refused() {
    assert_eq!(wrong(|_| {}), []);
    refused("systems.portal", "unique-start", |files| {
        list(&mut files.systems, "systems").push(system("2026-01-01"));
    });
    for (field, value, rule) in [
        ("requestsPerMinute", json!(5), "range"),
        ("requestsPerMinute", json!(60_001), "range"),
        ("itemsPerRequest", json!(0), "range"),
        ("name", json!(" "), "name"),
        ("source", json!(""), "source"),
        ("agencies", json!(["H20.09", "H20.99"]), "known-agency"),
        ("procedures", json!(["1.000001"]), "known-procedure"),
    ] {
        refused("systems.portal", rule, |files| files.systems["systems"][0][field] = value);
    }
}

/// A row of a subscriber with a webhook.
fn hook(files: &mut super::Files) -> &mut serde_json::Value {
    let row = &mut files.systems["systems"][0];
    (row["protocol"], row["itemsPerRequest"]) = (json!("webhook"), json!(1));
    row["webhook"] = json!({"url": "https://events.example/changes", "keys": [1, 2]});
    row
}

#[test]
fn a_subscriber_names_the_place_that_goes_with_its_protocol_and_an_address_that_is_open() {
    assert_eq!(
        wrong(|files| {
            hook(files);
        }),
        []
    );
    let queue = |files: &mut super::Files| {
        let row = &mut files.systems["systems"][0];
        (row["protocol"], row["integrator"]) = (json!("queue"), json!("urn:a"));
    };
    assert_eq!(wrong(queue), []);
    refused("systems.portal", "range", |files| hook(files)["itemsPerRequest"] = json!(2));
    refused("systems.portal", "range", |files| {
        queue(files);
        files.systems["systems"][0]["itemsPerRequest"] = json!(11);
    });
    refused("systems.portal", "present", |files| hook(files)["webhook"] = json!(null));
    refused("systems.portal", "present", |files| hook(files)["protocol"] = json!("dvcqg"));
    refused("systems.portal", "present", |files| {
        queue(files);
        files.systems["systems"][0]["integrator"] = json!(null);
    });
    refused("systems.portal", "present", |files| {
        hook(files)["integrator"] = json!("urn:a");
    });
    refused("systems.portal", "present", |files| hook(files)["webhook"]["keys"] = json!([]));
    refused("systems.portal", "known-source", |files| {
        queue(files);
        files.systems["systems"][0]["integrator"] = json!("urn:motcua:integrator:nobody");
    });
    for url in [
        "http://events.example/changes",
        "https://events.example:8443/changes",
        "https://user:secret@events.example/",
        "https://10.0.0.1/",
        "https://[fd00::1]/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://metadata.google.internal/",
        "https://events.example/%0d%0aHost:x",
        "https:/events.example/",
        "",
    ] {
        refused("systems.portal", "https-url", |files| hook(files)["webhook"]["url"] = json!(url));
    }
    let long = format!("https://events.example/{}", "x".repeat(2_048));
    refused("systems.portal", "https-url", |files| hook(files)["webhook"]["url"] = json!(long));
}

#[test]
fn a_system_that_processes_dossiers_is_an_integrator_gets_every_change_and_can_say_what_it_has() {
    let processing = |files: &mut super::Files| {
        let row = hook(files);
        row["transfer"] = json!({"integrator": "urn:a", "acknowledgeWithinHours": 24});
    };
    assert_eq!(wrong(processing), []);
    let with = |field: &str, value: serde_json::Value, rule| {
        refused("systems.portal", rule, |files| {
            processing(files);
            files.systems["systems"][0]["transfer"][field] = value;
        });
    };
    with("integrator", json!("urn:motcua:integrator:nobody"), "known-source");
    with("acknowledgeWithinHours", json!(0), "range");
    with("acknowledgeWithinHours", json!(721), "range");
    refused("systems.portal", "present", |files| {
        processing(files);
        files.systems["systems"][0]["actions"] = json!(["receive"]);
    });
    let by_queue = |files: &mut super::Files, integrator: &str, by: &str| {
        let row = &mut files.systems["systems"][0];
        (row["protocol"], row["integrator"]) = (json!("queue"), json!("urn:a"));
        row["transfer"] = json!({
            "integrator": integrator, "acknowledgeWithinHours": 24, "acknowledgedBy": by,
        });
    };
    assert_eq!(wrong(|files| by_queue(files, "urn:a", "event")), []);
    refused("systems.portal", "present", |files| by_queue(files, "urn:a", "answer"));
    refused("systems.portal", "known-source", |files| {
        let other = json!({"source": "urn:b", "name": "B", "agencies": ["H20.09"]});
        list(&mut files.integrators, "integrators").push(other);
        by_queue(files, "urn:b", "event");
    });
}

#[test]
fn a_system_at_which_feedback_is_given_is_an_integrator_and_has_services_by_name() {
    let giving = |files: &mut super::Files| {
        files.systems["systems"][0]["feedback"] =
            json!({"integrator": "urn:a", "answers": "TraLoi", "asked": "LayTraLoi"});
    };
    assert_eq!(wrong(giving), []);
    for (field, value, rule) in [
        ("integrator", json!("urn:motcua:integrator:nobody"), "known-source"),
        ("answers", json!(""), "format"),
        ("asked", json!("Lấy"), "format"),
        ("progress", json!("9"), "format"),
        ("progress", json!("x".repeat(65)), "format"),
    ] {
        refused("systems.portal", rule, |files| {
            giving(files);
            files.systems["systems"][0]["feedback"][field] = value;
        });
    }
    refused("systems.portal", "present", |files| {
        giving(files);
        files.systems["systems"][0]["protocol"] = json!("lgsp");
    });
}

#[test]
fn an_entry_holds_from_its_day_until_the_next_one_s() {
    let mut files = good();
    let mut later = system("2026-06-01");
    later["connected"] = json!(false);
    list(&mut files.systems, "systems").push(later);
    let catalogue = assemble(files).unwrap();
    let named = |on: &str| catalogue.systems().on(day(on)).count();
    assert_eq!([named("2025-12-31"), named("2026-05-31"), named("2026-06-01")], [0, 1, 0]);
}

/// A row of the post.
fn post(files: &mut super::Files) -> &mut serde_json::Value {
    let row = &mut files.systems["systems"][0];
    (row["protocol"], row["itemsPerRequest"]) = (json!("vnpost"), json!(1));
    row["post"] = json!({
        "tokenPath": "/GetToken", "tokenField": "Token", "trackingPath": "/GetOrderTracking",
        "orderPath": "/PostOrder", "done": ["1"], "knownOrder": ["2"], "unknownOrder": ["404"],
        "itemCode": "HCC", "flagConfig": 2,
        "sender": {"address": "85 Nguyễn Huệ", "province": "82", "phone": "0277 3851 431"},
    });
    row
}

#[test]
fn the_post_has_terms_that_say_apart_what_it_has_and_what_it_has_not_and_nothing_else_has_any() {
    assert_eq!(
        wrong(|files| {
            post(files);
        }),
        []
    );
    let with = |field: &str, value: serde_json::Value, rule| {
        refused("systems.portal", rule, |files| post(files)["post"][field] = value);
    };
    with("tokenPath", json!("GetToken"), "format");
    with("orderPath", json!("/Post Order"), "format");
    with("tokenField", json!(" "), "present");
    with("itemCode", json!(""), "present");
    with("done", json!([]), "present");
    with("unknownOrder", json!([]), "present");
    with("unknownOrder", json!(["404", "1"]), "present");
    with("unknownOrder", json!(["2"]), "present");
    refused("systems.portal", "present", |files| {
        post(files)["post"]["sender"]["address"] = json!("")
    });
    refused("systems.portal", "format", |files| {
        post(files)["post"]["sender"]["province"] = json!("8")
    });
    refused("systems.portal", "present", |files| post(files)["post"] = json!(null));
    refused("systems.portal", "present", |files| post(files)["protocol"] = json!("dvcqg"));
    refused("systems.portal", "range", |files| post(files)["itemsPerRequest"] = json!(2));
    refused("systems.portal", "present", |files| {
        let terms = json!({"integrator": "urn:a", "acknowledgeWithinHours": 24});
        post(files)["transfer"] = terms;
    });
}
