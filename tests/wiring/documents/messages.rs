//! What `infra/asyncapi.yaml` says of messages, channels and schedules.

use domain::catalogue::Integrator;
use domain::dossier::{HistoryEntry, Role, Signature};
use platform::batch::Interruption;
use platform::message::CloudEvent;
use platform::record::standing::{EventState, WaitsFor};
use refresh_token::Standing;
use relay_changes::ParkReason;

use super::*;
use crate::support::world::shipped;

#[test]
fn the_documented_message_types_are_those_of_the_code() {
    let documents = Documents::read();
    for (message, schema, kind) in [
        ("submit", "SubmitEvent", message::SUBMIT),
        ("transition", "TransitionEvent", message::TRANSITION),
        ("documentsCame", "DocumentsEvent", message::DOCUMENTS),
        ("resultGiven", "ResultEvent", message::RESULT),
        ("feePaid", "FeeEvent", message::FEE),
        ("postMoved", "PostalEvent", message::POSTAL),
        ("transferAnswered", "TransferEvent", message::TRANSFER),
        ("filedAtPortal", "NationalEvent", message::NATIONAL),
        ("feedbackGiven", "FeedbackEvent", message::FEEDBACK),
        ("dossierChanged", "ChangedEvent", message::DOSSIER_CHANGED),
        ("noticesWake", "WakeEvent", message::NOTICES_WAKE),
        ("proofAsked", "ProofAskedEvent", message::PROOF_ASKED),
        ("deliveriesWake", "DeliveriesWakeEvent", message::DELIVERIES_WAKE),
        ("agencyCount", "AgencyCountEvent", message::AGENCY_COUNT),
        ("eventOutcome", "OutcomeEvent", message::EVENT_OUTCOME),
        ("dossierEntry", "EntryEvent", platform::national::DOSSIER_ENTRY),
    ] {
        assert_eq!(documents.asyncapi["components"]["messages"][message]["name"], kind);
        let envelope = &documents.asyncapi["components"]["schemas"][schema]["properties"];
        assert_eq!(
            (&envelope["type"]["const"], &envelope["specversion"]["const"]),
            (&json!(kind), &json!(message::SPEC_VERSION))
        );
    }
    let code = "H20.101-261116-0001".parse().unwrap();
    let entry = HistoryEntry {
        version: 1,
        action: Action::Submit,
        status: DossierStatus::Registered,
        at: "2026-11-16T01:12:45.318Z".parse().unwrap(),
        recorded_at: "2026-11-16T01:12:45.318Z".parse().unwrap(),
        claimed_at: None,
        by: Signature { role: Role::Portal, id: "portal".into(), agency: None },
        command: "1".parse().unwrap(),
        reason: Some("not for a queue".into()),
        note: Some("not for a queue".into()),
        due_at: None,
        due_rule: None,
        original_due_at: None,
        counted_by: None,
        asked_late: false,
        late_letter: false,
        step_due_at: None,
        handler: None,
        asked_for: Vec::new(),
        by_post: false,
        result: None,
    };
    let (agency, day) = ("H20.03".parse().unwrap(), "2026-11-16".parse().unwrap());
    let ordered =
        serde_json::to_value(CloudEvent::count("a run", &agency, (day, day), entry.at)).unwrap();
    assert_eq!(fits(&documents.schema("AgencyCountEvent"), &ordered), Ok(()));
    for woken in ["H20.101-261116-0001", "REPORT-2026-11-16-chairman"] {
        let mut event = CloudEvent::wake(&woken.parse().unwrap(), entry.at);
        for take_up in [false, true] {
            event.data.take_up = take_up;
            assert_eq!(
                fits(&documents.schema("WakeEvent"), &serde_json::to_value(&event).unwrap()),
                Ok(())
            );
        }
    }
    let owed = CloudEvent::deliver(&code, &"national-portal".parse().unwrap(), entry.at);
    let owed = serde_json::to_value(owed).unwrap();
    assert_eq!(fits(&documents.schema("DeliveriesWakeEvent"), &owed), Ok(()));
    let asked = CloudEvent::check(&code, &"national-portal".parse().unwrap(), entry.at);
    let asked = serde_json::to_value(asked).unwrap();
    assert_eq!(fits(&documents.schema("DeliveriesWakeEvent"), &asked), Ok(()));
    let name = "urn:motcua:integrator:ecosys";
    let late = Violation::new("time", RuleName::TooLongAgo, "lies too far back");
    for state in [
        EventState::Applied { dossier: code.clone(), version: 1 },
        EventState::refused("invalid-request", &Failure::from(late)),
        EventState::refused("forbidden", &Failure::Forbidden),
    ] {
        let reply = CloudEvent::outcome((name, "e1"), &state, entry.at).unwrap();
        let reply = serde_json::to_value(reply).unwrap();
        assert_eq!(fits(&documents.schema("OutcomeEvent"), &reply), Ok(()));
    }
    let told = serde_json::to_value(CloudEvent::changed(&code, &entry)).unwrap();
    assert_eq!(fits(&documents.schema("ChangedEvent"), &told), Ok(()));
    assert!(!told.to_string().contains("not for a queue"));
}

#[test]
fn each_queue_and_the_schedule_is_a_documented_channel() {
    let (template, documents) = (Template::read(), Documents::read());
    let name =
        |value: &Value| value["Fn::Sub"].as_str().unwrap().replace("${AWS::StackName}", "{stack}");
    let queues =
        template.of_type("AWS::SQS::Queue").into_iter().map(|(_, queue)| name(&queue["QueueName"]));
    let schedules = template
        .of_type("AWS::Scheduler::Schedule")
        .into_iter()
        .map(|(_, made)| name(&made["Name"]));
    let mut deployed: BTreeSet<String> = queues.chain(schedules).collect();
    // One for each integrator of the catalogue, and a channel for all of them.
    let (replies, others): (BTreeSet<String>, BTreeSet<String>) =
        deployed.into_iter().partition(|address| address.starts_with("{stack}-replies-"));
    deployed = others;
    let catalogue = shipped();
    let integrators = catalogue.integrators().map(|integrator| {
        format!("{{stack}}-replies-{}", Integrator::name_in(&integrator.source).unwrap())
    });
    assert_eq!(replies, integrators.collect());
    deployed.insert("{stack}-replies-{integrator}".to_owned());
    // What lies here has the form that Lambda and the Scheduler give it.
    assert!(deployed.remove("{stack}-rollup-failures"));
    assert!(deployed.remove("{stack}-reminder-failures"));
    assert!(deployed.remove("{stack}-announcement-failures"));
    assert!(deployed.remove("{stack}-expiry-failures"));
    assert!(deployed.remove("{stack}-reconciliation-failures"));
    let channels = documents.asyncapi["channels"].as_object().unwrap();
    let described =
        channels.values().map(|channel| channel["address"].as_str().unwrap().to_owned()).collect();
    assert_eq!(deployed, described);
    for (schedule, order) in [
        ("NightlyRollup", "RollupOrder"),
        ("NightlyRepair", "RepairOrder"),
        ("NightlyExpiry", "ExpiryOrder"),
        ("NightlyReconciliation", "ReconciliationOrder"),
        ("MorningReminder", "ReminderOrder"),
        ("MorningAnnouncement", "AnnouncementOrder"),
        ("EveryMinuteWake", "WakeOrder"),
        ("EveryMinuteDeliveries", "DeliveriesOrder"),
        ("QuarterHourlyRefresh", "RefreshOrder"),
    ] {
        let sent = template.properties(schedule)["Target"]["Input"].as_str().unwrap();
        assert_eq!(
            fits(&documents.schema(order), &serde_json::from_str(sent).unwrap()),
            Ok(()),
            "{schedule}"
        );
    }
}

#[test]
fn what_the_schedules_answer_is_documented() {
    let documents = Documents::read();
    let day = "2026-11-16".parse().unwrap();
    let counted = rollup_kpi::Outcome {
        first: day,
        last: day,
        agencies: 307,
        runs: vec!["a run".to_owned()],
    };
    let listed = remind_deadline::Pressing {
        due_soon: vec!["H20.03-261116-0001".parse().unwrap()],
        overdue: vec!["H20.03-261109-0007".parse().unwrap()],
        unreceived: vec!["H20.03-261105-0002".parse().unwrap()],
    };
    let reminded = remind_deadline::Outcome {
        day,
        due_soon: 1,
        overdue: 2,
        unreceived: 7,
        apologies: 3,
        redated: 5,
        expired: 4,
        announced: 6,
        failed: 0,
        by_agency: [("H20.03".parse().unwrap(), listed)].into(),
    };
    let announced = announce_report::Outcome { day, working_day: true, opened: 1, known: 1 };
    let announced = serde_json::to_value(announced).unwrap();
    assert_eq!(fits(&documents.schema("AnnouncementOutcome"), &announced), Ok(()));
    let repaired = repair_relay::Outcome {
        since: "2026-11-13T19:00:00Z".parse().unwrap(),
        changed: 3,
        owed: 2,
        sent: 1,
        fetches: 2,
        told: [(day, domain::thread::ToldCount::default())].into(),
        feedback: 1,
        live_differences: 1,
    };
    assert_eq!(
        fits(&documents.schema("RepairOutcome"), &serde_json::to_value(repaired).unwrap()),
        Ok(())
    );
    let woken = wake_notices::Outcome { due: 2, woken: 1, oldest_unsent_seconds: 61 };
    assert_eq!(
        fits(&documents.schema("WakeOutcome"), &serde_json::to_value(woken).unwrap()),
        Ok(())
    );
    let standing = reconcile_deliveries::Standing {
        changed: 3,
        in_step: 2,
        in_step_percent: "66.66".to_owned(),
        unknown: 1,
        asked: 2,
        behind: 1,
        oldest_behind_seconds: 61,
        transfers: Some(platform::dynamo::OpenTransfers { offered: 2, overdue: 1, refused: 0 }),
        feedback: Some(reconcile_deliveries::FeedbackStanding {
            changed: 3,
            in_step: 1,
            unknown: 1,
            asked: 1,
        }),
    };
    let compared = reconcile_deliveries::Outcome {
        since: "2026-11-13T19:00:00Z".parse().unwrap(),
        systems: [("national-portal".parse().unwrap(), standing)].into(),
        replayed: Some(3),
    };
    assert_eq!(
        fits(&documents.schema("ReconciliationOutcome"), &serde_json::to_value(compared).unwrap()),
        Ok(())
    );
    let woken = wake_deliveries::Outcome { due: 2, woken: 1, oldest_behind_seconds: 61 };
    assert_eq!(
        fits(&documents.schema("DeliveriesOutcome"), &serde_json::to_value(woken).unwrap()),
        Ok(())
    );
    for standing in [
        Standing::Fresh,
        Standing::Renewed,
        Standing::ByAnother,
        Standing::Unanswered,
        Standing::SignInNeeded,
    ] {
        let outcome = refresh_token::Outcome {
            standing,
            access_until: Some("2026-11-17T02:40:00Z".parse().unwrap()),
        };
        assert_eq!(
            fits(&documents.schema("RefreshOutcome"), &serde_json::to_value(outcome).unwrap()),
            Ok(())
        );
    }
    let (counted, reminded) =
        (serde_json::to_value(counted).unwrap(), serde_json::to_value(reminded).unwrap());
    let expired = expire_content::Outcome { day, removed: 1, feedback: 1, failed: 0, more: true };
    let expired = serde_json::to_value(expired).unwrap();
    assert_eq!(fits(&documents.schema("ExpiryOutcome"), &expired), Ok(()));
    let most = &documents.asyncapi["components"]["schemas"]["ExpiryOrder"]["properties"]["atMost"];
    assert_eq!(most["maximum"], expire_content::REMOVED_MAX);
    assert_eq!(fits(&documents.schema("RollupOutcome"), &counted), Ok(()));
    assert_eq!(fits(&documents.schema("ReminderOutcome"), &reminded), Ok(()));
    for list in ["dueSoon", "overdue"] {
        let schemas = &documents.asyncapi["components"]["schemas"];
        let most = &schemas["ReminderOutcome"]["properties"]["byAgency"]["additionalProperties"]["properties"]
            [list];
        assert_eq!(most["maxItems"], remind_deadline::LISTED_MAX, "{list}");
    }
}

#[test]
fn each_reason_of_a_dead_letter_is_documented_and_no_other() {
    let documents = Documents::read();
    let reasons = |schema: &str| -> BTreeSet<String> {
        let listed =
            &documents.asyncapi["components"]["schemas"][schema]["properties"]["reason"]["enum"];
        words(listed).into_iter().map(str::to_owned).collect()
    };
    let over_http = [
        "document-not-found",
        "event-not-found",
        "feedback-not-found",
        "illegal-feedback-move",
        "documents-under-inspection",
        "form-not-found",
        "procedure-not-found",
        "missing-idempotency-key",
        "unauthorized",
        "route-not-found",
        "stale-assignment",
        "stale-edition",
        "body-too-large",
        "unsupported-media-type",
        "catalogue-refused",
        "proof-refused",
        "too-many-requests",
    ];
    let of_commands = [
        "forbidden",
        "sender-not-proven",
        "stale-version",
        "out-of-order",
        "idempotency-key-reused",
        "illegal-transition",
        "calendar-missing",
    ];
    let slugs = TYPES
        .iter()
        .map(|(slug, _)| *slug)
        .filter(|slug| !over_http.contains(slug))
        .chain(Interruption::ALL.map(Interruption::name));
    let events: BTreeSet<String> = slugs.map(str::to_owned).collect();
    assert_eq!(reasons("ParkedEventAttributes"), events);
    let of_events = events.into_iter().filter(|reason| !of_commands.contains(&reason.as_str()));
    let of_events: Vec<String> = of_events.collect();
    let counts =
        of_events.iter().filter(|reason| *reason != "dossier-not-found").cloned().collect();
    assert_eq!(reasons("ParkedCountAttributes"), counts);
    assert_eq!(reasons("ParkedDocumentAttributes"), counts);
    let fetches = of_events.iter().cloned().collect();
    assert_eq!(reasons("ParkedFetchAttributes"), fetches);
    assert_eq!(reasons("ParkedDeliveryAttributes"), of_events.iter().cloned().collect());
    let notices = of_events.into_iter().chain(["given-up".to_owned()]).collect();
    assert_eq!(reasons("ParkedNoticeAttributes"), notices);
    let changes = ParkReason::ALL.map(|reason| reason.name().to_owned()).into();
    assert_eq!(reasons("ParkedChangeAttributes"), changes);
}

#[test]
fn what_a_record_of_an_event_may_say_is_documented() {
    let documents = Documents::read();
    let standing = &documents.openapi["components"]["schemas"]["EventStanding"]["properties"];
    let waits = WaitsFor::ALL.map(|waits| serde_json::to_value(waits).unwrap());
    assert_eq!(standing["waitsFor"]["enum"], json!(waits));
    let states = [
        EventState::Received,
        EventState::Waiting { waits_for: WaitsFor::Dossier },
        EventState::Applied { dossier: "H20.101-261116-0001".parse().unwrap(), version: 1 },
        EventState::Judged,
        EventState::refused("forbidden", &Failure::Forbidden),
    ];
    let names = states.map(|state| serde_json::to_value(state).unwrap()["state"].clone());
    assert_eq!(standing["state"]["enum"], json!(names));
}

#[test]
fn each_known_integrator_has_a_source_as_documented() {
    let documents = Documents::read();
    let source = documents.schema("IntegratorSource");
    let integrators: Value = serde_json::from_str(&file("infra/data/integrators.json")).unwrap();
    for integrator in integrators["integrators"].as_array().unwrap() {
        assert_eq!(fits(&source, &integrator["source"]), Ok(()));
    }
}
