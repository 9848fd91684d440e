//! What is written into stored rows and answers, word by word: it outlives the code that wrote it.

use domain::calendar::date_of;
use domain::dossier::{Assignment, Dossier, HistoryEntry, Role, Signature};
use domain::impossible::IMPOSSIBLE;
use domain::notice::{NoticeClass, Provider, Wording};
use domain::phone::Unreachable;
use domain::procedure::Channel;
use domain::thread::{DelayReason, NoticeReason, NoticeState, NoticeThread, UnsentReason};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::world::{at, catalogue, played};

#[test]
fn a_signature_is_stored_with_the_word_for_its_role() {
    for (role, word) in [
        (Role::Officer, "officer"),
        (Role::Integrator, "integrator"),
        (Role::Portal, "portal"),
        (Role::Citizen, "citizen"),
        (Role::System, "system"),
    ] {
        let signature = Signature { role, id: "account".to_owned(), agency: None };
        let stored = json!({ "role": word, "id": "account" });
        assert_eq!(serde_json::to_value(&signature).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Signature>(stored).unwrap(), signature);
        assert_eq!(role.name(), word);
    }
}

#[test]
fn a_signature_with_a_role_that_nobody_has_is_not_read() {
    let stored = json!({ "role": "king", "id": "account" });
    let error = serde_json::from_value::<Signature>(stored).unwrap_err().to_string();
    assert!(error.contains("king"), "{error}");
}

#[test]
fn the_reasons_of_a_notice_that_waits_are_the_words_of_the_records() {
    assert_eq!(
        [
            DelayReason::QuietHours,
            DelayReason::NumberCap,
            DelayReason::AgencyShare,
            DelayReason::Coalescing,
            DelayReason::SystemMayTell,
            DelayReason::AskedLater,
        ]
        .map(DelayReason::name),
        [
            "quiet-hours",
            "number-cap",
            "agency-share",
            "coalescing",
            "system-may-tell",
            "asked-later",
        ]
    );
}

#[test]
fn the_reason_of_a_notice_is_read_as_ours_where_we_gave_it_and_as_a_gateway_s_code_elsewhere() {
    for word in [
        "quiet-hours",
        "budget",
        "budget-share",
        "land-line",
        "no-phone",
        "said-by-a-later-notice",
        "system-tells",
        "system-may-tell",
        "asked-later",
        "moot",
        "no-provider",
        "abandoned",
        "awaiting-report",
        "no-report-expected",
        "no-report-came",
        "reported",
        "no-answer",
        "asked-again",
        "told-again",
        "left-unknown",
        "given-up",
        "taken-up-again",
    ] {
        let reason: NoticeReason = serde_json::from_value(json!(word)).unwrap();
        assert!(!matches!(reason, NoticeReason::Code(_)), "{word}");
        assert_eq!(serde_json::to_value(&reason).unwrap(), json!(word));
    }
    let of_a_gateway: NoticeReason = serde_json::from_value(json!("-124")).unwrap();
    assert_eq!(of_a_gateway, NoticeReason::Code("-124".to_owned()));
    assert_eq!(serde_json::to_value(of_a_gateway).unwrap(), json!("-124"));
}

#[test]
fn the_wording_of_a_notice_is_stored_as_whether_it_is_a_repetition() {
    for (wording, stored) in [(Wording::First, false), (Wording::Repetition, true)] {
        assert_eq!(serde_json::to_value(wording).unwrap(), json!(stored));
        assert_eq!(serde_json::from_value::<Wording>(json!(stored)).unwrap(), wording);
    }
}

#[test]
fn the_reasons_of_a_notice_that_ends_unsent_are_the_words_of_the_records() {
    assert_eq!(
        [
            UnsentReason::OptedOut,
            UnsentReason::NoChannel,
            UnsentReason::Budget,
            UnsentReason::BudgetShare,
            UnsentReason::NotListed,
            UnsentReason::Moot,
            UnsentReason::Unreachable(Unreachable::LandLine),
            UnsentReason::Unreachable(Unreachable::NoPhone),
        ]
        .map(UnsentReason::name),
        [
            "opted-out",
            "no-channel",
            "budget",
            "budget-share",
            "not-listed",
            "moot",
            "land-line",
            "no-phone",
        ]
    );
}

/// A dossier's thread with three notices, as it is stored, spoilt in one place; why it is not read.
fn thread_refused(spoil: impl FnOnce(&mut Value)) -> String {
    let dossier = played(
        "2 working-day",
        Channel::Online,
        "submit 2026-03-02T07:30, receive 08:00, finish 09:00",
    );
    let mut thread = NoticeThread::new(dossier.code.clone(), dossier.agency.clone());
    let now = at("2026-03-02T09:00");
    let policy = catalogue().notice_policy(date_of(now));
    thread.sync(&dossier.history, |_| Some(NoticeClass::Information), &policy, now);
    thread.advance();
    let mut stored = serde_json::to_value(&thread).unwrap();
    assert_eq!(serde_json::from_value::<NoticeThread>(stored.clone()).unwrap(), thread);
    spoil(&mut stored);
    serde_json::from_value::<NoticeThread>(stored).unwrap_err().to_string()
}

#[test]
fn a_thread_that_cannot_have_been_is_not_read_and_the_reason_quotes_nothing_of_it() {
    let leased = json!({ "l": { "h": "h", "u": 60_000, "p": "zalo" } });
    let cases: [(&str, Value, &str); 10] = [
        ("/version", json!(0), "a thread is stored with version 0"),
        ("/n/0/v", json!(0), "the versions of a thread's notices do not rise from 1 on"),
        ("/n/1/v", json!(1), "the versions of a thread's notices do not rise from 1 on"),
        ("/noted", json!(2), "a thread has a notice of an entry that it has not noted"),
        (
            "/code",
            json!("REPORT-2026-03-02-chairman"),
            "a notice's content is not of the thread's kind",
        ),
        ("/n/0/s/m/i", json!(1), "a notice is merged into one that does not follow it"),
        ("/n/0/s/m/i", json!(4), "a notice is merged into one that does not follow it"),
        (
            "/n/2/q",
            json!([{ "p": "zalo", "o": "a", "t": 60_000, "n": 0 }]),
            "an attempt is recorded as made no time",
        ),
        (
            "/n/0/a",
            Value::Null,
            "a notice does not say one thing, a change, news, figures or a question",
        ),
        (
            "/code",
            json!("ASK-H20.03-260302-0001"),
            "a notice's content is not of the thread's kind",
        ),
    ];
    for (place, value, reason) in cases {
        let error = thread_refused(|stored| match place.rsplit_once('/') {
            Some((parent, "q")) => stored.pointer_mut(parent).unwrap()["q"] = value,
            _ => *stored.pointer_mut(place).unwrap() = value,
        });
        assert_eq!(error, format!("{IMPOSSIBLE}{reason}"), "{place}");
    }
    let error = thread_refused(|stored| {
        stored["n"][1]["s"] = leased.clone();
        stored["n"][2]["s"] = leased;
    });
    assert_eq!(error, format!("{IMPOSSIBLE}two notices of a thread are leased at a time"));
    let error = thread_refused(|stored| stored["n"][0]["k"] = json!(true));
    let two = "a notice does not say one thing, a change, news, figures or a question";
    assert_eq!(error, format!("{IMPOSSIBLE}{two}"), "a change and a question");
}

#[test]
fn a_thread_of_a_release_before_the_compact_form_reads_as_it_was() {
    let old = json!({
        "code": "H20.03-260302-0001", "agency": "H20.03", "version": 9, "noted": 3, "notices": [
            {
                "version": 1, "action": "submit", "class": "information",
                "changedAt": "2026-03-02T00:30:00Z", "state": { "is": "merged", "into": 3 },
                "since": "2026-03-02T00:31:00Z", "reason": "said-by-a-later-notice",
                "triedFrom": "2026-03-02T00:30:01Z",
            },
            {
                "version": 2, "action": "receive", "class": "legal",
                "changedAt": "2026-03-02T00:31:00Z", "state": { "is": "delivered" },
                "since": "2026-03-02T00:31:09Z", "reason": "reported",
                "triedFrom": "2026-03-02T00:31:01Z", "admitted": true, "concludedBy": "me",
                "closedChannels": ["sms"], "closedProviders": ["esms"], "attempts": [
                    {
                        "provider": "esms", "outcome": "not-taken", "code": "http-500",
                        "at": "2026-03-02T00:31:02Z", "lastAt": "2026-03-02T00:31:04Z", "times": 2,
                    },
                    {
                        "provider": "zalo", "outcome": "delivered", "code": "delivered",
                        "at": "2026-03-02T00:31:05Z", "times": 1, "message": "m", "priceVnd": 300,
                        "reportedVnd": 250, "implausiblePrice": "99999", "repetition": true,
                    },
                ],
            },
            {
                "version": 3, "action": "finish", "class": "legal",
                "changedAt": "2026-03-02T00:40:00.5Z",
                "state": {
                    "is": "leased", "holder": "me", "until": "2026-03-02T00:41:00Z",
                    "provider": "zalo", "priceVnd": 300,
                },
                "since": "2026-03-02T00:40:01Z", "triedFrom": "2026-03-02T00:40:01Z",
                "deferredUntil": "2026-03-02T00:40:00.75Z", "repetition": true,
            },
        ],
    });
    let thread: NoticeThread = serde_json::from_value(old).unwrap();
    let stored = serde_json::to_value(&thread).unwrap();
    assert_eq!(stored.get("notices"), None, "{stored}");
    let read = serde_json::from_value::<NoticeThread>(stored).unwrap();
    assert_eq!(read, thread, "what is stored anew reads as it was read before");
    let told = &thread.notices()[1];
    assert_eq!((told.cost_vnd(), told.attempts[0].times), (250, 2));
    assert_eq!(thread.leased_until(), Some("2026-03-02T00:41:00Z".parse().unwrap()));
}

#[test]
fn a_thread_of_a_release_that_named_holder_and_provider_in_full_reads_as_it_was() {
    let old = json!({
        "code": "H20.03-260302-0001", "agency": "H20.03", "version": 5, "noted": 2, "n": [
            {
                "v": 1, "a": "submit", "c": 1_772_411_400_000_i64, "s": "d", "t": 6_000, "f": 1_000,
                "j": true, "b": "8a6d682dd7fbf145",
                "q": [{ "p": "zalo", "o": "r", "t": 1_000, "m": "m", "$": 150 }],
            },
            {
                "v": 2, "a": "receive", "c": 1_772_411_500_000_i64, "t": 1_000, "j": true,
                "s": { "l": { "h": "someone", "u": 61_000, "p": "esms", "$": 300 } },
            },
        ],
    });
    let thread: NoticeThread = serde_json::from_value(old).unwrap();
    let [told, asked] = thread.notices() else { panic!("two notices") };
    assert_eq!(told.concluded_by.as_deref(), Some("8a6d682dd7fbf145"));
    assert_eq!(told.attempts[0].provider, Provider::Zalo);
    let leased = |provider| NoticeState::Leased {
        holder: "someone".to_owned(),
        until: asked.changed_at + SignedDuration::from_secs(61),
        provider,
        price_vnd: Some(300),
    };
    assert_eq!(asked.state, leased(Provider::Esms));
    let stored = serde_json::to_value(&thread).unwrap();
    let first = &stored["n"][0];
    assert_eq!(first["b"], json!([138, 109, 104, 45, 215, 251, 241, 69]), "eight bytes");
    assert_eq!((first["q"][0].get("p"), &stored["n"][1]["s"]["l"]["p"]), (None, &json!("esms")));
    assert_eq!(serde_json::from_value::<NoticeThread>(stored).unwrap(), thread);
}

#[test]
fn nothing_is_leased_while_another_notice_of_the_thread_is() {
    let dossier =
        played("2 working-day", Channel::Online, "submit 2026-03-02T07:30, receive 08:00");
    let mut thread = NoticeThread::new(dossier.code.clone(), dossier.agency.clone());
    let (now, until) = (at("2026-03-02T09:00"), at("2026-03-02T09:01"));
    let policy = catalogue().notice_policy(date_of(now));
    thread.sync(&dossier.history, |_| Some(NoticeClass::Legal), &policy, now);
    for version in [1, 2] {
        thread.lease(version, ("me", Provider::Zalo), None, (now, until));
    }
    let states = thread.notices().iter().map(|notice| notice.state.name()).collect::<Vec<_>>();
    assert_eq!(states, ["leased", "waiting"]);
}

/// A dossier whose applicant was apologised to, as it is stored, spoilt; why it is not read.
fn dossier_refused(spoil: impl FnOnce(&mut Value)) -> String {
    let history =
        "submit 2026-03-02T07:30, receive 08:00, process 09:00, apologise 2026-03-03T08:00";
    let dossier = played("5 working-day", Channel::Online, history);
    let mut stored = serde_json::to_value(&dossier).unwrap();
    assert_eq!(serde_json::from_value::<Dossier>(stored.clone()).unwrap(), dossier);
    spoil(&mut stored);
    serde_json::from_value::<Dossier>(stored).unwrap_err().to_string()
}

#[test]
fn a_dossier_that_cannot_have_been_is_not_read_and_the_reason_quotes_nothing_of_it() {
    let noon = || json!("2026-03-02T05:00:00Z");
    let cases: [(&str, Value, &str); 14] = [
        ("/history", json!([]), "a dossier has no history"),
        ("/history/1/v", json!(3), "the versions of a history are not 1, 2, 3 and so on"),
        ("/history/0/v", json!(0), "the versions of a history are not 1, 2, 3 and so on"),
        ("/version", json!(3), "a dossier's version is not that of its last entry"),
        ("/version", json!(5), "a dossier's version is not that of its last entry"),
        (
            "/history/0/a",
            json!("process"),
            "a history does not begin, or begins twice, with handing in",
        ),
        (
            "/history/2/a",
            json!("submit"),
            "a history does not begin, or begins twice, with handing in",
        ),
        ("/status", json!(9), "a dossier's status is not that of its last entry"),
        ("/history/1/t", noon(), "an entry happened before the one that it follows"),
        ("/submittedAt", noon(), "a dossier was not handed in at the time of its first entry"),
        ("/dueAt", noon(), "a dossier's due dates are not those of its last entry"),
        ("/originalDueAt", json!(null), "a dossier's due dates are not those of its last entry"),
        ("/receivedAt", noon(), "a dossier was not received at the time of that entry"),
        ("/closedAt", noon(), "a dossier is closed and open at a time"),
    ];
    for (place, value, reason) in cases {
        let error = dossier_refused(|stored| match place {
            "/closedAt" => stored["closedAt"] = value,
            _ => *stored.pointer_mut(place).unwrap() = value,
        });
        assert_eq!(error, format!("{IMPOSSIBLE}{reason}"), "{place}");
    }
}

const DIGEST: &str = "01949d9cae1c187a56e9c58a1102c3f26a4b6624896f80fd9aa4c2670caceaaa";

/// An entry with everything that an entry can have, as releases before ADR 61 stored it.
fn in_words() -> Value {
    json!({
        "version": 3, "action": "request-supplement", "status": 4,
        "at": "2026-03-02T01:12:45.318Z", "recordedAt": "2026-03-02T02:00:00Z",
        "claimedAt": "2026-03-02T01:12:45.319Z",
        "by": { "role": "officer", "id": "an officer", "agency": "H20.12" },
        "command": DIGEST, "reason": "Ảnh mờ", "note": "đã gọi",
        "dueAt": "2026-03-03T10:00:00Z", "originalDueAt": "2026-03-02T10:00:00Z",
        "dueRule": { "amount": 2, "unit": "working-day", "source": "Đ.17" },
        "countedBy": {
            "from": "2026-03-02", "to": "2026-03-03", "calendar": "076a75f6ba2af70e",
            "closedReceipt": "received-next-day", "pauses": "dates",
        },
        "askedLate": true, "lateLetter": true, "stepDueAt": "2026-03-02T09:00:00Z",
        "handler": "H20.10", "askedFor": [{ "code": "photo", "reason": "mờ" }],
        "result": "electronic",
    })
}

/// The same as it is stored today.
fn in_letters() -> Value {
    let digest: Vec<u8> = (0..32)
        .map(|place| u8::from_str_radix(&DIGEST[2 * place..2 * place + 2], 16).unwrap())
        .collect();
    json!({
        "v": 3, "a": "request-supplement", "s": 4, "t": 1_772_413_965_318_i64,
        "r": 1_772_416_800_000_i64, "c": 1_772_413_965_319_i64, "b": "officer H20.12 an officer",
        "i": digest, "w": "Ảnh mờ", "n": "đã gọi", "d": 1_772_532_000_000_i64,
        "o": 1_772_445_600_000_i64,
        "q": { "amount": 2, "unit": "working-day", "source": "Đ.17" },
        "k": {
            "f": "2026-03-02", "u": "2026-03-03", "m": "076a75f6ba2af70e",
            "c": "received-next-day", "p": "dates",
        },
        "l": true, "y": true, "e": 1_772_442_000_000_i64, "h": "H20.10",
        "f": [{ "code": "photo", "reason": "mờ" }], "x": "electronic",
    })
}

fn entry(stored: Value) -> HistoryEntry {
    serde_json::from_value(stored).unwrap()
}

#[test]
fn an_entry_of_an_earlier_release_is_read_and_stored_in_letters_without_losing_anything() {
    let read = entry(in_words());
    assert_eq!(serde_json::to_value(&read).unwrap(), in_letters());
    assert_eq!(entry(in_letters()), read);
}

#[test]
fn what_follows_from_the_rest_of_an_entry_is_not_stored() {
    let plain = json!({
        "version": 1, "action": "submit", "status": 1, "at": "2026-03-02T01:12:45Z",
        "recordedAt": "2026-03-02T01:12:45Z", "by": { "role": "citizen", "id": "c" },
        "command": "key-1",
    });
    let stored = json!({
        "v": 1, "a": "submit", "s": 1, "t": 1_772_413_965_000_i64, "b": "citizen - c",
        "command": "key-1",
    });
    assert_eq!(serde_json::to_value(entry(plain.clone())).unwrap(), stored);
    assert_eq!(entry(stored), entry(plain));
}

#[test]
fn an_instant_finer_than_a_millisecond_stays_as_it_is() {
    let mut fine = in_words();
    fine["recordedAt"] = json!("2026-03-02T02:00:00.000000001Z");
    let stored = serde_json::to_value(entry(fine.clone())).unwrap();
    assert_eq!(stored["r"], fine["recordedAt"]);
    assert_eq!(entry(stored), entry(fine));
}

#[test]
fn a_command_is_known_again_exactly_whatever_its_name_is_made_of() {
    let capitals = DIGEST.to_uppercase();
    for name in [DIGEST, &capitals, &DIGEST[1..], "01949d9c", "-", &"g".repeat(64)] {
        let mut worded = in_words();
        worded["command"] = json!(name);
        let read = entry(worded);
        assert_eq!(read.command.as_str(), name);
        assert_eq!(entry(serde_json::to_value(&read).unwrap()).command.as_str(), name);
    }
}

#[test]
fn an_entry_that_names_no_command_or_two_or_nobody_known_is_not_read() {
    let refused = |spoil: fn(&mut Value)| {
        let mut stored = in_letters();
        spoil(&mut stored);
        serde_json::from_value::<HistoryEntry>(stored).unwrap_err().to_string()
    };
    let command = format!("{IMPOSSIBLE}an entry has no command, or two");
    assert_eq!(refused(|stored| drop(stored.as_object_mut().unwrap().remove("i"))), command);
    assert_eq!(refused(|stored| stored["command"] = "key-1".into()), command);
    assert!(refused(|stored| stored["i"] = json!([1, 2, 3])).contains("32 bytes"));
    assert!(refused(|stored| stored["b"] = "king H20.12 a".into()).contains("king"));
    assert!(refused(|stored| stored["b"] = "officer".into()).contains("three parts"));
}

#[test]
fn an_assignment_of_an_earlier_release_is_read_and_stored_in_letters_without_losing_anything() {
    let digest = in_letters()["i"].clone();
    let worded = json!({
        "number": 2, "version": 3, "at": "2026-03-02T01:12:45.318Z",
        "by": { "role": "officer", "id": "an", "agency": "H20.12" }, "command": DIGEST,
        "agency": "H20.12", "holder": "binh",
        "step": {
            "code": "verify", "workingHours": 2, "since": "2026-03-02T01:12:45.318Z",
            "dueAt": "2026-03-02T09:00:00Z",
        },
    });
    let stored = json!({
        "m": 2, "v": 3, "t": 1_772_413_965_318_i64, "b": "officer H20.12 an", "i": digest,
        "h": "binh", "p": { "c": "verify", "w": 2, "d": 1_772_442_000_000_i64 },
    });
    let read = |stored: Value| serde_json::from_value::<Assignment>(stored).unwrap();
    assert_eq!(serde_json::to_value(read(worded.clone())).unwrap(), stored);
    assert_eq!(read(stored), read(worded.clone()));
    // At the agency that it was forwarded to, in a step that began before, by its own name.
    let mut other = worded;
    other["agency"] = "H20.10".into();
    other["step"]["since"] = "2026-03-01T01:00:00Z".into();
    other["command"] = "key-1".into();
    let kept = serde_json::to_value(read(other.clone())).unwrap();
    assert_eq!((&kept["g"], &kept["command"]), (&json!("H20.10"), &json!("key-1")));
    assert_eq!(read(kept), read(other));
}
