//! What each role may do: exactly what its function calls.

use super::*;

/// What the functions' adapters call, and nothing else: who, on what, which calls.
const CALLS: &[(&str, &str, &[&str])] = &[
    // A transaction of two puts is authorised as two puts.
    ("submit-dossier", "DossiersTable", &["dynamodb:PutItem"]),
    (
        "submit-dossier",
        "IntakeTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("read-case", "ContentsTable", &["dynamodb:GetItem"]),
    ("fetch-document", "ContentsTable", &["dynamodb:GetItem"]),
    ("change-status", "ContentsTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("notify-applicant", "ContentsTable", &["dynamodb:GetItem"]),
    ("find-dossier", "ContentsTable", &["dynamodb:GetItem"]),
    ("remind-deadline", "ContentsTable", &["dynamodb:GetItem"]),
    (
        "ingest-event",
        "ContentsTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("track-dossier", "ContentsTable", &["dynamodb:GetItem"]),
    ("submit-dossier", "ContentsTable", &["dynamodb:PutItem"]),
    ("submit-dossier", "DocumentsTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("submit-dossier", "DocumentsBucket/documents/*", &["s3:DeleteObjectVersionTagging"]),
    ("change-status", "DossiersTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("change-status", "DocumentsTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("change-status", "DocumentsBucket/documents/*", &["s3:DeleteObjectVersionTagging"]),
    ("track-dossier", "DossiersTable", &["dynamodb:GetItem"]),
    // The states alone: what everybody may see is made of them.
    ("show-page", "DossiersTable", &["dynamodb:GetItem"]),
    ("show-page", "FeedbackTable", &["dynamodb:GetItem"]),
    ("track-dossier", "NoticesTable", &["dynamodb:GetItem"]),
    ("track-dossier", "DeliveriesTable", &["dynamodb:Query"]),
    ("read-case", "DossiersTable", &["dynamodb:GetItem"]),
    ("read-case", "DocumentsTable", &["dynamodb:GetItem"]),
    ("read-case", "DeliveriesTable", &["dynamodb:GetItem"]),
    // No update and no delete: what was read stays recorded.
    ("read-case", "ReadsTable", &["dynamodb:PutItem", "dynamodb:Query"]),
    // What a signed address may do its signer must be allowed to do.
    ("read-case", "DocumentsBucket/documents/*", &["s3:GetObjectVersion"]),
    ("read-case", "DocumentsKey", &["kms:Decrypt"]),
    ("read-case", "ReadsTable/index/by-reader", &["dynamodb:Query"]),
    ("read-case", "ReadsTable/index/by-day", &["dynamodb:Query"]),
    ("upload-document", "DocumentsTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    // What a signed address may do its signer must be allowed to do.
    ("upload-document", "DocumentsBucket/documents/*", &["s3:PutObject", "s3:PutObjectTagging"]),
    ("upload-document", "DocumentsKey", &["kms:GenerateDataKey"]),
    ("fetch-document", "DossiersTable", &["dynamodb:GetItem"]),
    ("fetch-document", "DocumentsTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("fetch-document", "DocumentsBucket/documents/*", &["s3:PutObject"]),
    ("fetch-document", "DocumentsKey", &["kms:GenerateDataKey"]),
    ("fetch-document", "FetchesQueue", CONSUME),
    ("fetch-document", "FetchesDeadLetters", &["sqs:SendMessage"]),
    ("inspect-document", "DocumentsTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    (
        "inspect-document",
        "DocumentsBucket/documents/*",
        &["s3:GetObjectVersion", "s3:GetObjectVersionTagging"],
    ),
    ("inspect-document", "DocumentsKey", &["kms:Decrypt"]),
    ("inspect-document", "DocumentsQueue", CONSUME),
    ("inspect-document", "DocumentsDeadLetters", &["sqs:SendMessage"]),
    ("find-dossier", "DossiersTable", &["dynamodb:GetItem"]),
    ("find-dossier", "DossiersTable/index/by-applicant", &["dynamodb:Query"]),
    ("find-dossier", "DossiersTable/index/by-phone", &["dynamodb:Query"]),
    ("find-dossier", "ReadsTable", &["dynamodb:PutItem"]),
    ("track-dossier", "DossiersTable/index/by-work", &["dynamodb:Query"]),
    ("track-dossier", "DossiersTable/index/by-handler", &["dynamodb:Query"]),
    ("track-dossier", "DossiersTable/index/by-holder", &["dynamodb:Query"]),
    (
        "ingest-event",
        "DossiersTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    (
        "ingest-event",
        "IntakeTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("ingest-event", "EventsTable", &["dynamodb:UpdateItem"]),
    ("ingest-event", "DeliveriesTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    (
        "ingest-event",
        "FeedbackTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("take-feedback", "DeliveriesTable", &["dynamodb:Query"]),
    ("reconcile-deliveries", "FeedbackTable", &["dynamodb:GetItem"]),
    ("reconcile-deliveries", "FeedbackTable/index/by-moved", &["dynamodb:Query"]),
    ("sync-national", "FeedbackTable", &["dynamodb:GetItem"]),
    ("receive-event", "EventsTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("receive-event", "IntegratorsQueue", &["sqs:SendMessage"]),
    ("ingest-event", "LandRegistryRepliesQueue", &["sqs:SendMessage"]),
    ("ingest-event", "JusticeRepliesQueue", &["sqs:SendMessage"]),
    ("ingest-event", "BusinessRegistrationRepliesQueue", &["sqs:SendMessage"]),
    ("ingest-event", "EcosysRepliesQueue", &["sqs:SendMessage"]),
    ("ingest-event", "NationalPortalRepliesQueue", &["sqs:SendMessage"]),
    ("ingest-event", "TestRepliesQueue", &["sqs:SendMessage"]),
    ("ingest-event", "IntegratorsQueue", CONSUME),
    ("ingest-event", "IntegratorsDeadLetters", &["sqs:SendMessage"]),
    (
        "relay-changes",
        "DossiersTable/stream/*",
        &[
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        ],
    ),
    (
        "relay-changes",
        "FeedbackTable/stream/*",
        &[
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        ],
    ),
    ("relay-changes", "NoticesQueue", BATCHES),
    ("relay-changes", "FetchesQueue", BATCHES),
    ("relay-changes", "NationalQueue", BATCHES),
    ("relay-changes", "RelayFailuresQueue", BATCHES),
    (
        "relay-changes",
        "LiveTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("sync-national", "DossiersTable", &["dynamodb:GetItem"]),
    ("sync-national", "ContentsTable", &["dynamodb:GetItem"]),
    ("sync-national", "DeliveriesTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("sync-national", "NationalQueue", CONSUME),
    ("sync-national", "NationalDeadLetters", &["sqs:SendMessage"]),
    ("sync-national", "LandRegistryRepliesQueue", BATCHES),
    ("sync-national", "JusticeRepliesQueue", BATCHES),
    ("sync-national", "BusinessRegistrationRepliesQueue", BATCHES),
    ("sync-national", "EcosysRepliesQueue", BATCHES),
    ("sync-national", "NationalPortalRepliesQueue", BATCHES),
    ("sync-national", "TestRepliesQueue", BATCHES),
    (
        "take-payment",
        "DossiersTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("take-payment", "ContentsTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    (
        "settle-payments",
        "DossiersTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("settle-payments", "ContentsTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("take-payment", "PaymentsTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    (
        "settle-payments",
        "PaymentsTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("settle-payments", "PaymentsTable/index/by-ask", &["dynamodb:Query"]),
    ("wake-deliveries", "DeliveriesTable/index/by-due", &["dynamodb:Query"]),
    ("wake-deliveries", "DeliveriesTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("wake-deliveries", "NationalQueue", BATCHES),
    ("reconcile-deliveries", "DossiersTable", &["dynamodb:BatchGetItem"]),
    ("reconcile-deliveries", "DossiersTable/index/by-work", &["dynamodb:Query"]),
    ("reconcile-deliveries", "DossiersTable/index/by-ended", &["dynamodb:Query"]),
    ("reconcile-deliveries", "DeliveriesTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("reconcile-deliveries", "DeliveriesTable/index/by-due", &["dynamodb:Query"]),
    ("reconcile-deliveries", "NationalQueue", BATCHES),
    ("reconcile-deliveries", "ReconciliationFailuresQueue", BATCHES),
    ("read-kpi", "DeliveriesTable", &["dynamodb:Query"]),
    // Counts of months alone.
    ("read-kpi", "FeedbackTable", &["dynamodb:GetItem"]),
    (
        "take-feedback",
        "FeedbackTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("take-feedback", "FeedbackTable/index/by-work", &["dynamodb:Query"]),
    ("take-feedback", "FeedbackTable/index/by-shown", &["dynamodb:Query"]),
    ("take-feedback", "DossiersTable", &["dynamodb:GetItem"]),
    ("take-feedback", "NoticesTable", &["dynamodb:GetItem"]),
    // Of the proofs table the counts alone: see the condition that a test of its own asks for.
    ("take-feedback", "ProofsTable", &["dynamodb:UpdateItem"]),
    ("track-dossier", "ProofsTable", &["dynamodb:UpdateItem"]),
    ("show-page", "ProofsTable", &["dynamodb:UpdateItem"]),
    ("submit-dossier", "ProofsTable", &["dynamodb:UpdateItem"]),
    ("upload-document", "ProofsTable", &["dynamodb:UpdateItem"]),
    ("find-dossier", "ProofsTable", &["dynamodb:UpdateItem"]),
    ("take-feedback", "ReadsTable", &["dynamodb:PutItem"]),
    ("take-feedback", "DocumentsTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    (
        "take-feedback",
        "DocumentsBucket/documents/*",
        &["s3:DeleteObjectVersionTagging", "s3:GetObjectVersion"],
    ),
    ("take-feedback", "DocumentsKey", &["kms:Decrypt"]),
    ("notify-applicant", "FeedbackTable", &["dynamodb:GetItem"]),
    ("notify-applicant", "DossiersTable", &["dynamodb:GetItem"]),
    ("notify-applicant", "NoticesTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("notify-applicant", "DeliveriesTable", &["dynamodb:GetItem"]),
    ("notify-applicant", "AccountsTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("refresh-token", "AccountsTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("notify-applicant", "ProofsTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    // Neither dossier nor content, nor what it has written: see ADR 89.
    ("prove-owner", "ProofsTable", &["dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("prove-owner", "NoticesQueue", &["sqs:SendMessage"]),
    (
        "notify-applicant",
        "ContactsTable",
        &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
    ),
    ("notify-applicant", "NoticesQueue", CONSUME),
    ("notify-applicant", "NoticesDeadLetters", &["sqs:SendMessage"]),
    ("repair-relay", "DossiersTable", &["dynamodb:BatchGetItem"]),
    ("repair-relay", "DossiersTable/index/by-work", &["dynamodb:Query"]),
    ("repair-relay", "DossiersTable/index/by-ended", &["dynamodb:Query"]),
    ("repair-relay", "FeedbackTable/index/by-moved", &["dynamodb:Query"]),
    ("repair-relay", "NoticesTable", &["dynamodb:GetItem"]),
    ("repair-relay", "DeliveriesTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    (
        "repair-relay",
        "LiveTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
    ),
    ("repair-relay", "NoticesQueue", BATCHES),
    ("repair-relay", "FetchesQueue", BATCHES),
    ("repair-relay", "RelayFailuresQueue", BATCHES),
    ("wake-notices", "NoticesTable/index/by-wake", &["dynamodb:Query"]),
    ("wake-notices", "NoticesTable", &["dynamodb:UpdateItem"]),
    ("wake-notices", "NoticesQueue", BATCHES),
    ("keep-preference", "ContactsTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    (
        "publish-catalogue",
        "CatalogueTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
    ),
    // That a dossier has its answer, and counts; neither is read here.
    ("record-delivery", "FeedbackTable", &["dynamodb:GetItem"]),
    ("record-delivery", "FeedbackTable", &["dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("record-delivery", "NoticesTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("record-delivery", "DossiersTable", &["dynamodb:GetItem"]),
    ("record-delivery", "ContactsTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("record-delivery", "AccountsTable", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("read-kpi", "KpiTable", &["dynamodb:GetItem", "dynamodb:Query"]),
    ("read-kpi", "LiveTable", &["dynamodb:GetItem", "dynamodb:Query"]),
    ("read-kpi", "NoticesTable/index/by-wake", &["dynamodb:Query"]),
    ("read-kpi", "DossiersTable", &["dynamodb:BatchGetItem"]),
    ("read-kpi", "DossiersTable/index/by-work", &["dynamodb:Query"]),
    ("read-kpi", "DossiersTable/index/by-ended", &["dynamodb:Query"]),
    ("rollup-kpi", "KpiTable", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]),
    ("rollup-kpi", "CountsQueue", BATCHES),
    ("rollup-kpi", "RollupFailuresQueue", BATCHES),
    ("count-agency", "DossiersTable", &["dynamodb:BatchGetItem"]),
    ("count-agency", "DossiersTable/index/by-work", &["dynamodb:Query"]),
    ("count-agency", "DossiersTable/index/by-ended", &["dynamodb:Query"]),
    (
        "count-agency",
        "KpiTable",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
    ),
    ("count-agency", "CountsQueue", CONSUME),
    ("count-agency", "CountsDeadLetters", &["sqs:SendMessage"]),
    ("announce-report", "KpiTable", &["dynamodb:GetItem", "dynamodb:Query"]),
    ("announce-report", "NoticesTable", &["dynamodb:PutItem"]),
    ("announce-report", "AnnouncementFailuresQueue", &["sqs:SendMessage"]),
    ("expire-content", "DossiersTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("expire-content", "DossiersTable/index/by-content", &["dynamodb:Query"]),
    ("expire-content", "FeedbackTable", &["dynamodb:UpdateItem"]),
    ("expire-content", "FeedbackTable/index/by-photos", &["dynamodb:Query"]),
    ("expire-content", "ContentsTable", &["dynamodb:DeleteItem", "dynamodb:GetItem"]),
    ("expire-content", "DocumentsTable", &["dynamodb:DeleteItem"]),
    ("expire-content", "DocumentsBucket", &["s3:ListBucketVersions"]),
    ("expire-content", "DocumentsBucket/documents/*", &["s3:DeleteObjectVersion"]),
    ("expire-content", "ExpiryFailuresQueue", &["sqs:SendMessage"]),
    ("erase-content", "DossiersTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("erase-content", "ContentsTable", &["dynamodb:DeleteItem", "dynamodb:GetItem"]),
    ("erase-content", "DocumentsTable", &["dynamodb:DeleteItem"]),
    ("erase-content", "FeedbackTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("erase-content", "FeedbackTable", &["dynamodb:DeleteItem"]),
    ("erase-content", "DocumentsBucket", &["s3:ListBucketVersions"]),
    ("erase-content", "DocumentsBucket/documents/*", &["s3:DeleteObjectVersion"]),
    ("erase-content", "ReadsTable", &["dynamodb:PutItem"]),
    (
        "remind-deadline",
        "DossiersTable",
        &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
    ),
    ("remind-deadline", "DossiersTable/index/by-work", &["dynamodb:Query"]),
    ("remind-deadline", "ReminderFailuresQueue", &["sqs:SendMessage"]),
];

/// Who may call what on what, one row each; sends of batches are sends.
pub(crate) fn every_call() -> BTreeSet<(String, String, String)> {
    let rows = CALLS.iter().flat_map(|(who, on, calls)| {
        let plain = |call: &&str| call.trim_end_matches('*').to_owned();
        calls.iter().map(move |call| ((*who).to_owned(), (*on).to_owned(), plain(call)))
    });
    rows.collect()
}

/// Sends batches: on AWS the star stands for nothing (ADR 64).
const BATCHES: &[&str] = &["sqs:SendMessage*"];

/// What Lambda's poller and the function's own backing off need.
const CONSUME: &[&str] = &[
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
];

/// What a function must be allowed to read the secrets that its settings refer to, and no others.
fn secrets_of(function: &Function<'_>) -> BTreeSet<(String, String)> {
    let texts = function.environment().values().filter_map(|value| value["Fn::Sub"].as_str());
    let names = texts.flat_map(|text| text.split("{secret:${Secrets}/").skip(1));
    let names = names.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    let one = |name| (format!("Secrets/{name}"), "secretsmanager:GetSecretValue".to_owned());
    let mut needed: BTreeSet<_> = names.map(one).collect();
    if !needed.is_empty() {
        // Names nothing itself: each that it is asked for needs the other action.
        needed.insert(("*".to_owned(), "secretsmanager:BatchGetSecretValue".to_owned()));
    }
    needed
}

#[test]
fn each_role_allows_exactly_the_calls_that_its_function_makes() {
    let template = Template::read();
    let mut found = Vec::new();
    for function in template.functions() {
        let log = named(&function.properties["LoggingConfig"]["LogGroup"]);
        let own = CALLS
            .iter()
            .filter(|(caller, _, _)| *caller == function.name)
            .map(|(_, on, calls)| (*on, *calls));
        // Whoever decides anything reads the catalogue.
        let reads_law = settings_read(function.name).contains("CATALOGUE_MAX_AGE_S");
        let law: (&str, &[&str]) = ("CatalogueTable", &["dynamodb:GetItem", "dynamodb:Query"]);
        let logging: (&str, &[&str]) = (log, &["logs:CreateLogStream", "logs:PutLogEvents"]);
        let needed: BTreeSet<(String, String)> = own
            .chain([logging])
            .chain(reads_law.then_some(law))
            .flat_map(|(on, calls)| {
                calls.iter().map(move |call| (on.to_owned(), (*call).to_owned()))
            })
            .chain(secrets_of(&function))
            .collect();
        let allowed = allowed(&template, named(&function.properties["Role"]));
        found.extend(
            allowed
                .difference(&needed)
                .map(|extra| format!("{} need not {extra:?}", function.name)),
        );
        found.extend(
            needed
                .difference(&allowed)
                .map(|missing| format!("{} may not {missing:?}", function.name)),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn who_counts_requests_touches_no_one_time_code() {
    let template = Template::read();
    let only = json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["count#*"] } });
    let mut counting = Vec::new();
    for function in template.functions() {
        let role = template.properties(named(&function.properties["Role"]));
        let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
        for statement in statements {
            let on = &statement["Resource"]["Fn::GetAtt"];
            if on != "ProofsTable.Arn"
                || ["prove-owner", "notify-applicant"].contains(&function.name)
            {
                continue;
            }
            assert_eq!(statement["Action"], "dynamodb:UpdateItem", "{}", function.name);
            assert_eq!(statement["Condition"], only, "{}", function.name);
            counting.push(function.name.to_owned());
        }
    }
    counting.sort();
    let doors = [
        "find-dossier",
        "show-page",
        "submit-dossier",
        "take-feedback",
        "track-dossier",
        "upload-document",
    ];
    assert_eq!(counting, doors);
}

#[test]
fn who_counts_may_read_of_a_dossier_what_a_count_needs_and_nothing_else() {
    let template = Template::read();
    let mut counting = Vec::new();
    for function in template.functions() {
        let role = template.properties(named(&function.properties["Role"]));
        let policies = role["Policies"].as_array().unwrap().iter();
        let statements = policies.flat_map(|policy| each(&policy["PolicyDocument"]["Statement"]));
        let batch = json!("dynamodb:BatchGetItem");
        let of_dossiers = |it: &&Value| it["Resource"].to_string().contains("DossiersTable");
        let statements = statements.filter(of_dossiers);
        for statement in statements.filter(|it| each(&it["Action"]).contains(&&batch)) {
            assert_eq!(each(&statement["Action"]), [&batch], "{}", function.name);
            let read = json!({ "dynamodb:Attributes": platform::dynamo::FACTS });
            let condition = json!({
                "ForAllValues:StringEquals": read,
                "StringEqualsIfExists": {
                    "dynamodb:Select": {
                        "Fn::If": ["SelectsInBatches", "SPECIFIC_ATTRIBUTES", "ALL_ATTRIBUTES"],
                    },
                },
            });
            assert_eq!(statement["Condition"], condition, "{}", function.name);
            counting.push(function.name.to_owned());
        }
    }
    counting.sort();
    assert_eq!(
        counting,
        ["count-agency", "read-kpi", "reconcile-deliveries", "remind-deadline", "repair-relay"]
    );
}
