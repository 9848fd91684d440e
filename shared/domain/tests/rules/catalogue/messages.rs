//! Texts to applicants and the policy, terms and codes of those who carry them.

use super::*;

/// A text that has `length` characters with the longest code in it.
fn with_code(length: usize) -> String {
    format!("{{code}}{}", "a".repeat(length - 52))
}

#[test]
fn a_message_that_does_not_fit_is_refused() {
    for (rule, sms) in [
        ("known-placeholder", json!({"text": "Ho so {code} cua {name}"})),
        (
            "known-placeholder",
            json!({"text": "Ho so {code}", "withoutDueDate": "So {code} {idNumber}"}),
        ),
        // Whoever has several dossiers has to know which.
        ("code", json!({"text": "Ho so da duoc tiep nhan"})),
        ("code", json!({"text": "Ho so {code}", "withoutDueDate": "Ho so da duoc tiep nhan"})),
        // Sent and charged as it was asked for, though the seven-bit alphabet would do.
        ("segments-max", json!({"text": with_code(71), "encoding": "ucs-2"})),
        ("gsm-7", json!({"text": "Hồ sơ {code}"})),
        // Characters of the seven-bit alphabet, which gateways set to "no accents" may mangle all
        // the same.
        ("gsm-7", json!({"text": "Ho so {code} hàng"})),
        ("gsm-7", json!({"text": "Ho so {code} é"})),
        ("gsm-7", json!({"text": "Ho so {code}", "withoutDueDate": "Ho so {code} ì ò ù è"})),
        // With the beginning of a repetition, 161 characters.
        ("segments-max", json!({"text": with_code(151)})),
        // The longest code that there is.
        ("segments-max", json!({"text": format!("{{code}} {}", "a".repeat(98))})),
        ("segments-max", json!({"text": with_code(297), "segmentsMax": 2})),
        ("segments-max", json!({"text": "Hồ sơ {code} đã được tiếp nhận", "encoding": "ucs-2"})),
    ] {
        refused("templates.receive", rule, |files| {
            files.templates["templates"][0]["sms"]["vi"] = sms
        });
    }
}

#[test]
fn a_message_that_fits_its_budget_is_taken() {
    for sms in [
        json!({"text": with_code(150)}),
        json!({"text": format!("{{code}} {}", "a".repeat(97))}),
        json!({"text": with_code(296), "segmentsMax": 2}),
        json!({"text": "Hồ sơ {code} đã được tiếp nhận", "encoding": "ucs-2", "segmentsMax": 2}),
    ] {
        assert_eq!(
            wrong(|files| files.templates["templates"][0]["sms"]["vi"] = sms.clone()),
            [],
            "{sms}"
        );
    }
}

#[test]
fn every_beginning_of_a_repetition_is_judged_with_the_text_that_it_stands_before() {
    // The English one is longer, and it is the Vietnamese one that has an accent.
    let accented = json!({"vi": "Nhắc: ", "en": "A reminder of: "});
    refused("templates.receive", "gsm-7", |files| files.templates["repetition"] = accented);
    refused("templates.receive", "segments-max", |files| {
        files.templates["repetition"] = json!({"vi": "Nhac lai: ", "en": "€€€€€€ "});
        files.templates["templates"][0]["sms"]["vi"] =
            json!({"text": with_code(61), "encoding": "ucs-2"});
    });
}

#[test]
fn only_a_text_for_counted_documents_names_their_number() {
    let text = |name: &str, text: &str| {
        let mut sms = json!({"text": "Mot Cua: ho so {code}."});
        sms[name] = json!(text);
        sms
    };
    let counting = "Mot Cua: ho so {code} con thieu {count} giay to.";
    for name in ["text", "withoutDueDate"] {
        refused("templates.receive", "known-placeholder", |files| {
            files.templates["templates"][0]["sms"]["vi"] = text(name, counting);
        });
    }
    let mut files = good();
    files.templates["templates"][0]["sms"]["vi"] = text("withCount", counting);
    assert!(assemble(files).is_ok());
}

#[test]
fn an_action_after_which_nothing_is_said_needs_a_reason() {
    refused("templates", "every-action", |files| {
        list(&mut files.templates, "silent").pop();
    });
    refused("silent.submit", "source", |files| {
        list(&mut files.templates, "silent").last_mut().unwrap()["reason"] = json!(" ");
    });
    refused("silent.receive", "unique-action", |files| {
        list(&mut files.templates, "silent").push(json!({"action": "receive", "reason": "a test"}));
    });
}

#[test]
fn every_text_has_a_vietnamese_one() {
    refused("templates.receive", "vietnamese", |files| {
        files.templates["templates"][0]["sms"] = json!({"en": {"text": "Your file {code}"}});
    });
    refused("repetition", "vietnamese", |files| {
        files.templates["repetition"] = json!({"en": "Again: "})
    });
}

#[test]
fn a_policy_for_notices_out_of_its_range_is_refused() {
    for (field, value) in [
        ("retryHours", json!(23)),
        ("retryMaxSeconds", json!(59)),
        ("unknownMinutes", json!(0)),
        ("perAgencyMinute", json!(0)),
        ("coalesceSeconds", json!(3_601)),
        ("budgetWarningPercent", json!(0)),
        ("budgetSharedFromPercent", json!(0)),
        ("budgetSharedFromPercent", json!(101)),
        ("agencySharePercent", json!(0)),
    ] {
        refused(&format!("policies.{field}"), "range", |files| {
            files.notices["policies"][0][field] = value
        });
    }
    refused("policies.channelPatienceMinutes.legal", "range", |files| {
        files.notices["policies"][0]["channelPatienceMinutes"]["legal"] = json!(1_441);
    });
    refused("policies.channels", "channels", |files| {
        files.notices["policies"][0]["channels"] = json!(["sms", "sms"])
    });
    refused("policies.source", "source", |files| {
        files.notices["policies"][0]["source"] = json!("")
    });
    refused("policies", "cover-years", |files| {
        files.notices["policies"][0]["validFrom"] = json!("2020-01-01")
    });
    refused("policies", "unique-start", |files| {
        let again = files.notices["policies"][0].clone();
        list(&mut files.notices, "policies").push(again);
    });
}

#[test]
fn a_policy_of_an_edition_from_before_patience_and_warnings_were_its_to_say_is_read_as_it_was() {
    let found = wrong(|files| {
        let policy = files.notices["policies"][0].as_object_mut().unwrap();
        for field in [
            "channelPatienceMinutes",
            "budgetWarningPercent",
            "budgetSharedFromPercent",
            "agencySharePercent",
            "reportedPriceMaxPercent",
        ] {
            assert!(policy.remove(field).is_some(), "{field}");
        }
    });
    assert_eq!(found, []);
}

#[test]
fn a_provider_s_terms_that_contradict_themselves_are_refused() {
    refused("providers.zalo", "unique-start", |files| {
        let again = files.providers["providers"][0].clone();
        list(&mut files.providers, "providers").push(again);
    });
    refused("providers.zalo", "range", |files| {
        files.providers["providers"][0]["weight"] = json!(1_001)
    });
    for price in [json!(100_001), json!(u64::MAX)] {
        refused("providers.zalo", "range", |files| {
            files.providers["providers"][0]["priceVnd"] = price
        });
    }
    refused("providers.zalo", "source", |files| {
        files.providers["providers"][0]["source"] = json!(" ")
    });
    for (field, value) in [
        ("stepsPercent", json!([])),
        ("stepsPercent", json!([0, 50])),
        ("stepsPercent", json!([50, 101])),
        ("stepCalls", json!(0)),
        ("slowMs", json!(0)),
        ("windowCalls", json!(1_001)),
        ("leastCalls", json!(0)),
        ("leastCalls", json!(21)),
        ("failuresPercent", json!(0)),
        ("failuresPercent", json!(101)),
        ("restSeconds", json!(0)),
        ("restSeconds", json!(86_401)),
    ] {
        refused("failover", "range", |files| files.providers["failover"][field] = value);
    }
}

#[test]
fn codes_that_contradict_themselves_are_refused() {
    refused("gateways.zalo", "unique-code", |files| {
        list(&mut files.codes["gateways"][0], "entries")[1]["codes"] = json!([-100]);
    });
    refused("gateways.zalo", "remember-days", |files| {
        list(&mut files.codes["gateways"][0], "entries")[0]["rememberDays"] = json!(3);
    });
    refused("gateways", "every-provider", |files| {
        list(&mut files.codes, "gateways").pop();
    });
}

#[test]
fn a_second_message_for_the_same_action_is_refused() {
    refused("templates.receive", "unique-action", |files| {
        let again = files.templates["templates"][0].clone();
        list(&mut files.templates, "templates").push(again);
    });
}
