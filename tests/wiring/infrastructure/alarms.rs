//! Which error lines and queues call a person.

use platform::LogLine;

use super::*;

#[test]
fn each_queue_has_an_alarm_on_what_matters_to_it() {
    let template = Template::read();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let watched = |id: &str, metric: &str| {
        let on = |alarm: &Value| {
            alarm["MetricName"] == metric && named(&alarm["Dimensions"][0]["Value"]) == id
        };
        alarms.iter().any(|(_, alarm)| on(alarm))
    };
    for (id, _) in template.of_type(QUEUE) {
        let metric = if sinks(&template).contains(id) {
            "ApproximateNumberOfMessagesVisible"
        } else {
            "ApproximateAgeOfOldestMessage"
        };
        assert!(watched(id, metric), "nobody is told of {id}");
    }
    for function in template.functions() {
        assert!(watched(function.logical, "Errors"), "nobody is told of {}", function.name);
    }
    for (id, alarm) in &alarms {
        assert!(
            alarm["AlarmActions"].as_array().is_some_and(|actions| !actions.is_empty()),
            "{id} tells nobody"
        );
    }
}

/// Whether an alarm watches what a filter counts.
fn rings(template: &Template, filter: &Value) -> bool {
    let metric = &filter["MetricTransformations"][0];
    template.of_type("AWS::CloudWatch::Alarm").into_iter().any(|(_, alarm)| {
        (&alarm["Namespace"], &alarm["MetricName"])
            == (&metric["MetricNamespace"], &metric["MetricName"])
    })
}

#[test]
fn each_error_line_of_a_function_without_a_caller_rings() {
    let template = Template::read();
    for logs in ["IngestEventLogs", "NotifyApplicantLogs", "RelayChangesLogs", "RefreshTokenLogs"] {
        let filters = template.of_type("AWS::Logs::MetricFilter").into_iter();
        let errors =
            filters.filter(|(_, filter)| filter["FilterPattern"] == r#"{ $.level = "ERROR" }"#);
        let mut of_these_logs = errors.filter(|(_, filter)| named(&filter["LogGroupName"]) == logs);
        assert!(
            of_these_logs.any(|(_, filter)| rings(&template, filter)),
            "nobody is told of the errors in {logs}"
        );
    }
}

/// The line that a filter looks for by its text: as `"..."` anywhere in the line, or as the
/// `message`, with a condition or without. None where it looks for another field alone.
fn line_of(filter: &Value) -> Option<LogLine> {
    let pattern = filter["FilterPattern"].as_str().unwrap();
    let phrase = match pattern.split_once("$.fields.message = \"") {
        Some((_, rest)) => rest.split_once('"').unwrap().0,
        None => pattern.strip_prefix('"')?.strip_suffix('"').unwrap(),
    };
    let line = LogLine::ALL.into_iter().find(|line| line.text() == phrase);
    Some(line.unwrap_or_else(|| panic!("no code logs {phrase:?}")))
}

#[test]
fn each_line_that_a_filter_looks_for_is_a_line_of_the_code_and_each_is_looked_for() {
    let template = Template::read();
    let filters = template.of_type("AWS::Logs::MetricFilter").into_iter();
    let sought: BTreeSet<LogLine> = filters.filter_map(|(_, filter)| line_of(filter)).collect();
    assert_eq!(sought, LogLine::ALL.into());
}

#[test]
fn somebody_is_alerted_to_each_line_that_a_person_has_to_act_on_and_in_the_log_of_whoever_writes_it()
 {
    let template = Template::read();
    for (line, logs) in [
        (LogLine::ChangesOwed, "RepairRelayLogs"),
        (LogLine::FiguresInDoubt, "CountAgencyLogs"),
        (LogLine::NoticeUnsent, "NotifyApplicantLogs"),
        (LogLine::BudgetUsedUp, "NotifyApplicantLogs"),
        (LogLine::BudgetNearlyUsedUp, "NotifyApplicantLogs"),
        (LogLine::NoticeLeftUnknown, "NotifyApplicantLogs"),
        (LogLine::ImplausiblePrice, "RecordDeliveryLogs"),
        (LogLine::CatalogueUnreadable, "SubmitDossierLogs"),
        (LogLine::CalendarMissing, "RollupKpiLogs"),
        (LogLine::SystemAway, "SyncNationalLogs"),
        (LogLine::CaseRefused, "SyncNationalLogs"),
        (LogLine::DeliveriesWoken, "WakeDeliveriesLogs"),
        (LogLine::FalseAcknowledgement, "SyncNationalLogs"),
        (LogLine::SubscriberGone, "SyncNationalLogs"),
        (LogLine::TransferOverdue, "SyncNationalLogs"),
        (LogLine::TransferRefused, "IngestEventLogs"),
        (LogLine::SenderNotProven, "IngestEventLogs"),
        (LogLine::PaymentPlatformAway, "SettlePaymentsLogs"),
        (LogLine::SecretsUnreadable, "SubmitDossierLogs"),
    ] {
        let filters = template.of_type("AWS::Logs::MetricFilter").into_iter();
        let of_it: Vec<_> = filters.filter(|(_, filter)| line_of(filter) == Some(line)).collect();
        let [(id, filter)] = of_it[..] else { panic!("{line}: {} filters", of_it.len()) };
        assert_eq!(named(&filter["LogGroupName"]), logs, "{line}");
        assert!(rings(&template, filter), "{id} is counted and nobody is told");
    }
}

#[test]
fn somebody_is_alerted_to_each_row_that_cannot_be_read() {
    let template = Template::read();
    let filters = template.of_type("AWS::Logs::MetricFilter").into_iter();
    let for_rows = filters.filter(|(_, filter)| line_of(filter) == Some(LogLine::RowUnreadable));
    let mut watched = BTreeSet::new();
    for (id, filter) in for_rows {
        assert!(rings(&template, filter), "{id} is counted and nobody is told");
        watched.insert(named(&filter["LogGroupName"]));
    }
    // Whoever asks for many rows at a time, save those that look for the newest edition and say so
    // themselves.
    for function in template.functions() {
        let allowed = allowed(&template, named(&function.properties["Role"]));
        let lists =
            |(on, call): &(String, String)| call == "dynamodb:Query" && on != "CatalogueTable";
        let log = named(&function.properties["LoggingConfig"]["LogGroup"]);
        assert!(
            !allowed.iter().any(lists) || watched.contains(log),
            "{} leaves rows out unseen",
            function.name
        );
    }
    assert!(watched.contains("PublishCatalogueLogs"), "the list of editions");
}
