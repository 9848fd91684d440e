//! An order to erase reaches what was written to the authorities: author, words, photographs, what
//! was said at its moves and what was published of it. What is counted stays.

use super::photos::{closed, expired};
use super::*;
use crate::support::bytes::plain;
use crate::support::cut::unrecorded;
use crate::support::teller::{woken, work};

/// What was published of it.
const TITLE: &str = "Tiêu đề bí mật";
/// The day after the order, years before its time is over.
const NIGHT: &str = "2026-11-18T20:00:00Z";

fn order() -> Value {
    json!({ "number": "12/QĐ-TTr", "issuer": "Thanh tra tỉnh", "reason": "Người gửi yêu cầu" })
}

fn erasure(code: &str) -> Call {
    Call::new("POST /v1/feedback/{code}/erasure").code(code).administrator().body(&order())
}

/// Everything that the table holds, as text.
async fn scanned(world: &World, table: &str) -> String {
    let scan = world.client.scan().table_name(table).consistent_read(true).send().await;
    scan.unwrap().items().iter().map(|item| plain(item).to_string()).collect()
}

/// One that is over and published, with a photograph in the storage; its code and the upload.
async fn published(world: &World) -> (String, String) {
    let (code, id) = closed(world).await;
    world.claims.keeper.put(&id, "v1", b"a photograph");
    let publication = json!({ "title": TITLE, "answer": "Đã thay đèn bí mật." });
    let publish = json!({ "action": "publish", "publication": publication });
    done(world, moving(&code, "pub", &publish).officer(COMPETENT)).await;
    (code, id)
}

/// That nobody finds anything of it any more.
async fn assert_gone(world: &World, id: &str) {
    for table in ["FeedbackTable", "DocumentsTable", "ProofsTable", "NoticesTable"] {
        let held = scanned(world, table).await;
        let photograph = if table == "ProofsTable" { NAME } else { id };
        for planted in [NAME, "912345678", ADDRESS, WORDS, PLACE, "bí mật", "được thay", photograph]
        {
            assert!(!held.contains(planted), "{planted} in {table}");
        }
    }
    assert_eq!(world.claims.keeper.versions(id), 0, "a version of the photograph is left");
    assert!(world.uploads.upload(&id.parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn an_order_does_away_with_author_words_photographs_and_publication_and_is_recorded() {
    let world = World::new().await;
    let (code, id) = published(&world).await;
    let erased = done(&world, erasure(&code)).await;
    let gone = json!({ "on": "2026-11-17", "by": "order" });
    assert_eq!(erased, json!({ "code": code, "contentGone": gone }));
    assert_gone(&world, &id).await;
    // Everybody sees how far it came, and nothing that was published.
    let list = done(&world, Call::new("GET /v1/feedback").nobody()).await;
    assert_eq!(list["items"], json!([]));
    let standing = Call::new("GET /v1/feedback/{code}").code(&code).nobody();
    let standing = done(&world, standing).await;
    assert_eq!(
        (&standing["status"], &standing["satisfaction"]),
        (&json!("closed"), &json!("satisfied"))
    );
    assert!(standing.get("published").is_none(), "{standing}");
    // Its officers see that it is gone and since when, and do nothing more with it.
    let seen = done(&world, case(&code, COMPETENT)).await;
    assert_eq!((&seen["contentGone"], &seen["allowed"]), (&gone, &json!([])));
    assert!(seen.get("author").is_none() && seen.get("words").is_none(), "{seen}");
    assert_eq!(seen["history"].as_array().unwrap().len(), 8);
    let publish = json!({ "action": "publish", "publication": { "title": "a", "answer": "b" } });
    let refused = ask(&world, moving(&code, "again", &publish).officer(COMPETENT)).await;
    assert_eq!((refused.status, refused.broken()), (400, ("action", "content-gone")));
    // Nobody is its author any more, and no code goes to a telephone that nobody knows.
    let own_case = Call::new("GET /v1/own/{code}/feedback").code(&code).proven(&code);
    assert_eq!(ask(&world, own_case).await.status, 404);
    let rate = json!({ "action": "rate", "satisfaction": "neutral" });
    assert_eq!(ask(&world, own(&code, "r2", &rate)).await.status, 404);
    let proof = Call::asking_for_a_code(&code).nobody();
    assert_eq!(ask(&world, proof).await.status, 202);
    let gateways = Scripted::pair([], []);
    send_codes(&world, &gateways, NOW).await;
    assert!(gateways.messages().is_empty());
    // The proof of it is with the auditors.
    let reads = Call::new("GET /v1/dossiers/{code}/reads").code(&code).auditor();
    let reads = done(&world, reads).await;
    let erasure = reads["items"].as_array().unwrap().iter().find(|read| read["what"] == "erasure");
    let erasure = erasure.unwrap();
    assert_eq!((&erasure["order"], &erasure["role"]), (&order(), &json!("administrator")));
    assert!(reads["items"].as_array().unwrap().iter().any(|read| read["what"] == "case"));
    let nobodys = Call::new("GET /v1/dossiers/{code}/reads").code(&code).citizen("087199012345");
    assert_eq!(ask(&world, nobodys).await.status, 404, "no dossier has this code");
}

#[tokio::test]
async fn what_somebody_works_on_is_not_erased_and_no_order_of_it_is_recorded() {
    let world = World::new().await;
    let code = answered(&world).await;
    let refused = ask(&world, erasure(&code)).await;
    assert_eq!((refused.status, refused.broken()), (400, ("code", "ended-feedback")));
    assert!(!scanned(&world, "ReadsTable").await.contains("erasure"));
    for (call, status) in [
        (erasure(&code).officer(DESK), 403),
        (erasure(&code).auditor(), 403),
        (erasure(&code).nobody(), 401),
        (erasure("H20.01.PA-261117-0777"), 404),
        (erasure("H20.03-261117-0001"), 400),
        (erasure(&code).body(&json!({ "number": "1", "issuer": "Thanh tra tỉnh" })), 400),
    ] {
        assert_eq!(ask(&world, call).await.status, status);
    }
    let seen = done(&world, case(&code, COMPETENT)).await;
    assert_eq!((&seen["words"], seen.get("contentGone")), (&json!(WORDS), None));
    done(&world, moving(&code, "c", &json!({ "action": "close" })).officer(DESK)).await;
    done(&world, erasure(&code)).await;
}

#[tokio::test]
async fn an_order_that_cannot_be_recorded_erases_nothing() {
    let world = World::new().await;
    let (code, _) = closed(&world).await;
    let answer = erasure(&code).at_erasure_over(&unrecorded(&world), &world, at(NOW)).await;
    assert_eq!((answer.status, answer.problem()), (503, "unavailable"));
    assert_eq!(done(&world, case(&code, DESK)).await["words"], WORDS);
}

#[tokio::test]
async fn photographs_that_the_storage_keeps_at_first_go_by_the_next_order_or_the_next_night() {
    for again in [true, false] {
        let world = World::new().await;
        let (code, id) = published(&world).await;
        *world.claims.keeper.refusals.lock().unwrap() = 1;
        assert_eq!(ask(&world, erasure(&code)).await.status, 503);
        assert_eq!(world.claims.keeper.versions(&id), 1);
        // Nobody sees anything of it meanwhile.
        assert_eq!(done(&world, case(&code, DESK)).await["photos"], json!([]));
        if again {
            let later = ask_at(&world, erasure(&code), "2026-11-20T02:00:00Z").await;
            assert_eq!(later.body["contentGone"]["on"], "2026-11-17", "since the first");
        } else {
            let night = expired(&world, NIGHT).await;
            assert_eq!((night.feedback, night.failed), (1, 0));
        }
        assert_gone(&world, &id).await;
        assert_eq!(expired(&world, NIGHT).await.feedback, 0, "once");
    }
}

#[tokio::test]
async fn a_move_and_an_order_at_once_leave_nothing_of_what_was_written() {
    let world = World::new().await;
    for number in 0..5 {
        let mut said = body();
        said["channel"] = "hotline".into();
        let call =
            Call::new("POST /v1/desk/feedback").header("idempotency-key", &format!("{number}"));
        let code = ask(&world, call.body(&said).clerk(DESK)).await.code();
        let route = json!({ "action": "route", "agency": COMPETENT });
        done(&world, moving(&code, "r", &route).officer(DESK)).await;
        done(&world, moving(&code, "t", &json!({ "action": "take-up" })).officer(COMPETENT)).await;
        let answer = json!({ "action": "answer", "words": "Đèn đã được thay." });
        done(&world, moving(&code, "a", &answer).officer(COMPETENT)).await;
        done(&world, moving(&code, "c", &json!({ "action": "close" })).officer(DESK)).await;
        let publication = json!({ "title": TITLE, "answer": "Đã thay." });
        let publish = json!({ "action": "publish", "publication": publication });
        let publish = moving(&code, "p", &publish).officer(DESK);
        let (erased, moved) = tokio::join!(ask(&world, erasure(&code)), ask(&world, publish));
        assert!([200, 400, 503].contains(&moved.status), "{}", moved.body);
        if erased.status != 200 {
            done(&world, erasure(&code)).await;
        }
    }
    let held = scanned(&world, "FeedbackTable").await;
    for planted in [NAME, WORDS, TITLE, "được thay"] {
        assert!(!held.contains(planted), "{planted}");
    }
}

#[tokio::test]
async fn nobody_is_told_of_what_was_erased_before_they_were() {
    let world = World::new().await;
    let code = answered(&world).await;
    done(&world, moving(&code, "c", &json!({ "action": "close" })).officer(DESK)).await;
    done(&world, erasure(&code)).await;
    let gateways = Scripted::pair([accepted("m")], [accepted("s")]);
    work(&world, &gateways, &woken(&code), &minute(1)).await.unwrap();
    assert!(gateways.asked().is_empty());
    let told = Call::new("GET /v1/desk/feedback/{code}/notices").code(&code).officer(DESK);
    assert!(done(&world, told).await["phone"].is_null());
}

#[tokio::test]
async fn officers_see_that_the_time_of_the_words_is_over_and_by_what() {
    let world = World::new().await;
    let (code, _) = closed(&world).await;
    let kept = ask_at(&world, case(&code, DESK), "2036-11-16T16:59:59Z").await;
    assert_eq!((kept.status, &kept.body["words"]), (200, &json!(WORDS)));
    let over = ask_at(&world, case(&code, DESK), "2036-11-16T17:00:00Z").await;
    assert_eq!(over.status, 200, "{}", over.body);
    assert_eq!(over.body["contentGone"], json!({ "on": "2036-11-17", "by": "expiry" }));
    assert!(over.body.get("words").is_none() && over.body.get("author").is_none());
}
