//! One case in full, told step by step: from three uploaded documents to a signed result in the
//! applicant's hands.
//!
//! It comes after everything that is counted, with an authority of its own that signs the result.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signer::{Authority, Making, Method as Signing, ONE_PAGE, Paper, signed};

use super::LOOK;
use super::error::{DemoError, slug};
use super::scenario::on_the_wall;
use super::screen::{Screen, grouped};
use super::stack::{Asker, Stack};
use crate::hex;

/// A change of land, which asks for three documents and is worked on in steps.
const PROCEDURE: &str = "1.013831";
const AGENCY: &str = "H20.12";
const CITIZEN: &str = "087085001234";

/// Where the citizen wants the result sent.
const ADDRESS: &str = "12 Lê Lợi, phường Sa Đéc";

/// How long the order of a result may take.
const ORDERED_WITHIN: Duration = Duration::from_secs(60);

/// How long a verdict on a document may take.
const INSPECTED_WITHIN: Duration = Duration::from_secs(60);

/// What the story came to.
#[derive(Debug)]
pub(super) struct Told {
    /// The dossier of the case.
    pub(super) code: String,
    /// SHA-256 of the file that the officer signed.
    pub(super) signed: String,
    /// SHA-256 of the file that the citizen fetched.
    pub(super) fetched: String,
    /// What the citizen was asked to pay, in đồng.
    pub(super) owed: u64,
    /// What the payment platform has of it, in đồng.
    pub(super) paid: u64,
    /// What the citizen's receipt says, in đồng.
    pub(super) receipt: u64,
    /// Orders that the post has for the result.
    pub(super) ordered: u64,
    /// Reads of personal data that the story makes.
    pub(super) read: u64,
    /// Those that the citizen finds recorded.
    pub(super) recorded: u64,
}

/// Who tells it.
struct Teller<'a> {
    stack: &'a Stack,
    screen: &'a Screen,
    began: Instant,
    /// Part of every Idempotency-Key.
    run: String,
    read: u64,
    owed: u64,
    paid: u64,
}

/// A document in object storage.
struct Kept {
    id: String,
    sha256: String,
}

impl Kept {
    fn named(&self, code: &str) -> Value {
        json!({ "code": code, "upload": self.id, "sha256": self.sha256 })
    }
}

fn citizen() -> Asker {
    Asker::Citizen(CITIZEN.to_owned())
}

/// The officer of the case.
pub(super) fn officer() -> Asker {
    Asker::Officer(AGENCY.to_owned())
}

fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// A PDF of one page that no other one is equal to.
fn page(mark: &str) -> Vec<u8> {
    Paper::new().revision(&ONE_PAGE, &format!("/Mark({mark})")).bytes
}

/// What a browser may be led to by anybody.
fn forged(reference: &str) -> Value {
    json!({ "data": reference, "responseCode": "00", "secureCode": "0".repeat(64) })
}

/// Tells the case.
pub(super) async fn tell(stack: &Stack, screen: &Screen) -> Result<Told, DemoError> {
    screen.title("One case, from the upload to the signed result");
    let run = format!("{:08x}", fastrand::u32(..));
    let mut teller =
        Teller { stack, screen, began: Instant::now(), run, read: 0, owed: 0, paid: 0 };
    let authority = Authority::anchor("CA of the demonstration");
    teller.trust(&authority).await?;
    let code = teller.hand_in().await?;
    teller.work(&code).await?;
    let attempt = teller.pay(&code).await?;
    let result = signed(&authority.holder(Signing::EcdsaP256, |_| {}), &Making::default());
    let (id, receipt) = teller.finish(&code, &result, &attempt).await?;
    let ordered = teller.ordered(&code).await?;
    let fetched = teller.fetch(&code, &id, citizen()).await?;
    teller.line("the citizen downloads the result: it is the officer's file, byte by byte");
    let reads = format!("/v1/dossiers/{code}/reads");
    let reads = stack.api(Method::GET, &reads, citizen(), None, None).await?;
    let recorded = reads["items"].as_array().map_or(0, Vec::len) as u64;
    teller.line(&format!("the citizen sees who has looked: {recorded} reads, each with its time"));
    let Teller { read, owed, paid, .. } = teller;
    let (signed, fetched) = (sha256(&result), sha256(&fetched));
    Ok(Told { code, signed, fetched, owed, paid, receipt, ordered, read, recorded })
}

impl Teller<'_> {
    fn line(&self, what: &str) {
        let took = format!("{:6.1} s", self.began.elapsed().as_secs_f64());
        let mark = self.screen.paint("✓", "32");
        self.screen.line(&format!("  {mark} {}  {what}", self.screen.dim(&took)));
    }

    async fn asked(
        &self,
        (method, path): (Method, &str),
        by: Asker,
        body: Option<&Value>,
        step: &str,
    ) -> Result<Value, DemoError> {
        let key = format!("story-{}-{step}", self.run);
        self.stack.api(method, path, by, body, Some(&key)).await
    }

    /// Has the province trust the authority whose officers sign.
    async fn trust(&self, authority: &Authority) -> Result<(), DemoError> {
        let catalogue = "/v1/catalogue";
        let administrator = || Asker::Administrator;
        let shown = self.stack.api(Method::GET, catalogue, administrator(), None, None).await?;
        let mut intake = super::data("intake.json")?;
        intake["trustAnchors"] = json!([{
            "name": "CA of the demonstration", "certificate": STANDARD.encode(&authority.certificate),
            "validFrom": "2026-01-01", "validTo": null, "source": "make demo", "trust": "unverified",
        }]);
        let body = json!({
            "expectedEdition": shown["edition"], "files": { "intake.json": intake.to_string() },
        });
        self.stack.api(Method::PUT, catalogue, administrator(), Some(&body), None).await?;
        // Functions look for a newer edition once a second here.
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.line("the administrator publishes which authority signs results");
        Ok(())
    }

    /// Uploads `content` as `by` and waits for the verdict on it.
    async fn upload(&self, content: &[u8], by: Asker) -> Result<Kept, DemoError> {
        let sha256 = sha256(content);
        let body = json!({
            "mediaType": "application/pdf", "bytes": content.len(), "sha256": sha256,
        });
        let documents = "/v1/documents";
        let asked = self.stack.api(Method::POST, documents, by.clone(), Some(&body), None).await?;
        self.stack.store(&asked["upload"], content).await?;
        let id = asked["id"].as_str().unwrap_or_default().to_owned();
        let (path, since) = (format!("{documents}/{id}"), Instant::now());
        loop {
            let seen = self.stack.api(Method::GET, &path, by.clone(), None, None).await?;
            match seen["state"].as_str() {
                Some("usable") => return Ok(Kept { id, sha256 }),
                Some("awaited") if since.elapsed() < INSPECTED_WITHIN => {
                    tokio::time::sleep(LOOK).await;
                }
                _ => {
                    return Err(DemoError::CannotGoOn(format!("a document is not usable: {seen}")));
                }
            }
        }
    }

    /// The citizen uploads, is refused for a document that is missing, and completes.
    async fn hand_in(&self) -> Result<String, DemoError> {
        let files = ["application", "certificate", "contract"].map(page);
        let kept = futures::future::try_join_all(files.iter().map(|f| self.upload(f, citizen())));
        let kept = kept.await?;
        self.line("a citizen uploads three PDFs, which are inspected");
        let documents: Vec<Value> =
            ["TK", "GCN", "HD"].iter().zip(&kept).map(|(code, kept)| kept.named(code)).collect();
        let mut body = json!({
            "procedure": PROCEDURE, "agency": AGENCY, "channel": "online",
            "applicant": {
                "kind": "citizen", "fullName": "Nguyễn Thị Mẫu", "idNumber": CITIZEN,
                "phone": "0912345678",
            },
            "documents": &documents[..2],
            "resultTo": { "address": ADDRESS, "province": "82" },
        });
        let door = (Method::POST, "/v1/dossiers");
        match self.asked(door.clone(), citizen(), Some(&body), "incomplete").await {
            Err(DemoError::Problem { status: 400, document })
                if document["errors"][0]["rule"] == "required-document" => {}
            Err(otherwise) => return Err(otherwise),
            Ok(_) => {
                let text = "a dossier without a required document was taken in";
                return Err(DemoError::CannotGoOn(text.to_owned()));
            }
        }
        self.line("hands in two of them: refused, the third is named as missing");
        body["documents"] = documents.into();
        let slip = self.asked(door, citizen(), Some(&body), "complete").await?;
        let code = slip["code"].as_str().unwrap_or_default().to_owned();
        self.line(&format!("hands in all three: dossier {code}"));
        Ok(code)
    }

    /// An officer receives, takes the dossier into a step, reads it, and asks for one document
    /// again; the citizen sends it.
    async fn work(&mut self, code: &str) -> Result<(), DemoError> {
        self.moved(code, officer(), &json!({ "action": "receive", "expectedVersion": 1 })).await?;
        let body = json!({
            "assignee": "me", "step": "verify", "expectedVersion": 2, "expectedAssignment": 0,
        });
        let door = format!("/v1/dossiers/{code}/assignment");
        let door = (Method::POST, door.as_str());
        let held = self.asked(door, officer(), Some(&body), "assignment").await?;
        let due = on_the_wall(held["step"]["dueAt"].as_str().unwrap_or_default());
        self.line(&format!("an officer receives it and takes it to verify, until {due}"));
        let case = self.case(code, officer()).await?;
        let contract = case["documents"][2]["source"]["id"].as_str().unwrap_or_default().to_owned();
        let content = self.fetch(code, &contract, officer()).await?;
        if content != page("contract") {
            let text = "the officer did not get the document that the citizen sent";
            return Err(DemoError::CannotGoOn(text.to_owned()));
        }
        self.line("reads the case and the contract");
        let ask = json!({
            "action": "request-supplement", "expectedVersion": 2, "reason": "Hợp đồng thiếu trang.",
            "askedFor": [{ "code": "HD", "reason": "Thiếu trang 2." }],
        });
        self.moved(code, officer(), &ask).await?;
        self.line("asks for the contract again, and why");
        let whole = self.upload(&page("contract, whole"), citizen()).await?;
        let brought = json!({
            "action": "supplement", "expectedVersion": 3, "documents": [whole.named("HD")],
        });
        self.moved(code, citizen(), &brought).await?;
        self.line("the citizen uploads it and completes the dossier");
        Ok(())
    }

    /// An officer asks for the fee, and the citizen pays it through the payment platform; returns
    /// the name of the attempt.
    async fn pay(&mut self, code: &str) -> Result<String, DemoError> {
        let ask = json!({ "action": "request-payment", "expectedVersion": 4 });
        self.moved(code, officer(), &ask).await?;
        let door = format!("/v1/dossiers/{code}/payments");
        let door = (Method::POST, door.as_str());
        let begun = self.asked(door, citizen(), None, "payment").await?;
        self.owed = begun["amountVnd"].as_u64().unwrap_or_default();
        self.line(&format!("the officer asks for the fee of {} đồng", grouped(self.owed)));
        let reference = begun["reference"].as_str().unwrap_or_default().to_owned();
        match self.stack.came_back(&forged(&reference)).await {
            Err(DemoError::Problem { status: 401, .. }) => {}
            Err(otherwise) => return Err(otherwise),
            Ok(shown) => {
                let text = format!("a way back that nobody signed was believed: {shown}");
                return Err(DemoError::CannotGoOn(text));
            }
        }
        self.line("a way back that says it was paid, and that nobody signed, counts for nothing");
        let back = self.stack.pays(&reference).await?;
        let shown = self.stack.came_back(&back).await?;
        if shown["state"] != "paid" {
            return Err(DemoError::CannotGoOn(format!("the payment does not count: {shown}")));
        }
        let bill = self.stack.bill(&reference).await?;
        self.paid = bill["paidVnd"].as_u64().unwrap_or_default();
        let asked = bill["asked"].as_u64().unwrap_or_default();
        if asked == 0 {
            let text = "a payment counts after which nobody asked".to_owned();
            return Err(DemoError::CannotGoOn(text));
        }
        self.line("the citizen pays and comes back; the platform is asked, and the payment counts");
        // As its schedule does each minute: for a payer who does not come back.
        let settle = self.stack.setting("SETTLE_PAYMENTS_FUNCTION")?;
        self.stack.aws.invoke(settle, &json!({})).await?;
        Ok(reference)
    }

    /// The officer finishes with a signed result; returns the id under which it is fetched, and the
    /// sum of the receipt that the citizen finds in their case.
    async fn finish(
        &mut self,
        code: &str,
        result: &[u8],
        attempt: &str,
    ) -> Result<(String, u64), DemoError> {
        let kept = self.upload(result, officer()).await?;
        let end = json!({
            "action": "finish", "expectedVersion": 6,
            "result": { "kind": "electronic", "upload": kept.id, "sha256": kept.sha256 },
        });
        self.moved(code, officer(), &end).await?;
        self.line("the officer finishes with a signed PDF, whose signature was verified");
        self.await_order(code).await?;
        self.line("the post has an order to bring it to the citizen's address");
        let handed = json!({
            "action": "return-result", "expectedVersion": 7, "handover": { "how": "online" },
        });
        self.moved(code, officer(), &handed).await?;
        let case = self.case(code, citizen()).await?;
        let receipt = &case["fees"]["requests"][0]["receipt"];
        if receipt["reference"] != attempt || receipt["how"] != "online" {
            return Err(DemoError::CannotGoOn(format!("the case has no receipt: {receipt}")));
        }
        let receipt = receipt["amountVnd"].as_u64().unwrap_or_default();
        self.line(&format!("the citizen finds the receipt of {} đồng", grouped(receipt)));
        let results = case["results"].as_array().into_iter().flatten();
        let mut ids = results.filter_map(|result| result["result"]["document"]["id"].as_str());
        let missing =
            || DemoError::CannotGoOn(format!("the case has no result: {}", case["results"]));
        Ok((ids.next().ok_or_else(missing)?.to_owned(), receipt))
    }

    /// How many orders the post has for a result of the dossier.
    async fn ordered(&self, code: &str) -> Result<u64, DemoError> {
        let orders = self.stack.postal_orders().await?;
        let orders = orders.as_object().into_iter().flatten();
        let to_them = |(number, order): &(&String, &Value)| {
            let address = order["Receiver"]["Address"].as_str().unwrap_or_default();
            number.starts_with(&format!("{code}-")) && address.contains(ADDRESS)
        };
        Ok(orders.filter(to_them).count() as u64)
    }

    /// Waits until the post has an order: it is handed over another way as soon as somebody says so.
    async fn await_order(&self, code: &str) -> Result<(), DemoError> {
        let since = Instant::now();
        while self.ordered(code).await? == 0 {
            if since.elapsed() > ORDERED_WITHIN {
                let text = "the post has no order for the result".to_owned();
                return Err(DemoError::CannotGoOn(text));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn moved(&self, code: &str, by: Asker, body: &Value) -> Result<(), DemoError> {
        let path = format!("/v1/dossiers/{code}/transitions");
        let step = body["action"].as_str().unwrap_or_default();
        let since = Instant::now();
        loop {
            match self.asked((Method::POST, &path), by.clone(), Some(body), step).await {
                // A matter of seconds, says the contract.
                Err(DemoError::Problem { document, .. })
                    if slug(&document) == "documents-under-inspection"
                        && since.elapsed() < INSPECTED_WITHIN =>
                {
                    tokio::time::sleep(LOOK).await;
                }
                answer => return answer.map(|_| ()),
            }
        }
    }

    async fn case(&mut self, code: &str, by: Asker) -> Result<Value, DemoError> {
        self.read += 1;
        let path = format!("/v1/dossiers/{code}/case");
        self.stack.api(Method::GET, &path, by, None, None).await
    }

    /// The content of a document, from the address that the door gives for a minute.
    async fn fetch(&mut self, code: &str, id: &str, by: Asker) -> Result<Vec<u8>, DemoError> {
        self.read += 1;
        let path = format!("/v1/dossiers/{code}/documents/{id}");
        let given = self.stack.api(Method::GET, &path, by, None, None).await?;
        self.stack.content(given["url"].as_str().unwrap_or_default()).await
    }
}
