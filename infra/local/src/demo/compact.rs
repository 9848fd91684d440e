//! Notices as they are stored, in the words in which answers name them: the demonstration reads
//! the table itself, so that its count stands on nothing of ours.

use jiff::Timestamp;
use serde_json::{Value, json};

/// The word of a state, by its letter.
fn state_word(letter: &str) -> &'static str {
    match letter {
        "w" => "waiting",
        "l" => "leased",
        "s" => "sent",
        "u" => "unknown",
        "h" => "held",
        "d" => "delivered",
        "r" => "refused",
        "e" => "expired",
        "m" => "merged",
        "o" => "told-elsewhere",
        _ => "unreadable",
    }
}

/// The word of an outcome, by its letter.
fn outcome_word(letter: &str) -> &'static str {
    match letter {
        "a" => "accepted",
        "d" => "declined",
        "n" => "not-taken",
        "u" => "unknown",
        "r" => "delivered",
        "f" => "failed",
        _ => "unreadable",
    }
}

/// The reason that goes without saying.
fn usual_reason(state: &str) -> &'static str {
    match state {
        "sent" => "awaiting-report",
        "delivered" => "reported",
        "merged" => "said-by-a-later-notice",
        "told-elsewhere" => "system-tells",
        _ => "",
    }
}

/// The time so many milliseconds after `since`, which is in milliseconds since 1970.
fn time(since: i64, offset: &Value) -> String {
    let at = Timestamp::from_millisecond(since + offset.as_i64().unwrap_or(0));
    at.map(|at| at.to_string()).unwrap_or_default()
}

/// A stored notice in full words.
pub(super) fn in_words(notice: &Value) -> Value {
    let changed = notice["c"].as_i64().unwrap_or(0);
    // A state with fields is an object with one name, another is that name.
    let (letter, fields) = match notice["s"].as_object().and_then(|one| one.iter().next()) {
        Some((letter, fields)) => (letter.as_str(), fields),
        None => (notice["s"].as_str().unwrap_or(""), &Value::Null),
    };
    let state = state_word(letter);
    let settle_at = if state == "unknown" { fields["u"].clone() } else { Value::Null };
    let not_before =
        if state == "waiting" { time(changed, &fields["u"]).into() } else { Value::Null };
    let attempts = notice["q"].as_array().map(Vec::as_slice).unwrap_or_default().iter();
    let attempts = attempts.map(|call| {
        let outcome = outcome_word(call["o"].as_str().unwrap_or(""));
        // The provider that is asked most goes without saying.
        let provider = call["p"].as_str().unwrap_or("zalo");
        json!({
            "provider": provider, "outcome": outcome,
            "code": call["c"].as_str().unwrap_or(outcome), "at": time(changed, &call["t"]),
            "times": call["n"].as_u64().unwrap_or(1), "priceVnd": call["$"],
            "reportedVnd": call["e"],
        })
    });
    json!({
        "version": notice["v"], "action": notice["a"],
        "class": if notice["l"] == true { "legal" } else { "information" },
        "changedAt": time(changed, &json!(0)), "state": { "is": state, "settleAt": settle_at, "notBefore": not_before },
        "reason": notice["r"].as_str().unwrap_or_else(|| usual_reason(state)),
        "attempts": attempts.collect::<Vec<_>>(),
    })
}
