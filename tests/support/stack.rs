//! The deployed stack, as `make test` starts it: `STACK_ENV` names the file with its addresses.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::Builder;
use local::settings::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use super::call::{Answer, with_outcome};

/// How long anything on the stack may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often a test looks again.
const LOOK: Duration = Duration::from_millis(200);

/// One setting of the stack.
pub fn setting(name: &str) -> &'static str {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    let settings = SETTINGS.get_or_init(|| {
        let path = std::env::var("STACK_ENV")
            .expect("STACK_ENV is not set: run these tests with `make test`");
        Settings::read(path.as_ref()).unwrap_or_else(|error| panic!("{path}: {error}"))
    });
    settings.get(name).unwrap_or_else(|| panic!("{name} is not in the settings of the stack"))
}

/// A name that no other test and no earlier run uses.
pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let run = std::process::id();
    format!("{prefix}-{run}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A phone number that no other test uses, as a citizen types it: the gateways are told by number
/// how to behave.
pub fn unique_phone() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1_000_000);
    format!("098{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The stack's clients.
pub struct Stack {
    /// A client that carries no token of its own.
    pub http: reqwest::Client,
    sqs: aws_sdk_sqs::Client,
}

impl Stack {
    pub fn new() -> Self {
        let http = platform::gateway::http_client(Duration::from_secs(30)).unwrap();
        let (key, secret) = (setting("AWS_ACCESS_KEY_ID"), setting("AWS_SECRET_ACCESS_KEY"));
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(setting("AWS_REGION")))
            .credentials_provider(Credentials::new(key, secret, None, None, "stack"))
            .endpoint_url(setting("AWS_ENDPOINT_URL"))
            .http_client(Builder::new().build_http())
            .build();
        Self { http, sqs: aws_sdk_sqs::Client::from_conf(config) }
    }

    /// A client for the tables under the role with this ARN, as the function with that role has it.
    pub async fn tables_as(&self, role: &str) -> aws_sdk_dynamodb::Client {
        let (key, secret) = (setting("AWS_ACCESS_KEY_ID"), setting("AWS_SECRET_ACCESS_KEY"));
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(setting("AWS_REGION")))
            .credentials_provider(Credentials::new(key, secret, None, None, "stack"))
            .endpoint_url(setting("AWS_ENDPOINT_URL"))
            .http_client(Builder::new().build_http())
            .load()
            .await;
        let provider = aws_config::sts::AssumeRoleProvider::builder(role).session_name("journey");
        let provider = provider.configure(&config).build().await;
        let config =
            aws_sdk_dynamodb::config::Builder::from(&config).credentials_provider(provider).build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }

    /// A token that the issuer signs for these claims.
    pub async fn token(&self, claims: Value) -> String {
        let answer = self
            .http
            .post(format!("{}/token", setting("ISSUER_URL")))
            .json(&claims)
            .send()
            .await
            .unwrap();
        answer.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn portal(&self) -> String {
        self.token(json!({ "role": "portal" })).await
    }

    pub async fn officer(&self, agency: &str) -> String {
        self.token(json!({ "role": "officer", "agency": agency })).await
    }

    /// Calls the API.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        key: Option<&str>,
        body: Value,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", setting("API_URL")));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        Answer {
            status: answer.status().as_u16(),
            body: answer.json().await.unwrap_or(Value::Null),
        }
    }

    /// Asks the gateway for something, with one header more, and gives its answer as it is.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        header: (&str, &str),
    ) -> reqwest::Response {
        let mut request = self
            .http
            .request(method, format!("{}{path}", setting("API_URL")))
            .header(header.0, header.1);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap()
    }

    /// Uploads `content` to the address of `upload`, with its headers, some of them changed.
    pub async fn upload(&self, upload: &Value, content: &[u8], changed: &[(&str, &str)]) -> u16 {
        let mut request = self.http.put(upload["url"].as_str().unwrap()).body(content.to_vec());
        for header in upload["headers"].as_array().unwrap() {
            let name = header["name"].as_str().unwrap();
            let other = changed.iter().find(|(changed, _)| *changed == name);
            let value = other.map_or(header["value"].as_str().unwrap(), |(_, value)| value);
            // The client writes the length of what it sends.
            if name != "content-length" {
                request = request.header(name, value);
            }
        }
        request.send().await.unwrap().status().as_u16()
    }

    pub async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.call(Method::GET, path, token, None, Value::Null).await
    }

    /// Moves a dossier as an officer of `agency`.
    pub async fn act(
        &self,
        token: &str,
        code: &str,
        action: &str,
        expected_version: u64,
    ) -> Answer {
        let body = with_outcome(
            json!({ "action": action, "expectedVersion": expected_version, "reason": "theo quy định" }),
        );
        self.call(
            Method::POST,
            &format!("/v1/dossiers/{code}/transitions"),
            Some(token),
            None,
            body,
        )
        .await
    }

    /// Pushes a message as an integrator does.
    pub async fn push(&self, body: &str) {
        self.sqs
            .send_message()
            .queue_url(setting("INTEGRATOR_QUEUE_URL"))
            .message_body(body)
            .send()
            .await
            .unwrap();
    }

    /// Looks again and again until there is something to see.
    pub async fn until<T, F: Future<Output = Option<T>>>(
        &self,
        what: &str,
        look: impl Fn() -> F,
    ) -> T {
        let looks = PATIENCE.as_millis() / LOOK.as_millis();
        for _ in 0..looks {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("waited in vain for {what}");
    }

    /// The reason with which a message containing `mark` was parked on `queue`. It stays there.
    pub async fn parked(&self, queue: &str, mark: &str) -> String {
        self.until(&format!("{mark} on {queue}"), || async {
            let received =
                self.sqs.receive_message().queue_url(setting(queue)).max_number_of_messages(10);
            let received =
                received.visibility_timeout(0).message_attribute_names("All").send().await.unwrap();
            let messages = received.messages.unwrap_or_default();
            let found = messages
                .iter()
                .find(|message| message.body().is_some_and(|body| body.contains(mark)))?;
            Some(found.message_attributes()?.get("reason")?.string_value()?.to_owned())
        })
        .await
    }

    /// What the gateways accepted for a notice, once there is something.
    pub async fn told(&self, notice: &str) -> Value {
        self.until(&format!("the message {notice}"), || async {
            self.messages(notice).await.into_iter().next()
        })
        .await
    }

    /// What the gateways accepted for the dossier or notice `mark`.
    pub async fn messages(&self, mark: &str) -> Vec<Value> {
        let answer =
            self.http.get(format!("{}/messages", setting("GATEWAYS_URL"))).send().await.unwrap();
        let all = answer.json::<Value>().await.unwrap();
        let messages = all["messages"].as_array().unwrap().iter();
        messages
            .filter(|message| {
                message["outcome"] == "accepted" && message.to_string().contains(mark)
            })
            .cloned()
            .collect()
    }

    /// Tells a gateway how to behave.
    pub async fn behave(&self, behaviour: Value) {
        let answer = self
            .http
            .put(format!("{}/behaviour", setting("GATEWAYS_URL")))
            .json(&behaviour)
            .send()
            .await;
        let status = answer.unwrap().status();
        assert!(status.is_success(), "{behaviour}: {status}");
    }
}
