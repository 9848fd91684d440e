//! The doors of the running stack.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use jiff::civil::Date;
use reqwest::{Client, Method};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::aws::Aws;
use super::compact::in_words;
use super::count::{Cell, Counts};
use super::error::DemoError;
use crate::settings::Settings;

/// The longest pause between two attempts of a request, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 4_000;

/// How many play at once, and how long they wait for whoever does not answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Requests under way at once.
    pub(super) at_once: usize,
    /// How often a request is sent whose answer says that the other side could not; each of our
    /// commands has a key, so that one sent twice is one.
    attempts: u32,
    /// Without any movement for this long something is broken, and waiting will not mend it.
    pub(super) idle: Duration,
}

impl Patience {
    /// A day on which nobody kills anything.
    pub(super) const USUAL: Self = Self { at_once: 12, attempts: 5, idle: Duration::from_secs(90) };

    /// Where functions are killed: a batch whose function died is seen again after three minutes,
    /// those of the largest functions after fifteen.
    pub(super) const UNDER_FIRE: Self =
        Self { at_once: 30, attempts: 60, idle: Duration::from_secs(960) };
}

/// The queues of what was given up.
const PARKED: [&str; 6] = [
    "INTEGRATOR_DLQ_URL",
    "NOTICES_DLQ_URL",
    "NATIONAL_DLQ_URL",
    "COUNTS_DLQ_URL",
    "RELAY_FAILURES_QUEUE_URL",
    "ROLLUP_FAILURES_QUEUE_URL",
];

/// Who asks: a role of the issuer's, with what makes it one person's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Asker {
    /// The portal, for anybody.
    Portal,
    /// The citizen with this number.
    Citizen(String),
    /// An officer of this agency.
    Officer(String),
    /// Whoever publishes the catalogue.
    Administrator,
}

impl Asker {
    fn claims(&self) -> Value {
        match self {
            Self::Portal => json!({ "role": "portal" }),
            Self::Citizen(number) => json!({ "role": "citizen", "idNumber": number }),
            Self::Officer(agency) => json!({ "role": "officer", "agency": agency }),
            Self::Administrator => json!({ "role": "administrator" }),
        }
    }
}

/// A dossier as its table has it, or somebody else.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) status: Option<u64>,
    pub(super) changes: usize,
}

/// The notices of each dossier, by its code, in the order of its versions.
pub(super) type Notices = BTreeMap<String, Vec<Value>>;

/// The running stack.
#[derive(Debug)]
pub struct Stack {
    settings: Settings,
    http: Client,
    pub(super) aws: Aws,
    tokens: Mutex<HashMap<Asker, String>>,
    pub(super) patience: Patience,
}

impl Stack {
    /// The stack whose addresses the dotenv file has.
    ///
    /// # Errors
    /// If the file cannot be read or lacks one of them.
    pub fn read(file: &Path) -> Result<Self, DemoError> {
        Self::with_patience(file, Patience::USUAL)
    }

    /// The same, played with another patience.
    pub(super) fn with_patience(file: &Path, patience: Patience) -> Result<Self, DemoError> {
        let settings = Settings::read(file)?;
        let of = |name: &str| of(&settings, name);
        let key = (of("AWS_ACCESS_KEY_ID")?, of("AWS_SECRET_ACCESS_KEY")?);
        let aws = Aws::new(of("AWS_ENDPOINT_URL")?, of("AWS_REGION")?, key)?;
        let http = crate::http::client(Duration::from_secs(60))?;
        Ok(Self { settings, http, aws, tokens: Mutex::default(), patience })
    }

    /// One address.
    pub(super) fn setting(&self, name: &str) -> Result<&str, DemoError> {
        of(&self.settings, name)
    }

    /// One exchange with the API, in JSON.
    pub(super) async fn api(
        &self,
        method: Method,
        path: &str,
        asker: Asker,
        body: Option<&Value>,
        idempotency_key: Option<&str>,
    ) -> Result<Value, DemoError> {
        let url = format!("{}{path}", self.setting("API_URL")?.trim_end_matches('/'));
        let token = self.token(asker).await?;
        self.call(method, &url, body, Some(&token), idempotency_key).await
    }

    /// A page of the API, as a browser gets it.
    pub(super) async fn page(&self, path: &str, asker: Option<Asker>) -> Result<String, DemoError> {
        let url = format!("{}{path}", self.setting("API_URL")?.trim_end_matches('/'));
        let mut request = self.http.get(url).header("accept", "text/html");
        if let Some(asker) = asker {
            request = request.bearer_auth(self.token(asker).await?);
        }
        Ok(request.send().await?.error_for_status()?.text().await?)
    }

    async fn token(&self, asker: Asker) -> Result<String, DemoError> {
        let mut tokens = self.tokens.lock().await;
        if let Some(known) = tokens.get(&asker) {
            return Ok(known.clone());
        }
        let url = format!("{}/token", self.setting("ISSUER_URL")?);
        let answer = self.call(Method::POST, &url, Some(&asker.claims()), None, None).await?;
        let token = answer["access_token"].as_str().unwrap_or_default().to_owned();
        tokens.insert(asker, token.clone());
        Ok(token)
    }

    /// Sends `content` to the object storage, as the answer that gave the address says.
    pub(super) async fn store(&self, upload: &Value, content: &[u8]) -> Result<(), DemoError> {
        let url = upload["url"].as_str().unwrap_or_default();
        let mut request = self.http.put(url).body(content.to_vec());
        for header in upload["headers"].as_array().into_iter().flatten() {
            let text = |name: &str| header[name].as_str().unwrap_or_default();
            // The client writes the length of what it sends.
            if text("name") != "content-length" {
                request = request.header(text("name"), text("value"));
            }
        }
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// What lies at an address of the object storage.
    pub(super) async fn content(&self, url: &str) -> Result<Vec<u8>, DemoError> {
        let answer = self.http.get(url).send().await?.error_for_status()?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// One exchange with the gateways' stand-in.
    pub(super) async fn gateways(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, DemoError> {
        let url = format!("{}{path}", self.setting("GATEWAYS_URL")?);
        self.call(method, &url, body, None, None).await
    }

    /// What the national portal's stand-in has of each dossier, by its code.
    pub(super) async fn portal(&self) -> Result<BTreeMap<String, Stored>, DemoError> {
        let url = format!("{}/dossiers", self.setting("PORTAL_URL")?);
        let shown = self.call(Method::GET, &url, None, None, None).await?;
        let stored = |(code, kept): (&String, &Value)| {
            let status = kept["status"].as_str().and_then(|status| status.parse().ok());
            let steps = kept["steps"].as_u64().and_then(|steps| usize::try_from(steps).ok());
            (code.clone(), Stored { status, changes: steps.unwrap_or_default() })
        };
        Ok(shown.as_object().into_iter().flatten().map(stored).collect())
    }

    /// The orders that the post's stand-in has, by number.
    pub(super) async fn postal_orders(&self) -> Result<Value, DemoError> {
        let url = format!("{}/orders", self.setting("POST_URL")?);
        self.call(Method::GET, &url, None, None, None).await
    }

    /// The payer of an attempt pays at the payment platform's stand-in; what their browser brings
    /// back.
    pub(super) async fn pays(&self, reference: &str) -> Result<Value, DemoError> {
        let url = format!("{}/pay/{reference}", self.setting("PAYMENTS_URL")?);
        self.call(Method::POST, &url, Some(&json!({})), None, None).await
    }

    /// What the payment platform's stand-in knows of an attempt.
    pub(super) async fn bill(&self, reference: &str) -> Result<Value, DemoError> {
        let url = format!("{}/bills/{reference}", self.setting("PAYMENTS_URL")?);
        self.call(Method::GET, &url, None, None, None).await
    }

    /// A payer comes back from the platform with this.
    pub(super) async fn came_back(&self, back: &Value) -> Result<Value, DemoError> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for name in ["data", "responseCode", "secureCode"] {
            query.append_pair(name, back[name].as_str().unwrap_or_default());
        }
        let api = self.setting("API_URL")?.trim_end_matches('/');
        let url = format!("{api}/v1/callbacks/payment?{}", query.finish());
        self.call(Method::GET, &url, None, None, None).await
    }

    async fn call(
        &self,
        method: Method,
        url: &str,
        body: Option<&Value>,
        token: Option<&str>,
        idempotency_key: Option<&str>,
    ) -> Result<Value, DemoError> {
        let mut attempt = 0;
        loop {
            let mut request = self.http.request(method.clone(), url);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            if let Some(key) = idempotency_key {
                request = request.header("idempotency-key", key);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            attempt += 1;
            let failure = match exchange(request).await {
                Ok(document) => return Ok(document),
                Err(DemoError::Problem { status, document }) if status < 500 => {
                    return Err(DemoError::Problem { status, document });
                }
                Err(failure) => failure,
            };
            if attempt == self.patience.attempts {
                return Err(failure);
            }
            let pause = 500_u64.saturating_mul(2_u64.saturating_pow(attempt - 1));
            tokio::time::sleep(Duration::from_millis(pause.min(LONGEST_PAUSE_MS))).await;
        }
    }

    /// The messages that the gateways took, in the order in which they came.
    pub(super) async fn accepted(&self) -> Result<Vec<Value>, DemoError> {
        let mut shown = self.gateways(Method::GET, "/messages?outcome=accepted", None).await?;
        Ok(shown["messages"].as_array_mut().map(std::mem::take).unwrap_or_default())
    }

    /// Has the gateways report to the doors of this stack.
    pub(super) async fn report_here(&self) -> Result<(), DemoError> {
        let api = self.setting("API_URL")?.trim_end_matches('/');
        let esms = format!("esms/{}", self.setting("ESMS_REPORT_SECRET")?);
        for (gateway, path) in [("zalo", "zalo"), ("esms", esms.as_str())] {
            let url = format!("{api}{CALLBACKS}/{path}");
            let rule = json!({ "gateway": gateway, "reports": { "url": url } });
            self.gateways(Method::PUT, "/behaviour", Some(&rule)).await?;
        }
        Ok(())
    }

    /// Messages in a queue, seen, in flight or delayed.
    pub(super) async fn waiting(&self, queue: &str) -> Result<u64, DemoError> {
        let names =
            ["", "NotVisible", "Delayed"].map(|kind| format!("ApproximateNumberOfMessages{kind}"));
        let asked = json!({ "QueueUrl": self.setting(queue)?, "AttributeNames": names });
        let found = self.aws.sqs("GetQueueAttributes", &asked).await?;
        let counts = names.iter().map(|name| found["Attributes"][name].as_str()?.parse().ok());
        Ok(counts.map(Option::<u64>::unwrap_or_default).sum())
    }

    /// How many messages each queue of the given-up has.
    pub(super) async fn parked(&self) -> Result<Vec<(&'static str, u64)>, DemoError> {
        let mut parked = Vec::new();
        for queue in PARKED {
            parked.push((queue, self.waiting(queue).await?));
        }
        Ok(parked)
    }

    /// Why messages were parked, without taking them away or showing their bodies, which name
    /// applicants.
    pub(super) async fn reasons(&self, queue: &str) -> Result<Vec<String>, DemoError> {
        let asked = json!({
            "QueueUrl": self.setting(queue)?, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0,
            "MessageAttributeNames": ["All"],
        });
        let answer = self.aws.sqs("ReceiveMessage", &asked).await?;
        let reason = |message: &Value| {
            let given = &message["MessageAttributes"];
            let texts = ["reason", "detail"].into_iter();
            let texts = texts.filter_map(|name| given[name]["StringValue"].as_str());
            texts.collect::<Vec<_>>().join(": ")
        };
        Ok(answer["Messages"].as_array().into_iter().flatten().map(reason).collect())
    }

    /// Pushes integrators' events, ten in a call.
    pub(super) async fn push(&self, events: &[Value]) -> Result<(), DemoError> {
        let entry = |(number, event): (usize, &Value)| json!({ "Id": number.to_string(), "MessageBody": event.to_string() });
        let entries: Vec<Value> = events.iter().enumerate().map(entry).collect();
        let queue = self.setting("INTEGRATOR_QUEUE_URL")?;
        let batch = json!({ "QueueUrl": queue, "Entries": entries });
        let answer = self.aws.sqs("SendMessageBatch", &batch).await?;
        let failed = answer["Failed"].as_array().map_or(0, Vec::len);
        if failed > 0 {
            let text = format!("the integrators' queue did not take {failed} messages");
            return Err(DemoError::CannotGoOn(text));
        }
        Ok(())
    }

    /// Every dossier as the table has it, by its code.
    pub(super) async fn dossiers(&self) -> Result<BTreeMap<String, Stored>, DemoError> {
        let scan = json!({
            "TableName": self.setting("DOSSIERS_TABLE")?,
            "ProjectionExpression": "#code, #status, #version",
            // A page of a long history lies beside its dossier, and has none.
            "FilterExpression": "attribute_exists(#version)",
            "ExpressionAttributeNames":
                { "#code": "code", "#status": "status", "#version": "version" },
            "ConsistentRead": true,
        });
        let stored = |item: Map<String, Value>| {
            let code = item.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
            let number = |name: &str| item.get(name).and_then(Value::as_u64);
            let changes = number("version").and_then(|version| usize::try_from(version).ok());
            (code, Stored { status: number("status"), changes: changes.unwrap_or_default() })
        };
        Ok(self.aws.items("Scan", scan).await?.into_iter().map(stored).collect())
    }

    /// What became of telling each change of each dossier.
    pub(super) async fn notices(&self) -> Result<Notices, DemoError> {
        let table = self.setting("NOTICES_TABLE")?;
        let scan = json!({ "TableName": table, "ConsistentRead": true });
        let thread = |item: Map<String, Value>| {
            let code = item.get("code").and_then(Value::as_str)?.to_owned();
            let notices = item.get("n").and_then(Value::as_array)?;
            Some((code, notices.iter().map(in_words).collect()))
        };
        let threads = self.aws.items("Scan", scan).await?.into_iter().filter_map(thread);
        // A leader's morning is no dossier, nor is the question after a result.
        let is_other = |code: &str| code.starts_with("REPORT-") || code.starts_with("ASK-");
        Ok(threads.filter(|(code, _)| !is_other(code)).collect())
    }

    /// A day's cells of work, the channels put together as people speak of them; nothing before the
    /// day is closed.
    pub(super) async fn figures(&self, day: Date) -> Result<BTreeMap<Cell, Counts>, DemoError> {
        let query = json!({
            "TableName": self.setting("KPI_TABLE")?,
            "KeyConditionExpression": "#day = :day",
            "ExpressionAttributeNames": { "#day": "day" },
            "ExpressionAttributeValues": { ":day": { "S": day.to_string() } },
            "ConsistentRead": true,
        });
        let rows = self.aws.items("Query", query).await?;
        let name = |row: &Map<String, Value>| {
            row.get("cell").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let mut cells: BTreeMap<Cell, Counts> = BTreeMap::new();
        if !rows.iter().any(|row| name(row) == "!count") {
            return Ok(cells);
        }
        for row in &rows {
            let cell = name(row);
            let parts: Vec<&str> = cell.split('#').collect();
            if let ["work", agency, procedure, channel, ..] = parts.as_slice() {
                let cell = ((*agency).to_owned(), (*procedure).to_owned());
                cells.entry(cell).or_default().add_all(&as_spoken_of(row, channel));
            }
        }
        Ok(cells)
    }
}

/// Under what the gateways call back about deliveries.
const CALLBACKS: &str = "/v1/callbacks";

fn of<'a>(settings: &'a Settings, name: &str) -> Result<&'a str, DemoError> {
    let missing = || DemoError::CannotGoOn(format!("{name} is not in the settings of the stack"));
    settings.get(name).ok_or_else(missing)
}

async fn exchange(request: reqwest::RequestBuilder) -> Result<Value, DemoError> {
    let answer = request.send().await?;
    let (status, body) = (answer.status().as_u16(), answer.text().await?);
    if status < 300 {
        return Ok(serde_json::from_str(&body)?);
    }
    let shown = || json!({ "body": body.chars().take(200).collect::<String>() });
    let document = serde_json::from_str(&body).ok().filter(Value::is_object);
    Err(DemoError::Problem { status, document: document.unwrap_or_else(shown) })
}

/// A row of the table in the words of the scenario.
fn as_spoken_of(row: &Map<String, Value>, channel: &str) -> Counts {
    let mut figures = Counts::default();
    for (name, value) in row {
        figures.add(name, value.as_u64().unwrap_or(0));
    }
    let (received, rest) = (figures.of("received"), channel.get(1..).unwrap_or_default());
    let first = channel.get(..1).unwrap_or_default().to_uppercase();
    figures.add(&format!("received{first}{rest}"), received);
    figures.add("paused", figures.of("payment") + figures.of("suspended"));
    for end in ["refused", "withdrawn"] {
        figures.add(end, figures.of(&format!("{end}Unreceived")));
    }
    figures
}
