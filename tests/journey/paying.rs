//! A fee is paid through the payment platform's stand-in, over the deployed doors and under the
//! functions' own roles, while their processes are killed in the middle of what they do.

use local::demo::Killer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{DOSSIERS, TAKE_PAYMENT, somebody};
use crate::support::call::{AGENCY, Answer, CITIZEN};
use crate::support::stack::{Stack, setting, unique};

/// How long the stand-in holds an answer back while its caller is killed, in milliseconds; shorter
/// than the caller waits.
const HELD_MS: u64 = 1_500;

/// Somebody who owes a fee.
struct Payer {
    stack: Stack,
    code: String,
    token: String,
}

impl Payer {
    async fn new() -> Self {
        let stack = Stack::new();
        let (portal, officer) = (stack.portal().await, stack.officer(AGENCY).await);
        let (body, _) = somebody();
        let key = unique("payer");
        let slip = stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&key), body).await;
        let code = slip.code();
        for (version, action) in [(1, "receive"), (2, "request-payment")] {
            let answer = stack.act(&officer, &code, action, version).await;
            assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        }
        let token = stack.token(json!({ "role": "citizen", "idNumber": CITIZEN })).await;
        Self { stack, code, token }
    }

    async fn begins(&self) -> Answer {
        let door = format!("{DOSSIERS}/{}/payments", self.code);
        self.stack.call(Method::POST, &door, Some(&self.token), None, Value::Null).await
    }

    /// Tries until an attempt is open; its name.
    async fn begun(&self) -> String {
        let begun = || async {
            let answer = self.begins().await;
            (answer.status == 200).then(|| answer.body["reference"].as_str().unwrap().to_owned())
        };
        self.stack.until("an open attempt", begun).await
    }

    /// What the browser brings back, once it was paid.
    async fn pays(&self, reference: &str) -> String {
        let back = platform(Method::POST, &format!("/pay/{reference}"), json!({})).await;
        let text = |name: &str| back[name].as_str().unwrap().to_owned();
        let [data, code, secure] = ["data", "responseCode", "secureCode"].map(text);
        format!("/v1/callbacks/payment?data={data}&responseCode={code}&secureCode={secure}")
    }

    /// What the payer sees of their payment.
    async fn line(&self) -> Value {
        let door = format!("{DOSSIERS}/{}/payments", self.code);
        let seen = self.stack.get(&door, Some(&self.token)).await;
        assert_eq!(seen.status, 200, "{}", seen.body);
        seen.body["items"][0].clone()
    }
}

/// One exchange with the stand-in.
async fn platform(method: Method, path: &str, body: Value) -> Value {
    let url = format!("{}{path}", setting("PAYMENTS_URL"));
    let http = platform::gateway::http_client(std::time::Duration::from_secs(10)).unwrap();
    let answer = http.request(method, url).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap_or(Value::Null)
}

async fn holds_back(message: &str, about: &str) {
    let fault = json!({
        "mode": "slow", "message": message, "about": about, "times": 1, "delayMs": HELD_MS,
    });
    platform(Method::PUT, "/fault", fault).await;
}

/// Waits until the stand-in has acted on the message that it holds back, and kills who waits for it.
async fn killed_in_the_middle(stack: &Stack, message: &str, about: &str) {
    let acted = || async {
        let faults = platform(Method::GET, "/fault", Value::Null).await;
        let mut faults = faults.as_array().unwrap().iter();
        let of_it = |fault: &&Value| fault["message"] == message && fault["about"] == about;
        (faults.find(of_it).unwrap()["times"] == 0).then_some(())
    };
    stack.until("the message that is held back", acted).await;
    let settings = std::env::var("STACK_ENV").unwrap();
    let mut killer = Killer::of(settings.as_ref(), 0).unwrap();
    assert!(killer.kill_all("-take-payment") > 0, "nobody waits for {message}");
}

#[tokio::test]
async fn a_fee_counts_once_though_the_function_is_killed_in_the_middle_of_each_of_its_calls() {
    let _alone = TAKE_PAYMENT.lock().await;
    let payer = Payer::new().await;
    let (stack, code) = (&payer.stack, payer.code.as_str());
    holds_back("INIT", code).await;
    let (answer, ()) = futures::join!(payer.begins(), killed_in_the_middle(stack, "INIT", code));
    assert!(answer.status >= 500, "{}: {}", answer.status, answer.body);
    let reference = payer.begun().await;
    let way_back = payer.pays(&reference).await;
    holds_back("GET_BILL", &reference).await;
    let (answer, ()) = futures::join!(
        stack.get(&way_back, None),
        killed_in_the_middle(stack, "GET_BILL", &reference)
    );
    assert!(answer.status >= 500, "{}: {}", answer.status, answer.body);
    assert_eq!(payer.line().await["state"], "pending");
    // The payer loads the page again, in two windows, and once more.
    let (one, other) = futures::join!(stack.get(&way_back, None), stack.get(&way_back, None));
    assert!([one.status, other.status].iter().all(|status| [200, 503].contains(status)));
    let again = stack.get(&way_back, None).await;
    assert_eq!((again.status, &again.body["state"]), (200, &json!("paid")), "{}", again.body);
    let line = payer.line().await;
    assert_eq!((&line["state"], &line["owedBackVnd"]), (&json!("paid"), &json!(0)));
    let attempts = line["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2, "the attempt whose beginning nobody saw, and the one after it");
    let case = stack.get(&format!("{DOSSIERS}/{code}/case"), Some(&payer.token)).await;
    assert_eq!(case.body["version"], 4, "it moved once: {}", case.body);
    let receipt = &case.body["fees"]["requests"][0]["receipt"];
    assert_eq!((&receipt["reference"], &receipt["how"]), (&json!(reference), &json!("online")));
}

#[tokio::test]
async fn whoever_was_not_answered_clicks_again_and_a_return_that_nobody_signed_is_turned_away() {
    let _alone = TAKE_PAYMENT.lock().await;
    let payer = Payer::new().await;
    let lost = json!({ "mode": "drop-after", "message": "INIT", "about": payer.code, "times": 1 });
    platform(Method::PUT, "/fault", lost).await;
    assert_eq!(payer.begins().await.status, 503);
    let reference = payer.begun().await;
    let forged = format!(
        "/v1/callbacks/payment?data={reference}&responseCode=00&secureCode={}",
        "0".repeat(64)
    );
    assert_eq!(payer.stack.get(&forged, None).await.status, 401);
    let way_back = payer.pays(&reference).await;
    // The address promises what the platform, asked, does not know of.
    let denied =
        json!({ "mode": "wrong-code", "message": "GET_BILL", "about": reference, "times": 1 });
    platform(Method::PUT, "/fault", denied).await;
    assert_eq!(payer.stack.get(&way_back, None).await.body["state"], "pending");
    assert_eq!(payer.stack.get(&way_back, None).await.body["state"], "paid");
    assert_eq!(payer.line().await["owed"], false);
}
