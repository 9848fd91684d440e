//! What each competitor has to do before it is measured: the same answers, the same traces in the
//! tables, the same messages.

use serde_json::{Value, json};

use crate::engine::Engine;
use crate::programs::{Job, Side};
use crate::runtime::{Answer, Worker, text};
use crate::work::Work;

/// Holds a worker to the behaviour of its job; fails with what it did otherwise.
pub async fn held(side: Side, job: Job, worker: &mut Worker, engine: &Engine, work: &Work) {
    let mut check = Check { side, job, worker, engine, work };
    match job {
        Job::Submit => check.submit().await,
        Job::Change => check.change().await,
        Job::IngestSubmit => check.ingest_submit().await,
        Job::IngestTransition => check.ingest_transition().await,
        Job::Relay => check.relay().await,
    }
}

/// The status and body of an answer to HTTP.
pub fn http(answer: &Answer) -> (i64, Value) {
    assert!(!answer.failed, "the invocation failed: {}", text(&answer.body));
    let reply: Value = serde_json::from_slice(&answer.body).expect("an answer is JSON");
    let status = reply["statusCode"].as_i64().expect("an answer has a status");
    let body = reply["body"].as_str().unwrap_or("null");
    (status, serde_json::from_str(body).unwrap_or_default())
}

struct Check<'a> {
    side: Side,
    job: Job,
    worker: &'a mut Worker,
    engine: &'a Engine,
    work: &'a Work,
}

impl Check<'_> {
    async fn ask(&mut self, event: &Value) -> (i64, Value) {
        http(&self.worker.invoke(event.to_string().as_bytes()).await)
    }

    async fn refused(&mut self, what: &str, event: &Value, want: i64) {
        let (status, _) = self.ask(event).await;
        self.same(what, status, want);
    }

    fn same(&self, what: &str, got: impl Into<Value>, want: impl Into<Value>) {
        let (got, want) = (got.into(), want.into());
        assert_eq!(got, want, "{} in {}: {what}", self.job.name(), self.side.name());
    }

    async fn submit(&mut self) {
        let before = self.engine.count("DossiersTable");
        let event = self.work.submit("check-1");
        let (status, receipt) = self.ask(&event).await;
        self.same("a dossier is taken in", status, 201);
        self.same("its first status", receipt["status"].clone(), 1);
        self.same("its first version", receipt["version"].clone(), 1);
        let code = receipt["code"].as_str().expect("a code").to_owned();
        let item = self.engine.item("DossiersTable", "code", &code).expect("the dossier is kept");
        self.same("its version in the table", item["version"]["N"].clone(), "1");
        let content = self.engine.item("ContentsTable", "code", &code).expect("content is kept");
        let name = content["applicant"]["M"]["fullName"]["S"].clone();
        self.same("its applicant in the table", name, "Trần Thị Mẫu");
        let (status, again) = self.ask(&event).await;
        self.same("the same request again", status, 201);
        self.same("the same answer again", again, receipt.clone());
        self.same("one dossier", self.engine.count("DossiersTable") - before, 1);
        let other = self.work.submit_with("check-1", |body| {
            body["documents"][0]["name"] = json!("khac.pdf");
        });
        self.refused("the key of another request", &other, 422).await;
        let second = self.work.submit("check-2");
        let (status, next) = self.ask(&second).await;
        self.same("another key", status, 201);
        assert_ne!(next["code"], receipt["code"], "{}: two dossiers, one code", self.side.name());
        let mut bare = self.work.submit("check-3");
        bare["headers"].as_object_mut().expect("headers").remove("idempotency-key");
        self.refused("no key", &bare, 400).await;
        let broken = self.work.submit_with("check-4", |body| {
            body["applicant"]["phone"] = json!("12");
        });
        self.refused("a number that is none", &broken, 400).await;
        let unknown = self.work.submit_with("check-5", |body| {
            body["procedure"] = json!("9.999999");
        });
        let (status, _) = self.ask(&unknown).await;
        self.same("a procedure that there is not", status / 100, 4);
        let theirs = self.work.submit_with("check-6", |body| {
            body["applicant"]["idNumber"] = json!("087092007788");
        });
        self.refused("for another person", &theirs, 403).await;
        self.same("nothing more is kept", self.engine.count("DossiersTable") - before, 2);
    }

    /// Needs the two dossiers of [`Check::submit`].
    async fn change(&mut self) {
        let codes = self.codes();
        let event = self.work.change(&codes[0], "check-change");
        let (status, moved) = self.ask(&event).await;
        self.same("a dossier is received", status, 200);
        self.same("its status", moved["status"].clone(), 2);
        self.same("its version", moved["version"].clone(), 2);
        let due = moved["dueAt"].as_str().expect("a due date").to_owned();
        let item = self.engine.item("DossiersTable", "code", &codes[0]).expect("it is there");
        self.same("its version in the table", item["version"]["N"].clone(), "2");
        self.same("its due date in the table", item["dueAt"]["S"].clone(), due);
        let (status, again) = self.ask(&event).await;
        self.same("the same command again", status, 200);
        self.same("its answer again", again["version"].clone(), 2);
        let stale = self.work.change(&codes[0], "check-stale");
        self.refused("another on a version that is past", &stale, 409).await;
        let illegal = self.work.change_with(&codes[0], "check-illegal", |body| {
            body["expectedVersion"] = json!(2);
        });
        self.refused("a move that the law does not know", &illegal, 422).await;
        let nowhere = self.work.change("H20.101-261116-8888", "check-nowhere");
        self.refused("no dossier", &nowhere, 404).await;
        let mut stranger = self.work.change(&codes[1], "check-stranger");
        stranger["requestContext"]["authorizer"]["jwt"]["claims"]["agency"] = json!("H20.12");
        self.refused("an officer of elsewhere", &stranger, 403).await;
        let left = self.engine.item("DossiersTable", "code", &codes[1]).expect("it is there");
        self.same("the other is as it was", left["version"]["N"].clone(), "1");
    }

    /// The codes of the dossiers that the checks of submissions have left, the older first.
    fn codes(&self) -> Vec<String> {
        let request = serde_json::from_value(json!({ "TableName": "DossiersTable" }));
        let found = self.engine.database.scan(request.expect("a request")).expect("an answer");
        let found = serde_json::to_value(found).expect("an answer");
        let items = found["Items"].as_array().expect("items").iter();
        let codes = items.filter_map(|item| item["code"]["S"].as_str().map(str::to_owned));
        let mut codes: Vec<String> = codes.collect();
        codes.sort();
        assert_eq!(codes.len(), 2, "{} has left {codes:?}", self.side.name());
        codes
    }

    async fn batch(&mut self, event: &Value) -> Value {
        let answer = self.worker.invoke(event.to_string().as_bytes()).await;
        assert!(!answer.failed, "the batch failed: {}", text(&answer.body));
        serde_json::from_slice(&answer.body).expect("an answer is JSON")
    }

    async fn ingest_submit(&mut self) {
        let before = self.engine.count("DossiersTable");
        let records = self.engine.count("EventsTable");
        let event = self.work.ingest_submit(990..992);
        for time in ["first", "again"] {
            let answer = self.batch(&event).await;
            self.same(time, answer["batchItemFailures"].clone(), json!([]));
            let kept = self.engine.count("DossiersTable") - before;
            self.same("dossiers", kept, 2);
        }
        self.same("none is parked", self.engine.sent().len(), 0);
        self.same("records of events", self.engine.count("EventsTable") - records, 2);
        let mut stranger = self.work.ingest_submit(994..995);
        stranger["Records"][0]["attributes"]["SenderId"] = json!("AROASOMEBODYELSE0001X:else");
        self.batch(&stranger).await;
        self.same("a stranger's is parked", self.engine.sent().len(), 1);
        let mut broken = self.work.ingest_submit(992..994);
        broken["Records"][0]["body"] = json!("no JSON");
        let answer = self.batch(&broken).await;
        self.same("a broken one", answer["batchItemFailures"].clone(), json!([]));
        self.same("its neighbour", self.engine.count("DossiersTable") - before, 3);
        let parked = self.engine.sent();
        self.same("it is parked", parked.len(), 1);
        self.same("where", parked[0].queue.clone(), "IntegratorsDeadLetters");
        let reason = &parked[0].attributes["reason"]["StringValue"];
        assert!(reason.is_string(), "{}: parked without a reason", self.side.name());
    }

    async fn ingest_transition(&mut self) {
        let event = self.work.ingest_transition(990..992);
        for time in ["first", "again"] {
            let answer = self.batch(&event).await;
            self.same(time, answer["batchItemFailures"].clone(), json!([]));
            let code = Work::integrators_code(990);
            let item = self.engine.item("DossiersTable", "code", &code).expect("it is there");
            self.same("its version", item["version"]["N"].clone(), "2");
        }
        self.same("none is parked", self.engine.sent().len(), 0);
    }

    async fn relay(&mut self) {
        let items: Vec<Value> = self
            .codes_of_integrators()
            .iter()
            .map(|code| self.engine.item("DossiersTable", "code", code).expect("it is there"))
            .collect();
        let mut event = self.work.relay(&items);
        event["Records"][1]["dynamodb"]["NewImage"]["version"] = json!({ "S": "none" });
        let answer = self.worker.invoke(event.to_string().as_bytes()).await;
        assert!(!answer.failed, "the batch failed: {}", text(&answer.body));
        let sent = self.engine.sent();
        let (notices, parked): (Vec<_>, Vec<_>) =
            sent.into_iter().partition(|sent| sent.queue == "NoticesQueue");
        self.same("the unreadable one is parked", parked.len(), 1);
        self.same("where", parked[0].queue.clone(), "RelayFailuresQueue");
        // Each step that the other has taken so far.
        let version: u64 = items[0]["version"]["N"].as_str().and_then(|n| n.parse().ok()).unwrap();
        let mut versions: Vec<Value> = notices
            .iter()
            .map(|sent| {
                let event: Value = serde_json::from_str(&sent.body).expect("an event is JSON");
                assert_eq!(event["specversion"], "1.0", "{}", sent.body);
                assert_eq!(event["subject"], items[0]["code"]["S"], "{}", sent.body);
                event["data"]["version"].clone()
            })
            .collect();
        versions.sort_by_key(Value::as_u64);
        self.same(
            "steps of the other are told",
            versions,
            json!((1..=version).collect::<Vec<_>>()),
        );
        let mut gone = self.work.relay(&items[..1]);
        gone["Records"][0]["eventName"] = json!("REMOVE");
        gone["Records"][0]["dynamodb"]["NewImage"] = json!({});
        let answer = self.worker.invoke(gone.to_string().as_bytes()).await;
        assert!(!answer.failed, "a removal failed: {}", text(&answer.body));
        self.same("a removal is told to nobody", self.engine.sent().len(), 0);
    }

    /// Two dossiers that were received, of integrators where the side has them.
    fn codes_of_integrators(&self) -> Vec<String> {
        if Job::IngestSubmit.is_of(self.side) {
            return [990, 991].map(Work::integrators_code).into();
        }
        let code = self.codes().swap_remove(0);
        vec![code.clone(), code]
    }
}
