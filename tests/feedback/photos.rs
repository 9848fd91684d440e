//! The photographs of a feedback go with its words, from storage and from the list of uploads.

use expire_content::{Order, Outcome, expire};
use platform::port::Uploads;

use super::*;

pub(super) async fn expired(world: &World, now: &str) -> Outcome {
    let tables = (&world.dossiers, &world.erasures.removals, &world.office.feedback);
    let (order, eraser) = (Order::default(), &world.claims.keeper);
    expire(&order, tables, eraser, &world.catalogue, at(now)).await.unwrap()
}

/// One that was rated, with a photograph; its code and the upload.
pub(super) async fn closed(world: &World) -> (String, String) {
    let code = received(world).await;
    let sha256 = "0".repeat(64);
    let declared = json!({ "mediaType": "image/jpeg", "bytes": 100, "sha256": sha256 });
    let call = Call::new("POST /v1/own/{code}/uploads").code(&code).proven(&code);
    let id = ask(world, call.body(&declared)).await.body["id"].as_str().unwrap().to_owned();
    let usable = UploadState::Usable {
        object_version: "v1".to_owned(),
        inspected_at: at(NOW),
        signature: None,
    };
    world.uploads.conclude(&id.parse().unwrap(), &usable).await.unwrap();
    let photos = json!([{ "upload": id, "sha256": sha256 }]);
    done(world, own(&code, "p", &json!({ "action": "add-photos", "photos": photos }))).await;
    let route = json!({ "action": "route", "agency": COMPETENT });
    done(world, moving(&code, "r", &route).officer(DESK)).await;
    done(world, moving(&code, "t", &json!({ "action": "take-up" })).officer(COMPETENT)).await;
    let answer = json!({ "action": "answer", "words": "Đèn đã được thay." });
    done(world, moving(&code, "a", &answer).officer(COMPETENT)).await;
    // What is not over is kept, however long it lasts.
    assert_eq!(expired(world, "2046-11-18T20:00:00Z").await.feedback, 0);
    done(world, own(&code, "s", &json!({ "action": "rate", "satisfaction": "satisfied" }))).await;
    (code, id)
}

#[tokio::test]
async fn photographs_stay_as_long_as_the_words_and_go_in_the_night_after_them() {
    let world = World::new().await;
    let (code, id) = closed(&world).await;
    let upload = async || world.uploads.upload(&id.parse().unwrap()).await.unwrap();
    assert_eq!(expired(&world, "2036-11-15T20:00:00Z").await.feedback, 0);
    assert!(upload().await.is_some());
    let gone = expired(&world, "2036-11-17T20:00:00Z").await;
    assert_eq!((gone.feedback, gone.failed, gone.more), (1, 0, false));
    assert!(upload().await.is_none());
    let key = code.parse().unwrap();
    let later = at("2036-11-17T20:01:00Z");
    let state = world.office.feedback.feedback(&key, later).await.unwrap().unwrap();
    assert_eq!(state.answered_in_time(), Some(true), "the figures stay");
    assert_eq!(expired(&world, "2036-11-18T20:00:00Z").await.feedback, 0, "once");
}
