//! The gateways' stand-in as a process: killed, it forgets no more than a vendor would.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "all of this crate is tests, and what the tests share fails like a test"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use local::gateways::registered_templates;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

/// The file with the texts that Zalo has approved.
fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/templates.json")
}

/// A running stand-in; its process is killed with the value.
struct StandIn {
    process: Child,
    url: String,
    http: Client,
}

impl StandIn {
    /// Starts it on a free port with what it remembers in `memory`.
    fn start(memory: &Path) -> Self {
        let account = json!({
            "ZALO_APP_ID": "app", "ZALO_APP_SECRET": "secret", "ZALO_REFRESH_TOKEN": "first",
            "ZALO_OA_SECRET": "oa", "ZALO_ACCESS_TOKEN": "fixed", "SPEEDSMS_TOKEN": "s",
            "VNPT_API_PASSWORD": "v",
        });
        let mut process = Command::new(env!("CARGO_BIN_EXE_gateways"))
            .args(["--port", "0", "--account", &account.to_string(), "--memory"])
            .arg(memory)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("gateways: ").expect("it ended at its start").to_owned();
        let http = local::http::client(Duration::from_secs(10)).unwrap();
        Self { process, url, http }
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }

    /// Renews the account's tokens.
    async fn renew(&self, refresh_token: &str) -> Value {
        let form =
            [("app_id", "app"), ("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        let request = self.post("/zalo-login/v4/oa/access_token");
        answer(request.header("secret_key", "secret").form(&form)).await
    }

    /// The code of Zalo's answer to a message under this access token; 0 is accepted.
    async fn zalo(&self, access_token: &str) -> Value {
        let template = registered_templates(&templates()).unwrap().pop_first().unwrap();
        let message = json!({
            "phone": "84912345678", "template_id": template, "tracking_id": "notice",
            "template_data": { "code": "H20.03-261117-1" },
        });
        let request = self.post("/zalo/message/template");
        answer(request.header("access_token", access_token).json(&message)).await["error"].take()
    }

    /// The code of eSMS's answer to one and the same message; 100 is accepted.
    async fn esms(&self) -> Value {
        let message = json!({
            "ApiKey": "k", "SecretKey": "s", "Brandname": "MOTCUA", "SmsType": "2",
            "Phone": "0912345678", "Content": "Ho so da tiep nhan", "RequestId": "notice",
        });
        let request = self.post("/esms/MainService.svc/json/SendMultipleMessage_V4_post_json/");
        answer(request.json(&message)).await["CodeResult"].take()
    }
}

impl Drop for StandIn {
    /// SIGKILL: nothing of it runs any more that could write its memory down.
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

async fn answer(request: RequestBuilder) -> Value {
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_stand_in_that_was_killed_and_started_again_knows_its_tokens_and_what_it_was_asked() {
    let memory = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("gateways-{}.json", std::process::id()));
    let first = StandIn::start(&memory);
    let granted = first.renew("first").await;
    let [access, refresh] =
        ["access_token", "refresh_token"].map(|name| granted[name].as_str().unwrap());
    assert_eq!(first.zalo(access).await, 0);
    assert_eq!(first.esms().await, "100");
    drop(first);

    let second = StandIn::start(&memory);
    assert_eq!(second.zalo(access).await, 0, "the access token is forgotten");
    assert_eq!(second.renew("first").await["error"], -14020, "used is used");
    let renewed = second.renew(refresh).await;
    assert!(renewed["access_token"].is_string(), "the refresh token is forgotten: {renewed}");
    assert_eq!(second.esms().await, "124", "the request is forgotten");
    drop(second);
    std::fs::remove_file(&memory).unwrap();
}
