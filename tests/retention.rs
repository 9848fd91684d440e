//! The end of what was handed in: when its time is over, or on order, applicant, documents, forms and
//! words go, in every part and for good; what figures need stays.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use domain::document::uploads_in;
use domain::dossier::Dossier;
use domain::id::DossierCode;
use domain::outcome::{ResultDocument, ResultKind};
use domain::upload::UploadedDocument;
use expire_content::{Order, Outcome, expire};
use inspect_document::MalwareScan;
use inspection::sha256;
use jiff::Timestamp;
use platform::Failure;
use platform::catalogue::{Texts, UndecidedYears};
use platform::dynamo::Dossiers;
use platform::objects::{ANSWER_WITHIN, Objects};
use platform::port::{Advance, DossierStore, Eraser, Stored, Uploads};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::bytes::plain;
use crate::support::call::{AGENCY, Answer, CITIZEN, Call, submission};
use crate::support::cut::{Fate, line, unrecorded};
use crate::support::file;
use crate::support::shelf::{PDF, declared, pdf};
use crate::support::teller::{accepted, changed, tell};
use crate::support::world::{NOW, Scripted, World, at, bucket_at, dossier_tables, removals};

/// Five years after the dossiers here have ended, and a day.
const OVER: &str = "2031-11-18T02:00:00Z";
/// The last day on which they are kept.
const LAST_DAY: &str = "2031-11-17T16:59:59Z";

/// Nobody may find this anywhere once it is gone.
const CANARIES: [&str; 6] =
    ["Canary Thị", "Hoa Sữa", "981234567", "canary-note", "canary-reason", "Sa Đéc"];

/// A document that the citizen has uploaded, twice, and that is usable.
async fn uploaded(world: &World, mark: &str) -> Value {
    let content = pdf(&format!("/Mark ({mark}) "), 0);
    let call = Call::new("POST /v1/documents").citizen(CITIZEN).body(&declared(PDF, &content));
    let answer: Answer = call.at_upload(world, at(NOW)).await.into();
    let id = answer.body["id"].as_str().unwrap().to_owned();
    let law = (&*world.catalogue, MalwareScan::Optional);
    let message = world.claims.keeper.put(&id, "v1", &content);
    inspect_document::inspect(&message, &world.uploads, &world.claims.keeper, law, at(NOW))
        .await
        .unwrap();
    world.claims.keeper.put(&id, "v2", &content);
    json!({ "upload": id, "sha256": sha256(&content) })
}

/// A submission full of canaries, with an uploaded document and a form.
async fn body(world: &World, mark: &str) -> Value {
    let mut body = submission();
    body["applicant"]["fullName"] = "Canary Thị Mẫu".into();
    body["applicant"]["phone"] = "0981234567".into();
    body["resultTo"] = json!({ "address": "Canary 417 Hoa Sữa", "province": "82" });
    let code = body["documents"][0]["code"].clone();
    body["documents"][0] = uploaded(world, mark).await;
    body["documents"][0]["code"] = code;
    body["form"] = json!({
        "consignee": { "name": "Sa Đéc Trading", "country": "RU" }, "transport": "sea",
        "invoice": { "number": "1", "date": "2026-11-01" },
        "goods": [{
            "description": "Tôm", "hsCode": "030617", "criterion": "WO", "quantity": 1, "unit": "kg",
        }],
    });
    body
}

async fn submitted(world: &World, mark: &str) -> String {
    let call = Call::submit(mark).citizen(CITIZEN).body(&body(world, mark).await);
    call.at_submit(&world.intake, world, at(NOW)).await.code()
}

async fn moved(world: &World, code: &str, action: &str, version: u64) -> Answer {
    let mut body = json!({
        "action": action, "expectedVersion": version, "reason": "canary-reason", "note": "canary-note",
    });
    match action {
        "finish" => body["result"] = json!({ "kind": "paper" }),
        "return-result" => body["handover"] = json!({ "how": "post", "to": "Canary Thị Bưu" }),
        _ => {}
    }
    let call = Call::transition(code, action, version).body(&body);
    call.at_change(&world.dossiers, world, at(NOW)).await
}

/// A dossier that ended on the day of the tests.
async fn ended(world: &World, mark: &str) -> String {
    let code = submitted(world, mark).await;
    for (version, action) in (1..).zip(["receive", "process", "finish"]) {
        assert_eq!(moved(world, &code, action, version).await.status, 200, "{action}");
    }
    code
}

/// Gives the dossier an electronic result, in the place of one on paper.
async fn with_result(world: &World, code: &str) {
    let body = uploaded(world, "result").await;
    let mut state = world.dossier(code).await.into_state();
    let like = uploads_in(&state.documents).remove(0);
    let content =
        UploadedDocument { upload: body["upload"].as_str().unwrap().parse().unwrap(), ..like };
    state.results = vec![ResultDocument { version: 4, content, signature: None }];
    state.history[3].result = Some(ResultKind::Electronic);
    world.overwrite(&Dossier::try_from(state).unwrap()).await;
}

async fn expired(world: &World, now: Timestamp) -> Outcome {
    let tables = (&world.dossiers, &world.erasures.removals, &world.office.feedback);
    expire(&Order::default(), tables, &world.claims.keeper, &world.catalogue, now).await.unwrap()
}

fn order() -> Value {
    json!({ "number": "12/QĐ-TTr", "issuer": "Thanh tra tỉnh", "reason": "Nhầm người" })
}

fn erasure(code: &str) -> Call {
    Call::new("POST /v1/dossiers/{code}/erasure").code(code).administrator().body(&order())
}

async fn case(world: &World, code: &str, call: impl Fn(Call) -> Call) -> Answer {
    let asked = call(Call::new("GET /v1/dossiers/{code}/case").code(code));
    asked.at_case(world, at(NOW)).await.into()
}

/// Everything that a table, or an index of it, holds.
async fn scanned(world: &World, table: &str, index: Option<&str>) -> Vec<Value> {
    let scan = world.client.scan().table_name(table).set_index_name(index.map(str::to_owned));
    let items = scan.send().await.unwrap().items.unwrap_or_default();
    items.iter().map(plain).collect()
}

/// The ids of the uploaded documents of a dossier.
async fn uploads(world: &World, code: &str) -> Vec<String> {
    let documents = uploads_in(&world.dossier(code).await.documents);
    documents.into_iter().map(|document| document.upload.to_string()).collect()
}

/// That nothing of the content of `code` is left, wherever it was.
async fn assert_gone(world: &World, code: &str, ids: &[String]) {
    for table in ["DossiersTable", "ContentsTable", "DocumentsTable", "IntakeTable", "NoticesTable"]
    {
        let text = serde_json::to_string(&scanned(world, table, None).await).unwrap();
        for canary in CANARIES {
            assert!(!text.contains(canary), "{canary} in {table}");
        }
    }
    for index in ["by-applicant", "by-phone", "by-content"] {
        let rows = scanned(world, "DossiersTable", Some(index)).await;
        assert!(rows.iter().all(|row| row["code"] != code), "{code} is in {index}: {rows:?}");
    }
    assert!(!ids.is_empty());
    for id in ids {
        assert_eq!(world.claims.keeper.versions(id), 0, "a version of {id} is left");
        assert!(world.uploads.upload(&id.parse().unwrap()).await.unwrap().is_none(), "{id}");
    }
}

#[tokio::test]
async fn what_was_handed_in_is_gone_in_every_part_the_day_after_its_last_and_the_history_stays() {
    let world = World::new().await;
    let code = ended(&world, "a").await;
    assert_eq!(moved(&world, &code, "return-result", 4).await.status, 200);
    with_result(&world, &code).await;
    let before = world.dossier(&code).await;
    let of_results = before.results.iter().map(|result| result.content.upload.to_string());
    let ids: Vec<String> = uploads(&world, &code).await.into_iter().chain(of_results).collect();
    assert_eq!(ids.iter().map(|id| world.claims.keeper.versions(id)).sum::<usize>(), 4);
    assert_eq!(expired(&world, at(LAST_DAY)).await.removed, 0, "on the last day");
    assert_eq!(world.dossier(&code).await, before);
    let outcome = expired(&world, at(OVER)).await;
    assert_eq!((outcome.removed, outcome.failed, outcome.more), (1, 0, false));
    assert_gone(&world, &code, &ids).await;
    let after = world.dossier(&code).await;
    assert_eq!(after.history.len(), before.history.len());
    for (was, is) in before.history.iter().zip(&after.history) {
        assert_eq!(
            (was.action, was.status, was.at, &was.by, was.due_at),
            (is.action, is.status, is.at, &is.by, is.due_at)
        );
        assert!(is.reason.is_none() && is.note.is_none() && is.asked_for.is_empty());
    }
    // A second night finds nothing.
    assert_eq!(expired(&world, at(OVER)).await.removed, 0);
}

#[tokio::test]
async fn the_case_says_until_when_the_content_is_kept_and_then_since_when_and_why_it_is_gone() {
    let world = World::new().await;
    let code = submitted(&world, "a").await;
    let open = case(&world, &code, |call| call.officer(AGENCY)).await;
    assert!(open.body["contentUntil"].is_null(), "it is open: {}", open.body);
    for (version, action) in (1..).zip(["receive", "process", "finish"]) {
        moved(&world, &code, action, version).await;
    }
    let kept = case(&world, &code, |call| call.officer(AGENCY)).await;
    assert_eq!((&kept.body["contentUntil"], kept.status), (&json!("2031-11-17"), 200));
    expired(&world, at(OVER)).await;
    // Who has the version already is told that it is another now.
    let tagged = |call: Call| call.officer(AGENCY).header("if-none-match", "\"4\"");
    let gone = case(&world, &code, tagged).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert_eq!(gone.body["contentGone"], json!({ "on": "2031-11-18", "by": "expiry" }));
    for missing in ["applicant", "contentUntil", "formKeptBy"] {
        assert!(gone.body[missing].is_null(), "{missing}: {}", gone.body);
    }
    assert_eq!((&gone.body["documents"], &gone.body["forms"]), (&json!([]), &json!([])));
    // Nobody is its owner any more, and nobody prints a form of it.
    assert_eq!(case(&world, &code, |call| call.citizen(CITIZEN)).await.status, 404);
    let form = Call::new("GET /v1/dossiers/{code}/forms/{form}").code(&code).path("form", "01");
    let form: Answer = form.officer(AGENCY).at_case(&world, at(NOW)).await.into();
    assert_eq!(form.problem(), "form-not-found");
    // The public still learns how far it came, and an officer its history.
    let public = Call::new("GET /v1/dossiers/{code}").code(&code).at_track(&world).await;
    assert_eq!((public.status, &public.body["status"]), (200, &json!(9)));
    let history = Call::new("GET /v1/dossiers/{code}/history").code(&code).officer(AGENCY);
    assert_eq!(history.at_track(&world).await.body["history"].as_array().unwrap().len(), 4);
    let notices = Call::new("GET /v1/dossiers/{code}/notices").code(&code).officer(AGENCY);
    assert!(notices.at_track(&world).await.body["phone"].is_null());
}

#[tokio::test]
async fn what_is_open_never_expires_and_what_is_gone_is_never_worked_on_again() {
    let world = World::new().await;
    let open = submitted(&world, "open").await;
    let back = ended(&world, "back").await;
    assert_eq!(moved(&world, &back, "send-back", 4).await.status, 200);
    let code = ended(&world, "gone").await;
    assert_eq!(expired(&world, at("2130-01-01T02:00:00Z")).await.removed, 1);
    for kept in [&open, &back] {
        assert!(world.dossier(kept).await.applicant.is_some(), "{kept} is open");
        let refused = erasure(kept).at_erasure(&world, at(NOW)).await;
        assert_eq!((refused.status, refused.broken()), (400, ("code", "ended-dossier")));
        assert!(world.dossier(kept).await.applicant.is_some(), "{kept} is open");
    }
    assert!(scanned(&world, "ReadsTable", None).await.is_empty(), "nothing was done");
    let refused = moved(&world, &code, "send-back", 4).await;
    assert_eq!((refused.status, refused.broken()), (400, ("action", "content-gone")));
    let next = case(&world, &code, |call| call.officer(AGENCY)).await.body["next"].take();
    assert_eq!(next, json!([{ "action": "return-result", "needs": ["handover"] }]));
    // Its result may still be fetched, and leaves nothing behind.
    assert_eq!(moved(&world, &code, "return-result", 4).await.status, 200);
    expired(&world, at(OVER)).await;
    let rows = scanned(&world, "DossiersTable", Some("by-content")).await;
    assert!(rows.is_empty(), "{rows:?}");
    let contents = serde_json::to_string(&scanned(&world, "ContentsTable", None).await).unwrap();
    assert!(contents.contains("Canary") && !contents.contains("Canary Thị Bưu"), "{contents}");
    let history = serde_json::to_string(&world.dossier(&code).await.history).unwrap();
    assert!(!history.contains("canary"), "words that nothing would take away again: {history}");
}

#[tokio::test]
async fn what_came_before_a_content_went_is_answered_again_as_before() {
    let world = World::new().await;
    let code = submitted(&world, "a").await;
    let call = Call::transition(&code, "refuse", 1).header("idempotency-key", "once");
    let refused = call.clone().at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!(refused.status, 200);
    assert_eq!(erasure(&code).at_erasure(&world, at(NOW)).await.status, 200);
    let again = call.at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!((again.status, again.body), (200, refused.body));
}

#[tokio::test]
async fn each_procedure_has_its_own_years_and_the_rule_of_the_day_gives_those_of_the_rest() {
    let texts = |change: &dyn Fn(&mut Value, &mut Value)| {
        let read = |name: &str| serde_json::from_str(&file(&format!("infra/data/{name}"))).unwrap();
        let (mut rules, mut procedures): (Value, Value) =
            (read("rules.json"), read("procedures.json"));
        change(&mut rules, &mut procedures);
        let files = [("rules.json", rules), ("procedures.json", procedures)];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_string()));
        Texts::built_in().with(files.into()).unwrap().assemble(UndecidedYears::Refused).unwrap()
    };
    let own = |procedures: &mut Value, years: Value| {
        let list = procedures["procedures"].as_array_mut().unwrap();
        let origin = list.iter_mut().find(|procedure| procedure["code"] == "1.000382").unwrap();
        origin["retention"] = years;
    };
    let two = json!({ "years": 2, "source": "a test", "trust": "unverified" });
    let rules = |rules: &mut Value, kept: Value| {
        for rule in rules["rules"].as_array_mut().unwrap() {
            rule["retention"] = kept.clone();
        }
    };
    for (catalogue, kept, gone) in [
        (texts(&|_, procedures| own(procedures, two.clone())), "2028-11-17", "2028-11-18"),
        (texts(&|_, procedures| own(procedures, json!(null))), "2036-11-17", "2036-11-18"),
        (
            texts(&|all, procedures| {
                own(procedures, json!(null));
                rules(all, two.clone());
            }),
            "2028-11-17",
            "2028-11-18",
        ),
    ] {
        let world = World::of(catalogue.into()).await;
        ended(&world, "a").await;
        assert_eq!(expired(&world, at(&format!("{kept}T02:00:00Z"))).await.removed, 0, "{kept}");
        assert_eq!(expired(&world, at(&format!("{gone}T02:00:00Z"))).await.removed, 1, "{gone}");
    }
    // An edition of before there was such a rule keeps everything.
    let for_ever = texts(&|all, procedures| {
        for procedure in procedures["procedures"].as_array_mut().unwrap() {
            procedure.as_object_mut().unwrap().remove("retention");
        }
        rules(all, json!(null));
    });
    let world = World::of(for_ever.into()).await;
    let code = ended(&world, "a").await;
    assert_eq!(expired(&world, at("2130-01-01T02:00:00Z")).await.removed, 0);
    let seen = case(&world, &code, |call| call.officer(AGENCY)).await;
    assert!(seen.body["contentUntil"].is_null() && seen.body["applicant"].is_object());
}

// Whatever write is the last that a process makes, nobody sees a part of the content, and the next
// night does the rest.
#[tokio::test]
async fn a_night_that_dies_before_or_after_any_write_is_finished_by_the_next() {
    let mut deaths = 0;
    for after in [true, false] {
        for last in 0.. {
            let world = World::new().await;
            let code = submitted(&world, "a").await;
            assert_eq!(moved(&world, &code, "refuse", 1).await.status, 200);
            let ids = uploads(&world, &code).await;
            let writes = AtomicUsize::new(0);
            let cut = line(&world.client, move |call| {
                if !call.writes() {
                    return Fate::Passes;
                }
                match writes.fetch_add(1, Ordering::SeqCst) {
                    write if write < last => Fate::Passes,
                    write if write == last && after => Fate::LostAfter,
                    _ => Fate::LostBefore,
                }
            });
            let (dossiers, dying) = (Dossiers::new(cut.clone(), dossier_tables()), removals(&cut));
            let (order, eraser, tables) = (
                Order::default(),
                &world.claims.keeper,
                (&dossiers, &dying, &world.office.feedback),
            );
            let died = expire(&order, tables, eraser, &world.catalogue, at(OVER)).await;
            let died = died.and_then(Outcome::settled);
            let dossier = world.dossier(&code).await;
            let whole = dossier.applicant.is_some() && !dossier.documents.is_empty();
            assert_eq!(whole, dossier.content_gone.is_none(), "write {last}: all or nothing");
            if died.is_ok() {
                assert_gone(&world, &code, &ids).await;
                break;
            }
            deaths += 1;
            let outcome = expired(&world, at(OVER)).await;
            assert!(outcome.failed == 0 && !outcome.more, "write {last}: {outcome:?}");
            assert_gone(&world, &code, &ids).await;
        }
    }
    let parts = "state, row of the upload, row of a copy, content and key, before and after";
    assert_eq!(deaths, 10, "{parts}");
}

#[tokio::test]
async fn storage_that_fails_for_one_dossier_stops_no_other_and_rings() {
    let world = World::new().await;
    let codes = [ended(&world, "a").await, ended(&world, "b").await, ended(&world, "c").await];
    *world.claims.keeper.refusals.lock().unwrap() = 1;
    let outcome = expired(&world, at(OVER)).await;
    assert_eq!((outcome.removed, outcome.failed), (2, 1));
    assert!(outcome.settled().is_err(), "the run is repeated, and rings");
    // Nobody sees what is left of the third.
    for code in &codes {
        let seen = case(&world, code, |call| call.officer(AGENCY)).await;
        assert_eq!(seen.body["contentGone"]["by"], "expiry", "{code}");
    }
    let outcome = expired(&world, at(OVER)).await;
    assert_eq!((outcome.removed, outcome.failed), (1, 0));
    assert!(scanned(&world, "ContentsTable", None).await.is_empty());
}

#[tokio::test]
async fn a_row_that_cannot_be_read_takes_no_other_down() {
    let world = World::new().await;
    let code = ended(&world, "a").await;
    let other = [("code", "no-dossier-s-code"), ("procedureVersion", "planted")];
    world.plant("DossiersTable", &code, other).await;
    let outcome = expired(&world, at(OVER)).await;
    assert_eq!((outcome.removed, outcome.failed), (1, 0));
    assert!(world.dossier(&code).await.content_gone.is_some());
}

#[tokio::test]
async fn one_run_does_away_with_as_many_as_it_is_told_and_the_next_goes_on() {
    let world = World::new().await;
    for number in 0..3 {
        ended(&world, &format!("k{number}")).await;
    }
    let tables = (&world.dossiers, &world.erasures.removals, &world.office.feedback);
    let run = async |at_most: u32| {
        let order: Order = serde_json::from_value(json!({ "atMost": at_most })).unwrap();
        expire(&order, tables, &world.claims.keeper, &world.catalogue, at(OVER)).await
    };
    assert!(run(0).await.is_err() && run(expire_content::REMOVED_MAX + 1).await.is_err());
    let first = run(1).await.unwrap();
    assert_eq!((first.removed, first.more), (1, true), "what is gone does not come back");
    let rest = expired(&world, at(OVER)).await;
    assert_eq!((rest.removed, rest.more), (2, false));
    assert!(scanned(&world, "ContentsTable", None).await.is_empty());
}

#[tokio::test]
async fn what_is_moved_while_it_is_forgotten_is_kept() {
    let world = World::new().await;
    let code = ended(&world, "a").await;
    let before = world.dossier(&code).await;
    let forgotten = before.without_content(domain::dossier::GoneBy::Expiry, at(OVER)).unwrap();
    assert_eq!(moved(&world, &code, "send-back", 4).await.status, 200);
    let stored = platform::port::Removal::forget(&world.erasures.removals, &forgotten).await;
    assert_eq!(stored.unwrap(), Stored::AnotherWasFirst);
    assert!(world.dossier(&code).await.applicant.is_some());
    assert_eq!(expired(&world, at(OVER)).await.removed, 0);
}

/// A store whose first reader has read before the content went.
struct ReadBefore {
    table: Dossiers,
    first: Mutex<Option<Dossier>>,
}

impl DossierStore for ReadBefore {
    async fn dossier(&self, code: &DossierCode) -> Result<Option<Dossier>, Failure> {
        let first = self.first.lock().unwrap().take();
        if first.is_some() { Ok(first) } else { self.table.dossier(code).await }
    }

    async fn advance(&self, dossier: &Dossier) -> Result<Advance, Failure> {
        self.table.advance(dossier).await
    }

    async fn assign(&self, dossier: &Dossier) -> Result<Stored, Failure> {
        self.table.assign(dossier).await
    }
}

// The other way round: the content goes between a move's reading and its writing.
#[tokio::test]
async fn what_is_forgotten_while_it_is_moved_is_never_opened_and_gets_no_more_words() {
    for (action, status) in [("send-back", 400), ("return-result", 200)] {
        let world = World::new().await;
        let code = ended(&world, "a").await;
        let first = Mutex::new(Some(world.dossier(&code).await));
        let store = ReadBefore { table: world.dossiers.clone(), first };
        assert_eq!(erasure(&code).at_erasure(&world, at(NOW)).await.status, 200);
        let mut body = json!({
            "action": action, "expectedVersion": 4, "reason": "canary-reason", "note": "canary-note",
        });
        if action == "return-result" {
            body["handover"] = json!({ "how": "post", "to": "Canary Thị Bưu" });
        }
        let call = Call::transition(&code, action, 4).body(&body);
        let answer = call.at_change(&store, &world, at(NOW)).await;
        assert_eq!(answer.status, status, "{action}: {}", answer.body);
        assert!(world.dossier(&code).await.status.is_closed(), "{action}");
        for table in ["DossiersTable", "ContentsTable"] {
            let text = serde_json::to_string(&scanned(&world, table, None).await).unwrap();
            assert!(!text.to_lowercase().contains("canary"), "{action}, {table}: {text}");
        }
    }
}

#[tokio::test]
async fn nobody_is_notified_of_what_happens_to_a_dossier_without_content() {
    let world = World::new().await;
    let code = ended(&world, "a").await;
    expired(&world, at(OVER)).await;
    assert_eq!(moved(&world, &code, "return-result", 4).await.status, 200);
    let message = changed(&world, &code, 5).await;
    let gateways = Scripted::pair([accepted("m")], [accepted("s")]);
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert!(gateways.asked().is_empty(), "{:?}", gateways.asked());
    let notice = world.notice(&code, 5).await;
    assert_eq!(
        (notice.state.name(), notice.reason.map(|reason| reason.name().to_owned())),
        ("refused", Some("not-listed".to_owned()))
    );
}

/// Keys and versions of objects.
type Versions = Arc<Mutex<Vec<(String, String)>>>;

/// What a storage of `objects` answers, as far as an erasure asks it: it lists versions and marks of
/// deletion, and deletes one of them at a time.
fn answered(asked: &str, objects: &Versions) -> String {
    let mut words = asked.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let address = url::Url::parse(&format!("http://storage{target}")).unwrap();
    let query = |name: &str| {
        let mut pairs = address.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    assert!(query("X-Amz-Signature").is_some(), "it is signed: {target}");
    let mut objects = objects.lock().unwrap();
    let (status, body) = match (method, query("versionId")) {
        ("GET", None) => {
            assert_eq!((query("versions").as_deref(), address.path()), (Some(""), "/bucket/"));
            let prefix = query("prefix").unwrap();
            // One at a time, as a long list comes in pieces.
            let listed = objects.iter().find(|(key, _)| key.starts_with(&prefix));
            let listed = listed.map_or_else(String::new, |(key, version)| {
                let kind = if version == "m" { "DeleteMarker" } else { "Version" };
                format!("<{kind}><Key>{key}</Key><VersionId>{version}</VersionId></{kind}>")
            });
            (200, format!("<ListVersionsResult>{listed}</ListVersionsResult>"))
        }
        ("DELETE", Some(version)) => {
            let gone = (address.path().trim_start_matches("/bucket/").to_owned(), version);
            objects.retain(|object| *object != gone);
            (204, String::new())
        }
        other => panic!("an erasure asks for {other:?}"),
    };
    let length = body.len();
    format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// The address of such a storage.
async fn storage(objects: Versions) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = format!("http://{}/bucket", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 8 * 1024];
            let length = stream.read(&mut asked).await.unwrap();
            let answer = answered(&String::from_utf8_lossy(&asked[..length]), &objects);
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    place
}

#[tokio::test]
async fn every_version_of_an_object_is_deleted_and_each_mark_of_its_deletion_and_no_other_object() {
    let [id, other] = ["0a", "0b"].map(|digits| digits.repeat(16));
    let object = |id: &str, version: &str| (format!("documents/{id}"), version.to_owned());
    let kept = object(&other, "v1");
    let objects = vec![object(&id, "m"), object(&id, "v2"), kept.clone(), object(&id, "v1")];
    let objects = Arc::new(Mutex::new(objects));
    let place = storage(Arc::clone(&objects)).await;
    let storage = Objects::new(bucket_at(&place), ANSWER_WITHIN, || at(NOW));
    storage.erase(&id.parse().unwrap()).await.unwrap();
    assert_eq!(*objects.lock().unwrap(), [kept]);
    // What is gone already is no failure.
    storage.erase(&id.parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn an_order_erases_at_once_and_is_recorded_for_owner_and_auditor() {
    let world = World::new().await;
    let code = ended(&world, "a").await;
    let ids = uploads(&world, &code).await;
    let erased = erasure(&code).at_erasure(&world, at(NOW)).await;
    assert_eq!(
        (erased.status, &erased.body),
        (200, &json!({ "code": code, "contentGone": { "on": "2026-11-17", "by": "order" } }))
    );
    assert_gone(&world, &code, &ids).await;
    let reads = Call::new("GET /v1/dossiers/{code}/reads").code(&code);
    let seen: Answer = reads.clone().portal().at_case(&world, at(NOW)).await.into();
    assert_eq!(
        seen.body["items"],
        json!([{ "at": NOW, "role": "administrator", "what": "erasure" }])
    );
    let auditor = json!({ "role": "auditor", "sub": "auditor-1" });
    let seen: Answer = reads.claims(auditor).at_case(&world, at(NOW)).await.into();
    assert_eq!(seen.body["items"][0]["order"], order());
    // Once more: it stays gone since the first day, and each order is recorded.
    let again = erasure(&code).at_erasure(&world, at("2026-11-20T02:00:00Z")).await;
    assert_eq!(again.body["contentGone"]["on"], "2026-11-17");
    assert_eq!(scanned(&world, "ReadsTable", None).await.len(), 2);
}

#[tokio::test]
async fn an_order_that_cannot_be_recorded_erases_nothing() {
    let world = World::new().await;
    let code = ended(&world, "a").await;
    let answer = erasure(&code).at_erasure_over(&unrecorded(&world), &world, at(NOW)).await;
    assert_eq!((answer.status, answer.problem()), (503, "unavailable"));
    assert!(world.dossier(&code).await.applicant.is_some());
}

#[tokio::test]
async fn an_order_that_the_storage_does_not_carry_out_is_finished_by_the_night() {
    let world = World::new().await;
    let code = ended(&world, "a").await;
    let ids = uploads(&world, &code).await;
    *world.claims.keeper.refusals.lock().unwrap() = 1;
    let failed = erasure(&code).at_erasure(&world, at(NOW)).await;
    assert_eq!(failed.status, 503);
    assert_eq!(world.claims.keeper.versions(&ids[0]), 2);
    assert!(world.dossier(&code).await.applicant.is_none(), "nobody sees it any more");
    // Years before its time is over.
    assert_eq!(expired(&world, at("2026-11-18T20:00:00Z")).await.removed, 1);
    assert_gone(&world, &code, &ids).await;
    let gone = world.dossier(&code).await.content_gone.unwrap();
    assert_eq!(gone.by, domain::dossier::GoneBy::Order);
}

#[tokio::test]
async fn every_broken_field_of_an_order_is_named() {
    let world = World::new().await;
    let code = ended(&world, "a").await;
    let broken = json!({ "number": " ", "issuer": "\u{0}", "reason": "ă".repeat(301), "by": "me" });
    let answer = erasure(&code).body(&broken).at_erasure(&world, at(NOW)).await;
    let errors = answer.body["errors"].as_array().unwrap();
    let errors: Vec<_> = errors
        .iter()
        .map(|error| (error["field"].as_str().unwrap(), error["rule"].as_str().unwrap()))
        .collect();
    let expected = [
        ("by", "unknown-field"),
        ("number", "length"),
        ("issuer", "text-control"),
        ("reason", "length"),
    ];
    assert_eq!((answer.status, errors), (400, expected.to_vec()));
    let unknown = erasure("H20.03-261117-0999").at_erasure(&world, at(NOW)).await;
    assert_eq!(unknown.problem(), "dossier-not-found");
    assert!(world.dossier(&code).await.applicant.is_some());
}

#[tokio::test]
async fn a_dossier_of_before_contents_lay_apart_is_forgotten_too() {
    let world = World::new().await;
    let code = ended(&world, "a").await;
    let dossier = world.dossier(&code).await;
    world.store_in_one_item(&dossier).await;
    assert_eq!(world.dossier(&code).await, dossier);
    let ids = uploads(&world, &code).await;
    // The night dies once the state is marked: its documents still say which objects are to go.
    *world.claims.keeper.refusals.lock().unwrap() = 1;
    assert_eq!(expired(&world, at(OVER)).await.failed, 1);
    let seen = case(&world, &code, |call| call.officer(AGENCY)).await;
    assert_eq!((&seen.body["documents"], seen.status), (&json!([]), 200));
    assert_eq!(expired(&world, at(OVER)).await.removed, 1);
    assert_gone(&world, &code, &ids).await;
    let rows = scanned(&world, "DossiersTable", None).await;
    assert!(rows.iter().all(|row| row["documents"].is_null()), "{rows:?}");
}
