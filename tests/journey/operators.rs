//! What operators and administrators do on the running stack.

use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::*;
use crate::support::call::PROCEDURE;
use crate::support::{file, root};

/// What the operators' tool says to these arguments.
async fn redrive(arguments: &[&str]) -> String {
    let tool = root().join("infra/redrive.py");
    let run =
        tokio::process::Command::new("python").arg(tool).args(arguments).output().await.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

#[tokio::test]
async fn an_event_given_up_too_early_is_sent_back_by_its_reason_and_nothing_else_is() {
    let stack = Stack::new();
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(30);
    let time = |minutes: i64| (yesterday + jiff::SignedDuration::from_mins(minutes)).to_string();
    let day = domain::calendar::date_of(yesterday).strftime("%y%m%d").to_string();
    let code = format!("{AGENCY}-{day}-{}", 9_000_000 + std::process::id() % 700_000);
    let junk = unique("junk");
    stack.push(&format!("not json at all: {junk}")).await;
    // It is waited for for half a minute.
    stack.push(&transition_event(&unique("e"), &time(5), &code, "receive").to_string()).await;
    assert_eq!(stack.parked("INTEGRATOR_DLQ_URL", &code).await, "dossier-not-found");
    let mut submit = submit_event(&unique("e"), &time(0), Some(&code));
    submit["data"]["applicant"]["phone"] = unique_phone().into();
    stack.push(&submit.to_string()).await;
    let status =
        async || stack.get(&format!("{DOSSIERS}/{code}"), None).await.body["status"].clone();
    stack.until("the dossier", || async { (status().await == 1).then_some(()) }).await;
    let shown = redrive(&["integrators-events", "--reason", "dossier-not-found"]).await;
    assert!(
        shown.contains("dossier-not-found") && shown.contains("dry run: 1 would be sent back"),
        "{shown}"
    );
    assert!(!shown.contains("Trần") && !shown.contains(CITIZEN), "{shown}");
    assert_eq!(
        stack.parked("INTEGRATOR_DLQ_URL", &code).await,
        "dossier-not-found",
        "a dry run changes nothing"
    );
    let sent =
        redrive(&["integrators-events", "--reason", "dossier-not-found", "--rate", "100", "--go"])
            .await;
    assert!(sent.contains("sent back 1/1"), "{sent}");
    stack.until("the receipt", || async { (status().await == 2).then_some(()) }).await;
    assert_eq!(
        stack.parked("INTEGRATOR_DLQ_URL", &junk).await,
        "malformed-body",
        "what was not asked for stays"
    );
}

/// A procedure that this run alone knows.
fn a_procedure_of_this_run() -> (String, Value) {
    let mut file: Value = serde_json::from_str(&file("infra/data/procedures.json")).unwrap();
    let code = format!("9.{:06}", std::process::id() % 1_000_000);
    let list = file["procedures"].as_array_mut().unwrap();
    let mut another = list.iter().find(|procedure| procedure["code"] == PROCEDURE).unwrap().clone();
    another["code"] = code.as_str().into();
    list.push(another);
    (code, file)
}

#[tokio::test]
async fn what_an_administrator_publishes_is_in_force_without_a_deployment() {
    let stack = Stack::new();
    let administrator = stack.token(json!({ "role": "administrator" })).await;
    let (code, procedures) = a_procedure_of_this_run();
    let (mut body, _) = somebody();
    body["procedure"] = code.as_str().into();
    let portal = stack.portal().await;
    let key = unique("to-come");
    let submit = || stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&key), body.clone());
    assert_eq!(submit().await.broken(), ("procedure", "known-procedure"));
    let put = async |files: Value, token: &str| {
        let seen = stack.get("/v1/catalogue", Some(&administrator)).await;
        let body = json!({ "expectedEdition": seen.body["edition"], "files": files });
        stack.call(Method::PUT, "/v1/catalogue", Some(token), None, body).await
    };
    let good = json!({ "procedures.json": procedures.to_string() });
    assert_eq!(put(good.clone(), &stack.officer(AGENCY).await).await.status, 403);
    let bad = put(
        json!({ "procedures.json": procedures.to_string(), "rules.json": "{" }),
        &administrator,
    )
    .await;
    assert_eq!(
        (bad.status, &bad.body["misprints"][0]["file"]),
        (422, &json!("rules.json")),
        "{}",
        bad.body
    );
    assert_eq!(
        submit().await.broken(),
        ("procedure", "known-procedure"),
        "a bad set is not in force"
    );
    let published = put(good, &administrator).await;
    assert_eq!(
        (published.status, &published.body["published"]),
        (200, &json!(true)),
        "{}",
        published.body
    );
    let taken = stack.until("the new edition", || async {
        let answer = submit().await;
        (answer.status == 201).then_some(answer)
    });
    assert!(taken.await.code().starts_with(AGENCY));
}

/// What a function logs and answers when it is invoked with `payload`, its Runtime API being ours.
async fn invoked(function: &str, settings: &[(&str, &str)], payload: &str) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // Beside the tests' own program, wherever that was built.
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().and_then(Path::parent).unwrap().join(function);
    let mut command = tokio::process::Command::new(&program);
    command.env_clear().envs(settings.iter().copied()).envs([
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_NAME", function),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "test"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "test"),
        ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
        ("AWS_REGION", "ap-southeast-1"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true);
    let mut process =
        command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let mut asked = String::new();
    // It asks for work, and then tells what came of it.
    for answer in [
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\
             lambda-runtime-aws-request-id: 1\r\nlambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn\r\n\r\n{payload}",
            payload.len()
        ),
        "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
    ] {
        let (mut stream, _) =
            timeout(Duration::from_secs(30), listener.accept()).await.unwrap().unwrap();
        asked = whole_request(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    }
    process.start_kill().unwrap();
    let ended = process.wait_with_output().await.unwrap();
    (String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned(), asked)
}

/// A request with its body, as far as it says how long that is.
async fn whole_request(stream: &mut tokio::net::TcpStream) -> String {
    let (mut text, mut part) = (String::new(), [0; 4096]);
    loop {
        let read = timeout(Duration::from_secs(30), stream.read(&mut part)).await.unwrap().unwrap();
        text.push_str(&String::from_utf8_lossy(&part[..read]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if read == 0 || body.len() >= length.unwrap_or(0) {
            return text;
        }
    }
}

#[tokio::test]
async fn a_token_that_is_invoked_in_the_wrong_form_stands_in_no_log_and_no_answer() {
    let settings = [
        ("ACCOUNTS_TABLE", "accounts"),
        ("GATEWAY_TIMEOUT_MS", "1000"),
        ("ZALO_LOGIN_URL", "http://localhost:9"),
        ("ZALO_APP_ID", "1"),
        ("ZALO_APP_SECRET", "secret"),
    ];
    for payload in [
        r#""planted-4711""#,
        r#"["planted-4711"]"#,
        r#"{"planted-4711": 1}"#,
        r#"{"refreshToken": ["planted-4711"]}"#,
    ] {
        let (log, told) = invoked("refresh-token", &settings, payload).await;
        assert!(told.starts_with("POST") && told.contains("/error"), "{payload}: {told}");
        assert!(told.contains("break rules"), "{payload}: {told}");
        assert!(!log.contains("4711") && !told.contains("4711"), "{payload}: {log}\n{told}");
    }
}
