//! Documents that other systems keep: copied once into our storage, inspected there, and opened by
//! officers whatever becomes of the host.

use std::collections::BTreeMap;
use std::sync::Mutex;

use domain::catalogue::Catalogue;
use fetch_document::{Desk, fetch};
use inspect_document::MalwareScan;
use inspection::sha256;
use platform::Failure;
use platform::catalogue::{Texts, UndecidedYears};
use platform::document_copy::copy_id;
use platform::port::{Copies, DocumentSources, DossierStore, Shelves};
use repair_relay::{Order, Queues, repair};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, Call, submission};
use crate::support::file;
use crate::support::shelf::{Shelf, notification, pdf};
use crate::support::teller::changed;
use crate::support::world::{Kept, NOW, World, at};

/// The hosts of other systems: what each address gives, and how often it was asked.
#[derive(Default)]
struct Hosts {
    given: Mutex<BTreeMap<String, Vec<u8>>>,
    asked: Mutex<Vec<String>>,
}

impl Hosts {
    fn giving(content: &[u8]) -> Self {
        let hosts = Self::default();
        hosts.give(content);
        hosts
    }

    fn give(&self, content: &[u8]) {
        self.given.lock().unwrap().insert(URL.to_owned(), content.to_vec());
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl DocumentSources for Hosts {
    async fn fetch(&self, url: &str, bytes_max: u64) -> Result<Vec<u8>, Failure> {
        self.asked.lock().unwrap().push(url.to_owned());
        let found = self.given.lock().unwrap().get(url).cloned();
        let mut content =
            found.ok_or_else(|| Failure::unavailable("the host of a document", "answered 503"))?;
        content.truncate(usize::try_from(bytes_max).unwrap() + 1);
        Ok(content)
    }
}

/// Where the required documents of the submissions here lie.
const URL: &str = "https://files.example/canary-contract.pdf";

/// The shipped catalogue, in which what lies on `files.example` is copied.
fn copying() -> Catalogue {
    let mut intake: Value = serde_json::from_str(&file("infra/data/intake.json")).unwrap();
    for host in intake["documentHosts"].as_array_mut().unwrap() {
        if host["host"] == "files.example" {
            host["copied"] = true.into();
        }
    }
    let changed = BTreeMap::from([("intake.json".to_owned(), intake.to_string())]);
    Texts::built_in().with(changed).unwrap().assemble(UndecidedYears::Refused).unwrap()
}

/// A dossier whose documents are all at [`URL`], with this content.
async fn handed_in(world: &World, content: &[u8]) -> String {
    let mut body = submission();
    for document in body["documents"].as_array_mut().unwrap() {
        (document["url"], document["sha256"]) = (URL.into(), sha256(content).into());
    }
    Call::submit("k").body(&body).at_submit(&world.intake, world, at(NOW)).await.code()
}

async fn copied_over(
    world: &World,
    copies: &impl Copies,
    (hosts, shelf): (&Hosts, &impl Shelves),
    code: &str,
) -> Result<(), Failure> {
    let catalogue = &copying();
    let desk =
        Desk { dossiers: &world.dossiers, copies, sources: hosts, shelves: shelf, catalogue };
    fetch(&changed(world, code, 1).await, &desk, at(NOW)).await
}

async fn copied(world: &World, hosts: &Hosts, shelf: &Shelf, code: &str) -> Result<(), Failure> {
    copied_over(world, &world.copies, (hosts, shelf), code).await
}

/// What the bucket says once the copy is there, worked off.
async fn inspected(world: &World, shelf: &Shelf, id: &str) {
    let message = notification(id, "copy-1").to_string();
    let law = (&*world.catalogue, MalwareScan::Optional);
    inspect_document::inspect(&message, &world.uploads, shelf, law, at(NOW)).await.unwrap();
}

/// The first document of the case, as an officer sees it, and the tag of the answer.
async fn first_document(world: &World, code: &str) -> Value {
    let call = Call::new("GET /v1/dossiers/{code}/case").code(code).officer(AGENCY);
    let answer: Answer = call.at_case_by(&copying(), world, at(NOW)).await.into();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["documents"][0].clone()
}

async fn opened(world: &World, code: &str, id: &str) -> Answer {
    let call = Call::new("GET /v1/dossiers/{code}/documents/{id}").code(code).path("id", id);
    call.officer(AGENCY).at_case_by(&copying(), world, at(NOW)).await.into()
}

fn id_of(code: &str, content: &[u8]) -> String {
    copy_id(&code.parse().unwrap(), &sha256(content)).as_str().to_owned()
}

#[tokio::test]
async fn a_document_of_another_system_is_copied_once_inspected_and_opened_by_the_officer() {
    let world = World::new().await;
    let content = pdf("", 0);
    let (hosts, shelf) = (Hosts::giving(&content), Shelf::default());
    let code = handed_in(&world, &content).await;
    for _ in 0..2 {
        copied(&world, &hosts, &shelf, &code).await.unwrap();
        let id = id_of(&code, &content);
        inspected(&world, &shelf, &id).await;
    }
    // All three required documents are one file here, and it is fetched once.
    assert_eq!((hosts.asked(), shelf.versions(&id_of(&code, &content))), (1, 1));
    let document = first_document(&world, &code).await;
    let id = document["source"]["copy"]["id"].as_str().unwrap().to_owned();
    assert_eq!(document["source"]["copy"]["state"], "usable");
    assert_eq!(document["inspection"], "usable");
    // The host may be gone by now.
    let answer = opened(&world, &code, &id).await;
    assert_eq!((answer.status, &answer.body["sha256"]), (200, &json!(sha256(&content))));
    assert!(answer.body["url"].as_str().unwrap().contains("versionId=copy-1"));
}

#[tokio::test]
async fn a_host_that_is_down_is_asked_again_and_the_officer_sees_why_there_is_no_copy() {
    let world = World::new().await;
    let content = pdf("", 0);
    let (hosts, shelf) = (Hosts::default(), Shelf::default());
    let code = handed_in(&world, &content).await;
    let failure = copied(&world, &hosts, &shelf, &code).await.unwrap_err();
    assert_eq!(failure.slug(), "unavailable");
    let document = first_document(&world, &code).await;
    assert_eq!(
        document["source"]["copy"],
        json!({ "state": "missed", "reason": "unreachable", "at": NOW })
    );
    assert_eq!(document["inspection"], "not-ours");
    hosts.give(&content);
    copied(&world, &hosts, &shelf, &code).await.unwrap();
    let document = first_document(&world, &code).await;
    assert_eq!(document["source"]["copy"], json!({ "state": "awaited" }));
}

#[tokio::test]
async fn what_is_not_what_was_declared_is_no_copy_and_nobody_asks_for_it_again() {
    let world = World::new().await;
    for (given, reason) in [
        (pdf("/Other 1 ", 0), "hash-differs"),
        (Vec::new(), "empty-document"),
        (vec![b'x'; 30_000_001], "too-large"),
    ] {
        let content = pdf(&format!("/Mark ({reason}) "), 0);
        let (hosts, shelf) = (Hosts::giving(&given), Shelf::default());
        let mut body = submission();
        for document in body["documents"].as_array_mut().unwrap() {
            (document["url"], document["sha256"]) = (URL.into(), sha256(&content).into());
        }
        let call = Call::submit(reason).body(&body);
        let code = call.at_submit(&world.intake, &world, at(NOW)).await.code();
        for _ in 0..2 {
            copied(&world, &hosts, &shelf, &code).await.unwrap();
        }
        assert_eq!((hosts.asked(), shelf.versions(&id_of(&code, &content))), (1, 0), "{reason}");
        let copy = first_document(&world, &code).await["source"]["copy"].clone();
        assert_eq!((&copy["state"], &copy["reason"]), (&json!("missed"), &json!(reason)));
    }
}

#[tokio::test]
async fn a_page_that_would_run_in_a_browser_is_no_copy_though_its_hash_is_right() {
    let world = World::new().await;
    let content = b"<html><script>alert(1)</script></html>".to_vec();
    let (hosts, shelf) = (Hosts::giving(&content), Shelf::default());
    let code = handed_in(&world, &content).await;
    copied(&world, &hosts, &shelf, &code).await.unwrap();
    let copy = first_document(&world, &code).await["source"]["copy"].clone();
    assert_eq!(copy["reason"], "type-not-accepted");
}

#[tokio::test]
async fn a_host_that_the_catalogue_does_not_copy_is_never_called() {
    let world = World::new().await;
    let content = pdf("", 0);
    let (hosts, shelf) = (Hosts::giving(&content), Shelf::default());
    let code = handed_in(&world, &content).await;
    let desk = Desk {
        dossiers: &world.dossiers,
        copies: &world.copies,
        sources: &hosts,
        shelves: &shelf,
        catalogue: &world.catalogue,
    };
    fetch(&changed(&world, &code, 1).await, &desk, at(NOW)).await.unwrap();
    assert_eq!(hosts.asked(), 0);
    let document = first_document(&world, &code).await;
    assert_eq!(
        (&document["source"]["copy"], &document["inspection"]),
        (&Value::Null, &json!("not-ours"))
    );
}

/// A storage whose process dies before anything is put.
struct Dead;

impl Shelves for Dead {
    async fn put(
        &self,
        _: &domain::upload::UploadId,
        _: &domain::upload::Declared,
        _: Vec<u8>,
    ) -> Result<(), Failure> {
        Err(Failure::Held("the process died"))
    }
}

#[tokio::test]
async fn a_process_that_dies_between_the_row_and_the_content_leaves_a_copy_that_is_made_again() {
    let world = World::new().await;
    let content = pdf("", 0);
    let (hosts, shelf) = (Hosts::giving(&content), Shelf::default());
    let code = handed_in(&world, &content).await;
    copied_over(&world, &world.copies, (&hosts, &Dead), &code).await.unwrap_err();
    assert_eq!(shelf.versions(&id_of(&code, &content)), 0);
    copied(&world, &hosts, &shelf, &code).await.unwrap();
    inspected(&world, &shelf, &id_of(&code, &content)).await;
    assert_eq!(first_document(&world, &code).await["source"]["copy"]["state"], "usable");
}

#[tokio::test]
async fn two_processes_at_once_end_with_one_copy() {
    let world = World::new().await;
    let content = pdf("", 0);
    let (hosts, shelf) = (Hosts::giving(&content), Shelf::default());
    let code = handed_in(&world, &content).await;
    let (one, two) = futures::join!(
        copied(&world, &hosts, &shelf, &code),
        copied(&world, &hosts, &shelf, &code),
    );
    one.and(two).unwrap();
    for version in 1..=shelf.versions(&id_of(&code, &content)) {
        let message = notification(&id_of(&code, &content), &format!("copy-{version}"));
        let law = (&*world.catalogue, MalwareScan::Optional);
        inspect_document::inspect(&message.to_string(), &world.uploads, &shelf, law, at(NOW))
            .await
            .unwrap();
    }
    let document = first_document(&world, &code).await;
    assert_eq!(document["source"]["copy"]["state"], "usable");
}

#[tokio::test]
async fn a_copy_is_opened_in_its_own_dossier_alone_and_the_applicant_cannot_hand_it_in_elsewhere() {
    let world = World::new().await;
    let content = pdf("", 0);
    let (hosts, shelf) = (Hosts::giving(&content), Shelf::default());
    let code = handed_in(&world, &content).await;
    copied(&world, &hosts, &shelf, &code).await.unwrap();
    let id = id_of(&code, &content);
    inspected(&world, &shelf, &id).await;
    let other = Call::submit("other").at_submit(&world.intake, &world, at(NOW)).await.code();
    assert_eq!(opened(&world, &other, &id).await.status, 404);
    let mut body = submission();
    body["documents"][0] = json!({
        "code": body["documents"][0]["code"], "upload": id, "sha256": sha256(&content),
    });
    let answer = Call::submit("claim").body(&body).at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(answer.body["errors"][0]["rule"], "known-upload");
}

#[tokio::test]
async fn a_copy_goes_with_the_content_of_its_dossier() {
    use platform::port::Removal;
    let world = World::new().await;
    let content = pdf("", 0);
    let code = handed_in(&world, &content).await;
    let removals = crate::support::world::removals(&world.client);
    let ids = removals.uploads_of(&code.parse().unwrap()).await.unwrap();
    let copy = copy_id(&code.parse().unwrap(), &sha256(&content));
    assert!(ids.contains(&copy), "{ids:?}");
    assert!(world.dossiers.dossier(&code.parse().unwrap()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_message_that_the_relay_lost_is_sent_again_by_the_night_and_copies_once() {
    let world = World::new().await;
    let content = pdf("", 0);
    let (hosts, shelf) = (Hosts::giving(&content), Shelf::default());
    let code = handed_in(&world, &content).await;
    let night = async |catalogue: &Catalogue| {
        let (notices, fetches) = (Kept::default(), Kept::default());
        let queues = Queues { notices: &notices, fetches: &fetches };
        let tables = world.repair_tables();
        let night = at("2026-11-17T19:00:00Z");
        let outcome = repair(&Order::default(), tables, &queues, catalogue, night).await.unwrap();
        let sent = fetches.sent.into_inner().unwrap();
        assert_eq!(outcome.fetches, sent.len());
        sent
    };
    // Where no host is copied there is nothing to look for.
    assert!(night(&world.catalogue).await.is_empty());
    let catalogue = &copying();
    let desk = Desk {
        dossiers: &world.dossiers,
        copies: &world.copies,
        sources: &hosts,
        shelves: &shelf,
        catalogue,
    };
    // The next night sends it again, and whoever has the copy asks nobody.
    for _ in 0..2 {
        let sent = night(catalogue).await;
        assert_eq!(sent.len(), 1);
        fetch(&sent[0].to_string(), &desk, at(NOW)).await.unwrap();
        inspected(&world, &shelf, &id_of(&code, &content)).await;
    }
    assert_eq!((hosts.asked(), shelf.versions(&id_of(&code, &content))), (1, 1));
    assert_eq!(first_document(&world, &code).await["source"]["copy"]["state"], "usable");
}
