//! Where the content of documents is, and who learns of it.

use super::*;

#[test]
fn documents_are_private_encrypted_with_a_key_of_ours_and_gone_after_a_day_unless_claimed() {
    let template = Template::read();
    let [(id, bucket)] = template.of_type("AWS::S3::Bucket")[..] else { panic!("one bucket") };
    for closed in
        ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]
    {
        assert_eq!(bucket["PublicAccessBlockConfiguration"][closed], true, "{closed}");
    }
    let ownership = &bucket["OwnershipControls"]["Rules"];
    assert_eq!(ownership, &json!([{ "ObjectOwnership": "BucketOwnerEnforced" }]), "no lists");
    let rules = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"];
    let by_default = &rules[0]["ServerSideEncryptionByDefault"];
    assert_eq!(by_default["SSEAlgorithm"], "aws:kms");
    let key = named(&by_default["KMSMasterKeyID"]);
    assert_eq!(template.properties(key)["EnableKeyRotation"], true);
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    let (tag, value) = platform::objects::UNCLAIMED;
    let unclaimed = json!({
        "Id": "unclaimed", "Status": "Enabled", "TagFilters": [{ "Key": tag, "Value": value }],
        "ExpirationInDays": 1, "NoncurrentVersionExpiration": { "NoncurrentDays": 1 },
    });
    let lifecycle = bucket["LifecycleConfiguration"]["Rules"].as_array().unwrap();
    assert_eq!(lifecycle[0], unclaimed);
    assert_eq!(domain::upload::UNCLAIMED_KEPT.as_hours(), 24, "not longer than the content");
    // What a dossier has claimed is under no rule that removes it.
    let marker = json!({ "Id": "markers", "Status": "Enabled", "ExpiredObjectDeleteMarker": true });
    assert_eq!(lifecycle[1..], [marker]);
    for kept in [id, key] {
        assert_eq!(template.0["Resources"][kept]["UpdateReplacePolicy"], "Retain", "{kept}");
        assert_eq!(template.0["Resources"][kept]["DeletionPolicy"], "RetainExceptOnCreate");
    }
    let [(_, policy)] = template.of_type("AWS::S3::BucketPolicy")[..] else { panic!("one policy") };
    let [statement] = &policy["PolicyDocument"]["Statement"].as_array().unwrap()[..] else {
        panic!("nothing is allowed by it")
    };
    assert_eq!(
        (&statement["Effect"], &statement["Principal"], &statement["Action"]),
        (&json!("Deny"), &json!("*"), &json!("s3:*"))
    );
    let in_the_clear = json!({
        "Bool": { "aws:SecureTransport": "false" },
        "NotIpAddress": { "aws:SourceIp": "127.0.0.0/8" },
    });
    assert_eq!(statement["Condition"], in_the_clear, "save on the same machine");
    let over: Vec<String> = each(&statement["Resource"]).into_iter().map(resource).collect();
    assert_eq!(over, [id.to_owned(), format!("{id}/*")]);
}

/// The policy of a queue, which no other policy names, without the statement that turns everybody
/// away who comes without TLS: each has it.
fn policy_of<'a>(template: &'a Template, queue: &str) -> (&'a str, Vec<&'a Value>) {
    let mut of_it = template.of_type("AWS::SQS::QueuePolicy").into_iter().filter(|(_, given)| {
        let queues = given["Queues"].as_array().unwrap();
        assert_eq!(queues.len(), 1);
        named(&queues[0]) == queue
    });
    let (id, given) = of_it.next().unwrap_or_else(|| panic!("{queue} has no policy"));
    assert!(of_it.next().is_none(), "{queue} has two policies");
    let statements = given["PolicyDocument"]["Statement"].as_array().unwrap();
    let (last, others) = statements.split_last().unwrap();
    let in_the_clear = json!({
        "Bool": { "aws:SecureTransport": "false" },
        "NotIpAddress": { "aws:SourceIp": "127.0.0.0/8" },
    });
    assert_eq!(
        [&last["Effect"], &last["Principal"], &last["Action"], &last["Condition"]],
        [&json!("Deny"), &json!("*"), &json!("sqs:*"), &in_the_clear],
        "{queue}"
    );
    assert_eq!(resource(&last["Resource"]), queue);
    (id, others.iter().collect())
}

#[test]
fn each_queue_is_reached_by_tls_alone() {
    let template = Template::read();
    let queues = template.of_type(QUEUE);
    assert!(queues.len() > 20, "only {} queues were found", queues.len());
    for (queue, _) in queues {
        policy_of(&template, queue);
    }
}

#[test]
fn only_the_principals_of_the_list_are_allowed_to_send_integrators_events_and_only_over_tls() {
    let template = Template::read();
    let (_, given) = policy_of(&template, "IntegratorsQueue");
    let [allowed] = given[..] else { panic!("one statement beside that of TLS") };
    assert_eq!(
        (&allowed["Effect"], &allowed["Action"]),
        (&json!("Allow"), &json!("sqs:SendMessage"))
    );
    assert_eq!(
        allowed["Condition"],
        json!({ "StringEquals": { "aws:PrincipalArn": { "Ref": "IntegratorPrincipals" } } })
    );
    assert_eq!(resource(&allowed["Resource"]), "IntegratorsQueue");
    // Nobody has this ARN.
    assert_eq!(template.0["Parameters"]["IntegratorPrincipals"]["Default"], "none");
}

#[test]
fn the_replies_to_an_integrator_are_read_by_its_own_principal_alone() {
    let template = Template::read();
    let queues = template.of_type("AWS::SQS::Queue").into_iter();
    let replies: Vec<&str> = queues.filter_map(|(id, _)| id.strip_suffix("RepliesQueue")).collect();
    assert_eq!(replies.len(), 6);
    for name in replies {
        let (_, given) = policy_of(&template, &format!("{name}RepliesQueue"));
        let [allowed] = given[..] else { panic!("one reader") };
        let reader = format!("{name}Reader");
        assert_eq!(
            allowed["Condition"],
            json!({ "StringEquals": { "aws:PrincipalArn": { "Ref": &reader } } }),
        );
        assert_eq!(resource(&allowed["Resource"]), format!("{name}RepliesQueue"));
        assert!(!allowed["Action"].to_string().contains("SendMessage"));
        // Nobody has this ARN.
        assert_eq!(template.0["Parameters"][&reader]["Default"], "none");
    }
}

#[test]
fn only_the_bucket_may_send_to_the_queue_of_documents_and_it_sends_all_that_is_uploaded() {
    let template = Template::read();
    let (policy, given) = policy_of(&template, "DocumentsQueue");
    let [statement] = given[..] else { panic!("one sender") };
    assert_eq!(
        (&statement["Effect"], &statement["Action"], &statement["Principal"]),
        (&json!("Allow"), &json!("sqs:SendMessage"), &json!({ "Service": "s3.amazonaws.com" }))
    );
    let bucket = template.properties("DocumentsBucket");
    let name = bucket["BucketName"]["Fn::Sub"].as_str().unwrap();
    let source = format!("arn:${{AWS::Partition}}:s3:::{name}");
    assert_eq!(
        statement["Condition"]["ArnEquals"]["aws:SourceArn"],
        json!({ "Fn::Sub": source }),
        "by its name, which nobody else may take"
    );
    let connected = &bucket["NotificationConfiguration"]["QueueConfigurations"];
    assert_eq!(connected[0]["Event"], "s3:ObjectCreated:*");
    assert_eq!(named(&connected[0]["Queue"]), "DocumentsQueue");
    assert_eq!(template.0["Resources"]["DocumentsBucket"]["DependsOn"], policy);
}

#[test]
fn an_inspection_has_memory_for_the_largest_document_and_what_its_worst_content_takes() {
    let template = Template::read();
    let memory = template.function("InspectDocumentFunction").properties["MemorySize"].as_u64();
    let one = domain::upload::DOCUMENT_BYTES_MAX / 1_000_000 + 100;
    let at_a_time = u64::try_from(inspect_document::WIDTH).unwrap();
    // The runtime and the clients take some forty.
    assert!(one * at_a_time + 40 < memory.unwrap(), "{one} MB a document");
}
