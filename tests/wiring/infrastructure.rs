//! `infra/template.yaml` against the functions' code.

mod alarms;
mod gateway;
mod roles;
mod storage;

pub(crate) use roles::every_call;

use std::collections::{BTreeMap, BTreeSet};

use platform::batch;
use platform::config::names;

use super::*;

const QUEUE: &str = "AWS::SQS::Queue";

#[test]
fn each_folder_under_functions_is_deployed_once_under_its_own_name() {
    let template = Template::read();
    let functions = template.functions();
    let deployed: BTreeSet<String> =
        functions.iter().map(|function| function.name.to_owned()).collect();
    assert_eq!(deployed, names_in("functions"));
    assert_eq!(deployed.len(), functions.len(), "two resources run the same code");
    for function in &functions {
        let name = format!("${{AWS::StackName}}-{}", function.name);
        assert_eq!(function.properties["FunctionName"], json!({ "Fn::Sub": name }));
    }
    assert_eq!(template.0["Globals"]["Function"]["Runtime"], "provided.al2023");
}

#[test]
fn each_function_has_a_role_and_a_log_of_its_own() {
    let template = Template::read();
    let mut roles = BTreeSet::new();
    for function in template.functions() {
        let role = named(&function.properties["Role"]);
        assert!(roles.insert(role), "{role} is shared");
        let trust = &template.properties(role)["AssumeRolePolicyDocument"]["Statement"];
        let lambda = json!({ "Service": "lambda.amazonaws.com" });
        assert_eq!(trust.as_array().map(Vec::len), Some(1), "{role}");
        assert_eq!(
            (&trust[0]["Principal"], &trust[0]["Action"]),
            (&lambda, &json!("sts:AssumeRole")),
            "{role}"
        );
        assert!(
            template.properties(role)["ManagedPolicyArns"].is_null(),
            "{role} takes over somebody's policy"
        );
        let log = template.properties(named(&function.properties["LoggingConfig"]["LogGroup"]));
        let name = format!("/aws/lambda/${{AWS::StackName}}-{}", function.name);
        assert_eq!(log["LogGroupName"], json!({ "Fn::Sub": name }));
    }
    for (id, log) in template.of_type("AWS::Logs::LogGroup") {
        assert!(!log["RetentionInDays"].is_null(), "{id} is kept for ever");
    }
}

#[test]
fn each_function_has_one_kind_of_trigger() {
    let template = Template::read();
    let schedules = template.of_type("AWS::Scheduler::Schedule");
    for function in template.functions() {
        let routed =
            template.routes().iter().any(|(_, served_by, _)| *served_by == function.logical);
        let scheduled = schedules
            .iter()
            .any(|(_, schedule)| named(&schedule["Target"]["Arn"]) == function.logical);
        let kinds = [
            routed,
            scheduled,
            !template.triggers(&function, "SQS").is_empty(),
            !template.triggers(&function, "DynamoDB").is_empty(),
        ];
        assert_eq!(kinds.iter().filter(|kind| **kind).count(), 1, "{}: {kinds:?}", function.name);
    }
}

#[test]
fn each_route_may_invoke_its_function_and_nothing_else_may() {
    let template = Template::read();
    let permissions = template.of_type("AWS::Lambda::Permission");
    for (route, function, _) in template.routes() {
        let (method, path) = route.split_once(' ').unwrap();
        let called = format!(
            "/*/{method}{}",
            path.replace("{code}", "*")
                .replace("{id}", "*")
                .replace("{name}", "*")
                .replace("{secret}", "*")
                .replace("{period}", "*")
                .replace("{file}", "*")
        );
        let covers = |permission: &Value| {
            let source = permission["SourceArn"]["Fn::Sub"].as_str().unwrap();
            let allowed = source.split_once("${HttpApi}").unwrap().1;
            called == allowed
                || allowed.strip_suffix('*').is_some_and(|prefix| called.starts_with(prefix))
        };
        let served = permissions
            .iter()
            .any(|(_, given)| named(&given["FunctionName"]) == function && covers(given));
        assert!(served, "{route}: the gateway may not call {function}");
    }
    for (id, permission) in permissions {
        assert_eq!(permission["Principal"], "apigateway.amazonaws.com", "{id}");
        let function = named(&permission["FunctionName"]);
        assert!(
            template.routes().iter().any(|(_, served_by, _)| *served_by == function),
            "{id} serves no route"
        );
    }
}

/// Queues that take what others gave up.
fn sinks(template: &Template) -> BTreeSet<&str> {
    let redriven = template
        .of_type(QUEUE)
        .into_iter()
        .map(|(_, queue)| &queue["RedrivePolicy"]["deadLetterTargetArn"]);
    let scheduled = template
        .of_type("AWS::Scheduler::Schedule")
        .into_iter()
        .map(|(_, made)| &made["Target"]["DeadLetterConfig"]["Arn"]);
    let functions = template.functions();
    let failed = functions.iter().flat_map(|function| {
        let streams = template.triggers(function, "DynamoDB").into_iter();
        streams
            .chain([&function.properties["EventInvokeConfig"]])
            .map(|from| &from["DestinationConfig"]["OnFailure"]["Destination"])
    });
    redriven.chain(scheduled).chain(failed).filter(|target| !target.is_null()).map(named).collect()
}

/// The function that consumes each queue, with its mapping.
fn consumers(template: &Template) -> BTreeMap<&str, (Function<'_>, &Value)> {
    let mut found = BTreeMap::new();
    for function in template.functions() {
        for mapping in template.triggers(&function, "SQS") {
            let queue = named(&mapping["Queue"]);
            let consumer = template.function(function.logical);
            assert!(
                found.insert(queue, (consumer, mapping)).is_none(),
                "{queue} has two consumers"
            );
        }
    }
    found
}

#[test]
fn each_queue_has_dead_letters_and_a_consumer_or_takes_dead_letters_itself() {
    let template = Template::read();
    let (sinks, consumers) = (sinks(&template), consumers(&template));
    for (id, queue) in template.of_type(QUEUE) {
        // What is read by others than us has no dead letters: nobody gives up for them.
        let is_read_outside = id.ends_with("RepliesQueue");
        let is_sink = sinks.contains(id) || is_read_outside;
        assert_eq!(
            queue["RedrivePolicy"].is_null(),
            is_sink,
            "{id}: a queue has dead letters, or takes them"
        );
        assert_eq!(
            consumers.contains_key(id),
            !is_sink,
            "{id}: a queue is consumed, or takes dead letters"
        );
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{id} is not encrypted");
        assert_eq!(
            queue["MessageRetentionPeriod"],
            14 * 24 * 60 * 60,
            "{id} forgets before anybody looks"
        );
    }
}

#[test]
fn only_what_the_emulator_cannot_take_is_left_out_of_the_local_stack() {
    let template = Template::read();
    for parameter in ["MetricMathAlarms", "SavedQueries", "BatchSelections"] {
        let default = &template.0["Parameters"][parameter]["Default"];
        assert_eq!(default, "true", "on AWS nothing is left out: {parameter}");
    }
    for (id, resource) in template.0["Resources"].as_object().unwrap() {
        let over_several = !resource["Properties"]["Metrics"].is_null();
        assert_eq!(resource["Condition"] == "HasMetricMath", over_several, "{id}");
        let is_query = resource["Type"] == "AWS::Logs::QueryDefinition";
        assert_eq!(resource["Condition"] == "HasSavedQueries", is_query, "{id}");
        let sometimes = !resource["Condition"].is_null();
        assert_eq!(sometimes, over_several || is_query, "{id} is deployed only sometimes");
    }
}

#[test]
fn a_record_that_nobody_can_relay_keeps_its_shard_waiting_for_an_hour_at_most() {
    let template = Template::read();
    let relay = template.function("RelayChangesFunction");
    let [stream, of_feedback] = template.triggers(&relay, "DynamoDB")[..] else {
        panic!("two streams")
    };
    for (name, setting) in stream.as_object().unwrap().iter().filter(|(name, _)| *name != "Stream")
    {
        assert_eq!(of_feedback[name], *setting, "{name}");
    }
    assert_eq!(stream["BisectBatchOnFunctionError"], true);
    assert!((1..=100).contains(&stream["MaximumRetryAttempts"].as_u64().unwrap()));
    let age = &template.0["Parameters"][named(&stream["MaximumRecordAgeInSeconds"])];
    assert!(age["Default"].as_u64().unwrap() <= 3_600);
    assert_eq!(
        named(&stream["DestinationConfig"]["OnFailure"]["Destination"]),
        "RelayFailuresQueue"
    );
    let (whole, one) =
        (relay.timeout_seconds(&template) * 1_000, relay.whole_number("RECORD_TIMEOUT_MS"));
    assert!(one * 10 <= whole, "ten records that never end still leave the others their time");
}

#[test]
fn each_consumer_answers_per_record_and_no_message_is_seen_twice_at_a_time() {
    let template = Template::read();
    for (queue, (function, mapping)) in consumers(&template) {
        assert_eq!(
            words(&mapping["FunctionResponseTypes"]),
            ["ReportBatchItemFailures"],
            "{queue}"
        );
        let visibility = template.properties(queue)["VisibilityTimeout"].as_u64().unwrap();
        let needed = 6 * function.timeout_seconds(&template);
        assert!(
            visibility >= needed,
            "{queue}: hidden for {visibility} s, {} needs {needed} s",
            function.name
        );
    }
}

#[test]
fn a_function_parks_a_message_with_its_reason_before_the_queue_does_without_one() {
    let template = Template::read();
    for (queue, (function, _)) in consumers(&template) {
        let redrive = &template.properties(queue)["RedrivePolicy"];
        let most = redrive["maxReceiveCount"].as_u64().unwrap();
        assert!(function.whole_number("MAX_RECEIVE_COUNT") < most, "{queue}");
        let environment = function.environment();
        assert_eq!(named(&environment["QUEUE_URL"]), queue);
        assert_eq!(named(&environment["DLQ_URL"]), named(&redrive["deadLetterTargetArn"]));
    }
}

#[test]
fn a_call_to_a_table_or_queue_ends_within_a_sixth_of_any_queue_s_visibility_and_within_its_function()
 {
    let template = Template::read();
    let timeouts = platform::cloud::timeouts();
    let whole = timeouts.operation_timeout().unwrap();
    let attempt = timeouts.operation_attempt_timeout().unwrap();
    assert!(
        timeouts.connect_timeout().unwrap() < attempt
            && timeouts.read_timeout().unwrap() <= attempt
    );
    assert!(attempt * 2 < whole, "a second attempt has its time");
    for (queue, _) in consumers(&template) {
        let visibility = template.properties(queue)["VisibilityTimeout"].as_u64().unwrap();
        assert!(whole.as_secs() * 6 < visibility, "{queue}");
    }
    for function in template.functions() {
        assert!(whole.as_secs() < function.timeout_seconds(&template), "{}", function.name);
    }
}

#[test]
fn an_event_that_waits_for_its_predecessor_is_parked_with_its_reason_before_its_queue_gives_it_up()
{
    let template = Template::read();
    let ingest = template.function("IngestEventFunction");
    let seconds = |name: &str| {
        let parameter = named(&ingest.environment()[name]);
        template.0["Parameters"][parameter]["Default"].as_u64().unwrap()
    };
    let (settle, patience) = (seconds("SETTLE_S"), seconds("PATIENCE_S"));
    assert!((6 * 3_600..12 * 3_600 + 1).contains(&patience), "hours");
    let mut receives = 0;
    let mut age = 0;
    while age < patience {
        let step = batch::WAITING_SECONDS[receives.min(batch::WAITING_SECONDS.len() - 1)];
        (receives, age) = (receives + 1, age + u64::from(step));
    }
    // Behind others it is looked at every ten minutes for three hours; and there are our own
    // failures.
    let most = template.properties("IntegratorsQueue")["RedrivePolicy"]["maxReceiveCount"]
        .as_u64()
        .unwrap();
    assert!(u64::try_from(receives).unwrap() + 18 + 11 < most, "{receives} receives");
    assert!(
        settle > template.properties("IntegratorsQueue")["VisibilityTimeout"].as_u64().unwrap(),
        "a crashed batch"
    );
}

#[test]
fn a_batch_of_messages_that_all_hang_still_ends_before_its_function_is_stopped() {
    let template = Template::read();
    // A record that hung is then hidden or parked.
    let settled_within = u64::try_from(batch::SETTLED_WITHIN.as_millis()).unwrap();
    for (queue, (function, mapping)) in consumers(&template) {
        let (width, record_millis) = match function.name {
            // All of a batch together has the time of one message.
            "sync-national" => {
                (50, u64::try_from(sync_national::BATCH_TIMEOUT.as_millis()).unwrap())
            }
            "ingest-event" => (ingest_event::WIDTH, function.whole_number("RECORD_TIMEOUT_MS")),
            "count-agency" => (count_agency::WIDTH, function.whole_number("RECORD_TIMEOUT_MS")),
            "fetch-document" => (fetch_document::WIDTH, function.whole_number("RECORD_TIMEOUT_MS")),
            "inspect-document" => {
                (inspect_document::WIDTH, function.whole_number("RECORD_TIMEOUT_MS"))
            }
            "notify-applicant" => {
                let longest = &template.0["Parameters"]
                    [named(&function.environment()["GATEWAY_TIMEOUT_MS"])]["MaxValue"];
                let times = u64::from(notify_applicant::GATEWAY_TIMEOUTS_MAX);
                (notify_applicant::WIDTH, longest.as_u64().unwrap() * times)
            }
            other => panic!("{other} consumes {queue}: say how long one message may take"),
        };
        let width = u64::try_from(width).unwrap();
        let rounds = mapping["BatchSize"].as_u64().unwrap().div_ceil(width);
        let stopped = 1_000 * function.timeout_seconds(&template);
        assert!(
            rounds * (record_millis + settled_within) < stopped,
            "{}: {rounds} × {record_millis} ms",
            function.name
        );
    }
}

/// Names of the settings that a function reads when it starts.
fn settings_read(function: &str) -> BTreeSet<String> {
    let names = match function {
        "announce-report" => names::<announce_report::Settings>(),
        "change-status" => names::<change_status::Settings>(),
        "count-agency" => names::<count_agency::Settings>(),
        "ingest-event" => names::<ingest_event::Settings>(),
        "keep-preference" => names::<keep_preference::Settings>(),
        "notify-applicant" => names::<notify_applicant::Settings>(),
        "publish-catalogue" => names::<publish_catalogue::Settings>(),
        "erase-content" => names::<erase_content::Settings>(),
        "expire-content" => names::<expire_content::Settings>(),
        "find-dossier" => names::<find_dossier::Settings>(),
        "read-case" => names::<read_case::Settings>(),
        "receive-event" => names::<receive_event::Settings>(),
        "read-catalogue" => names::<read_catalogue::Settings>(),
        "prove-owner" => names::<prove_owner::Settings>(),
        "show-page" => names::<show_page::Settings>(),
        "read-kpi" => names::<read_kpi::Settings>(),
        "record-delivery" => names::<record_delivery::Settings>(),
        "refresh-token" => names::<refresh_token::Settings>(),
        "relay-changes" => names::<relay_changes::Settings>(),
        "remind-deadline" => names::<remind_deadline::Settings>(),
        "repair-relay" => names::<repair_relay::Settings>(),
        "rollup-kpi" => names::<rollup_kpi::Settings>(),
        "submit-dossier" => names::<submit_dossier::Settings>(),
        "track-dossier" => names::<track_dossier::Settings>(),
        "upload-document" => names::<upload_document::Settings>(),
        "fetch-document" => names::<fetch_document::Settings>(),
        "inspect-document" => names::<inspect_document::Settings>(),
        "wake-notices" => names::<wake_notices::Settings>(),
        "sync-national" => names::<sync_national::Settings>(),
        "reconcile-deliveries" => names::<reconcile_deliveries::Settings>(),
        "wake-deliveries" => names::<wake_deliveries::Settings>(),
        "take-feedback" => names::<take_feedback::Settings>(),
        "take-payment" => names::<take_payment::Settings>(),
        "settle-payments" => names::<settle_payments::Settings>(),
        other => panic!("{other} has settings that no test reads"),
    };
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn each_setting_that_a_function_reads_is_set_and_no_other() {
    let template = Template::read();
    for function in template.functions() {
        let set: BTreeSet<String> = function.environment().keys().cloned().collect();
        assert_eq!(set, settings_read(function.name), "{}", function.name);
    }
    let common = template.0["Globals"]["Function"]["Environment"]["Variables"].as_object().unwrap();
    // What is in every function's environment: a level, and what the platform does not set itself.
    let told = names::<platform::cloud::CloudSettings>();
    let told = told.into_iter().filter(|name| !name.starts_with("AWS_"));
    let expected: Vec<&str> = ["RUST_LOG"].into_iter().chain(told).collect();
    assert_eq!(common.keys().collect::<Vec<_>>(), expected);
}

#[test]
fn each_table_can_be_restored_is_encrypted_and_outlives_the_stack() {
    let template = Template::read();
    for (id, table) in template.of_type("AWS::DynamoDB::Table") {
        assert_eq!(
            table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true,
            "{id}"
        );
        assert_eq!(table["SSESpecification"]["SSEEnabled"], true, "{id}");
        assert_eq!(table["BillingMode"], "PAY_PER_REQUEST", "{id}");
        assert_eq!(named(&table["DeletionProtectionEnabled"]), "DeletionProtection", "{id}");
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            // A first deployment that fails leaves nothing behind that the next would stumble over.
            let kept = ["Retain", "RetainExceptOnCreate"].map(serde_json::Value::from);
            assert!(kept.contains(&template.0["Resources"][id][policy]), "{id}: {policy}");
        }
    }
    let stream = json!({ "StreamViewType": "NEW_AND_OLD_IMAGES" });
    // Beside the states of feedback lies what was written and by whom.
    let keys = json!({ "StreamViewType": "KEYS_ONLY" });
    assert_eq!(template.properties("FeedbackTable")["StreamSpecification"], keys);
    let forgotten = json!({ "AttributeName": "expiresAt", "Enabled": true });
    assert_eq!(template.properties("DossiersTable")["StreamSpecification"], stream);
    assert_eq!(template.properties("IntakeTable")["TimeToLiveSpecification"], forgotten);
    assert_eq!(template.properties("DocumentsTable")["TimeToLiveSpecification"], forgotten);
    assert_eq!(template.properties("EventsTable")["TimeToLiveSpecification"], forgotten);
    for kept in [
        "DossiersTable",
        "ReadsTable",
        "NoticesTable",
        "CatalogueTable",
        "AccountsTable",
        "KpiTable",
    ] {
        assert!(template.properties(kept)["TimeToLiveSpecification"].is_null(), "{kept} forgets");
    }
}

#[test]
fn the_indexes_hold_what_worklists_and_reports_read_and_no_personal_data() {
    let template = Template::read();
    let indexes =
        template.properties("DossiersTable")["GlobalSecondaryIndexes"].as_array().unwrap();
    let keys = |index: &Value| {
        let parts = index["KeySchema"].as_array().unwrap().iter();
        parts.map(|part| part["AttributeName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let found: BTreeMap<&str, Vec<String>> =
        indexes.iter().map(|index| (index["IndexName"].as_str().unwrap(), keys(index))).collect();
    let expected = [
        ("by-work", ["work", "workDue"]),
        ("by-ended", ["agency", "endedOn"]),
        ("by-handler", ["handler", "workDue"]),
        ("by-holder", ["heldBy", "workDue"]),
        ("by-applicant", ["applicantHash", "submittedAt"]),
        ("by-phone", ["phoneHash", "submittedAt"]),
        ("by-content", ["contentOf", "endedOn"]),
    ];
    assert_eq!(found, expected.map(|(name, keys)| (name, keys.map(str::to_owned).to_vec())).into());
    for index in indexes {
        // A count asks it which dossiers there are, and for nothing else.
        if index["IndexName"] == "by-ended" {
            assert_eq!(index["Projection"], json!({ "ProjectionType": "KEYS_ONLY" }));
            continue;
        }
        let held = words(&index["Projection"]["NonKeyAttributes"]);
        if ["by-applicant", "by-phone"].map(Value::from).contains(&index["IndexName"]) {
            // What decides who may be shown the row, and nothing that a change of status writes.
            assert_eq!(held, ["agency", "handler", "procedure", "ward"], "{}", index["IndexName"]);
            continue;
        }
        if index["IndexName"] == "by-content" {
            // What decides for how long a content is kept, of what has ended.
            let decides = ["procedure", "procedureVersion", "contentGone"];
            assert_eq!(held, decides, "by-content");
            continue;
        }
        let keys = keys(index);
        for field in ["agency", "procedure", "status", "version", "submittedAt", "dueAt"] {
            let held = held.contains(&field) || keys.iter().any(|key| key == field);
            assert!(held, "{} lacks {field}", index["IndexName"]);
        }
        // What grows would be paid for with every move, and twice where the status moves.
        for grows in ["history", "assignments"] {
            assert!(!held.contains(&grows), "{} holds {grows}", index["IndexName"]);
        }
        for personal in ["applicant", "documents"] {
            assert!(!held.contains(&personal), "{} shows {personal}", index["IndexName"]);
        }
    }
}

/// One or many.
fn each(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |many| many.iter().collect())
}

/// A resource as `CALLS` writes it: the logical id, and what of it.
fn resource(value: &Value) -> String {
    if value == "*" {
        return "*".to_owned();
    }
    let secret = value["Fn::Sub"].as_str().and_then(|text| text.split_once(":secret:${Secrets}/"));
    if let Some((_, name)) = secret {
        // What follows is the platform's own ending of a secret's name.
        return format!("Secrets/{}", name.strip_suffix('*').unwrap());
    }
    let part = value["Fn::Sub"]
        .as_str()
        .and_then(|text| text.split_once('}'))
        .map_or("", |(_, part)| part);
    format!("{}{part}", named(value))
}

/// What a role allows: resource and call.
fn allowed(template: &Template, role: &str) -> BTreeSet<(String, String)> {
    let policies = template.properties(role)["Policies"].as_array().unwrap();
    let statements =
        policies.iter().flat_map(|policy| each(&policy["PolicyDocument"]["Statement"]));
    let pairs = statements.flat_map(|statement| {
        assert_eq!(statement["Effect"], "Allow", "{role}");
        let actions = each(&statement["Action"]);
        let pairs = each(&statement["Resource"]).into_iter().map(resource).flat_map(move |on| {
            let call = |action: &&Value| (on.clone(), action.as_str().unwrap().to_owned());
            actions.iter().map(call).collect::<Vec<_>>()
        });
        pairs.collect::<Vec<_>>()
    });
    pairs.collect()
}

#[test]
fn the_schedules_run_by_the_clock_of_viet_nam_and_what_is_lost_is_kept() {
    let template = Template::read();
    // The emulator ignores time zones; that they are set is all that a test here can see.
    let expected = [
        ("NightlyRollup", "cron(30 0 * * ? *)", "RollupKpiFunction", "RollupFailuresQueue"),
        ("NightlyRepair", "cron(0 2 * * ? *)", "RepairRelayFunction", "RelayFailuresQueue"),
        (
            "NightlyReconciliation",
            "cron(30 2 * * ? *)",
            "ReconcileDeliveriesFunction",
            "ReconciliationFailuresQueue",
        ),
        ("NightlyExpiry", "cron(0 3 * * ? *)", "ExpireContentFunction", "ExpiryFailuresQueue"),
        (
            "MorningReminder",
            "cron(30 6 * * ? *)",
            "RemindDeadlineFunction",
            "ReminderFailuresQueue",
        ),
        (
            "MorningAnnouncement",
            "cron(0 7 * * ? *)",
            "AnnounceReportFunction",
            "AnnouncementFailuresQueue",
        ),
    ];
    let schedules = template.of_type("AWS::Scheduler::Schedule");
    // A rate has no time zone, and what one run misses the next one does.
    let by_rate = [
        ("EveryMinuteWake", "rate(1 minute)", "WakeNoticesFunction"),
        ("EveryMinuteDeliveries", "rate(1 minute)", "WakeDeliveriesFunction"),
        ("FiveMinutelySettling", "rate(5 minutes)", "SettlePaymentsFunction"),
        ("QuarterHourlyRefresh", "rate(15 minutes)", "RefreshTokenFunction"),
    ];
    for (id, rate, function) in by_rate {
        let schedule = template.properties(id);
        assert_eq!(
            (&schedule["ScheduleExpression"], named(&schedule["Target"]["Arn"])),
            (&json!(rate), function)
        );
        let may = allowed(&template, named(&schedule["Target"]["RoleArn"]));
        assert_eq!(may, [(function.to_owned(), "lambda:InvokeFunction".to_owned())].into());
    }
    let found: BTreeSet<&str> = schedules.iter().map(|(id, _)| *id).collect();
    assert_eq!(
        found,
        expected.map(|(id, ..)| id).into_iter().chain(by_rate.map(|(id, ..)| id)).collect()
    );
    for (id, when, function, failures) in expected {
        let schedule = template.properties(id);
        assert_eq!(schedule["ScheduleExpressionTimezone"], "Asia/Ho_Chi_Minh", "{id}");
        assert_eq!(schedule["ScheduleExpression"], when, "{id}");
        let target = &schedule["Target"];
        assert_eq!(named(&target["Arn"]), function, "{id}");
        assert_eq!(named(&target["DeadLetterConfig"]["Arn"]), failures, "{id}");
        let may = allowed(&template, named(&target["RoleArn"]));
        let needed = [(failures, "sqs:SendMessage"), (function, "lambda:InvokeFunction")];
        assert_eq!(may, needed.map(|(on, call)| (on.to_owned(), call.to_owned())).into(), "{id}");
    }
}
