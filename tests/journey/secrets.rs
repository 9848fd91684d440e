//! A program whose secrets change while it runs: the Lambda runtime, the secret store and the
//! tables are played here, the program is the one that is deployed.

use std::collections::{BTreeMap, VecDeque};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};

use local::http::{Answer, Dropped, Handler, Request, listen, serve};
use reqwest::StatusCode;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use crate::support::call::Call;
use crate::support::root;

/// What the program sees of its platform.
struct Platform {
    secrets: Mutex<BTreeMap<String, String>>,
    /// Whether the store answers at all.
    store_answers: Mutex<bool>,
    waiting: Mutex<VecDeque<Value>>,
    came: Notify,
    answers: mpsc::UnboundedSender<Value>,
}

impl Handler for Platform {
    async fn handle(&self, request: Request) -> Result<Answer, Dropped> {
        let target = request.headers.get("x-amz-target").and_then(|it| it.to_str().ok());
        Ok(match target {
            Some("secretsmanager.BatchGetSecretValue") => self.secrets_asked(&request),
            // Of the tables: there is nothing.
            Some(_) => Answer::ok(&json!({})),
            None if request.path.ends_with("/next") => self.next().await,
            None => {
                self.answers.send(serde_json::from_slice(&request.body).unwrap()).unwrap();
                Answer::with(StatusCode::ACCEPTED, &json!({}))
            }
        })
    }
}

impl Platform {
    fn secrets_asked(&self, request: &Request) -> Answer {
        if !*self.store_answers.lock().unwrap() {
            return Answer::with(StatusCode::INTERNAL_SERVER_ERROR, &json!({}));
        }
        let signed = request.headers["authorization"].to_str().unwrap();
        assert!(signed.contains("/ap-southeast-1/secretsmanager/aws4_request"), "{signed}");
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let secrets = self.secrets.lock().unwrap();
        let (mut found, mut missed) = (Vec::new(), Vec::new());
        for name in asked["SecretIdList"].as_array().unwrap() {
            match secrets.get(name.as_str().unwrap()) {
                Some(secret) => found.push(json!({ "Name": name, "SecretString": secret })),
                None => missed
                    .push(json!({ "SecretId": name, "ErrorCode": "ResourceNotFoundException" })),
            }
        }
        Answer::ok(&json!({ "SecretValues": found, "Errors": missed }))
    }

    /// The next invocation, once there is one.
    async fn next(&self) -> Answer {
        loop {
            let next = self.waiting.lock().unwrap().pop_front();
            if let Some(next) = next {
                let headers = [
                    ("lambda-runtime-aws-request-id", "r"),
                    ("lambda-runtime-deadline-ms", "99999999999999"),
                    ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:x:1:function:f"),
                ];
                return headers.into_iter().fold(Answer::ok(&next), |answer, (name, value)| {
                    let name = HeaderName::from_static(name);
                    answer.and(name, HeaderValue::from_static(value))
                });
            }
            self.came.notified().await;
        }
    }

    fn set(&self, name: &str, secret: &str) {
        self.secrets.lock().unwrap().insert(format!("motcua/{name}"), secret.to_owned());
    }
}

/// The running program, ended with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended by itself cannot be ended again.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn started(endpoint: &str) -> Program {
    let reference = |name: &str| format!("{{secret:motcua/{name}}}");
    let tables = ["CATALOGUE", "NOTICES", "DOSSIERS", "CONTACTS", "ACCOUNTS", "FEEDBACK"];
    let tables = tables.map(|name| (format!("{name}_TABLE"), name.to_owned()));
    let secrets = [
        ("ZALO_OA_SECRET", "ZaloOaSecret"),
        ("ESMS_REPORT_SECRET", "EsmsReportSecret"),
        ("SMS_INBOUND_SECRET", "SmsInboundSecret"),
        ("PEOPLE_KEY", "PeopleKey"),
        ("CONTACTS_KEY", "ContactsKey"),
        ("ESMS_API_KEY", "EsmsApiKey"),
        ("ESMS_SECRET_KEY", "EsmsSecretKey"),
        // Of an account that this deployment does not have.
        ("SPEEDSMS_TOKEN", "SpeedsmsToken"),
    ];
    let path = std::env::current_exe().unwrap();
    let program = path.parent().unwrap().parent().unwrap().join("record-delivery");
    assert!(program.exists(), "record-delivery is not built: make build");
    let mut command = Command::new(program);
    command
        .current_dir(root())
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", endpoint.trim_start_matches("http://"))
        .env("AWS_LAMBDA_FUNCTION_NAME", "f")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_REGION", "ap-southeast-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "a secret of nobody")
        .env("AWS_ENDPOINT_URL", endpoint)
        // Looked at before each invocation.
        .env("SECRETS_MAX_AGE_S", "0")
        .env("CATALOGUE_MAX_AGE_S", "60")
        .env("UNDECIDED_YEARS", "refused")
        .env("ZALO_APP_ID", "1")
        .env("ZALO_OA_URL", endpoint)
        .env("ZALO_URL", endpoint)
        .env("ESMS_URL", endpoint)
        .env("ESMS_BRANDNAME", "MOTCUA")
        .env("ESMS_CALLBACK_URL", format!("{endpoint}/{}", reference("EsmsReportSecret")))
        .env("SPEEDSMS_URL", endpoint)
        .env("GATEWAY_TIMEOUT_MS", "1000")
        .envs(tables)
        .envs(secrets.map(|(setting, name)| (setting, reference(name))));
    Program(command.spawn().unwrap())
}

/// A report of the gateway, to the address that has this secret.
fn report(secret: &str) -> Value {
    Call::new("GET /v1/callbacks/esms/{secret}").path("secret", secret).payload()
}

#[tokio::test]
async fn a_secret_that_changes_is_in_force_without_a_deployment_and_no_invocation_is_lost() {
    let listener = listen(0).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (answers, mut answered) = mpsc::unbounded_channel();
    let platform = Arc::new(Platform {
        secrets: Mutex::default(),
        store_answers: Mutex::new(true),
        waiting: Mutex::default(),
        came: Notify::new(),
        answers,
    });
    for name in [
        "ZaloOaSecret",
        "SmsInboundSecret",
        "PeopleKey",
        "ContactsKey",
        "EsmsApiKey",
        "EsmsSecretKey",
    ] {
        platform.set(name, "a-secret-of-the-test");
    }
    platform.set("EsmsReportSecret", "the-first-secret-of-all");
    let server = tokio::spawn(serve(listener, Arc::clone(&platform)));
    let program = started(&endpoint);
    let mut ask = async |secret: &str| {
        platform.waiting.lock().unwrap().push_back(report(secret));
        platform.came.notify_one();
        answered.recv().await.unwrap()["statusCode"].clone()
    };

    assert_ne!(ask("the-first-secret-of-all").await, 404);
    assert_eq!(ask("the-second-secret-of-all").await, 404);
    platform.set("EsmsReportSecret", "the-second-secret-of-all");
    assert_ne!(ask("the-second-secret-of-all").await, 404, "the next invocation knows it");
    assert_eq!(ask("the-first-secret-of-all").await, 404);
    // A store that is away, or a secret that was deleted, stops nobody who runs.
    *platform.store_answers.lock().unwrap() = false;
    assert_ne!(ask("the-second-secret-of-all").await, 404);
    *platform.store_answers.lock().unwrap() = true;
    platform.secrets.lock().unwrap().remove("motcua/EsmsReportSecret");
    assert_ne!(ask("the-second-secret-of-all").await, 404);
    drop(program);
    server.abort();
}
