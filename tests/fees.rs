//! Fees: an officer asks for what the catalogue says, the applicant sees what they owe, and what was
//! paid is confirmed with its receipt.

use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, submission, submission_for};
use crate::support::world::{NOW, World, at};

/// A reason that occurs nowhere else: it says that somebody is poor.
const CANARY: &str = "Canary sổ hộ nghèo 417";
const COPIES: &str = "2.000635";
const COMMUNE: &str = "H20.101";

async fn answer(world: &World, call: Call) -> Answer {
    call.at_change(&world.dossiers, world, at(NOW)).await
}

fn moved(code: &str, agency: &str, body: &Value) -> Call {
    let call = Call::new("POST /v1/dossiers/{code}/transitions").code(code).officer(agency);
    call.body(body)
}

/// A dossier for copies of an entry, received by the commune.
async fn received(world: &World) -> String {
    let mut body = submission_for(COPIES);
    body["agency"] = COMMUNE.into();
    let call = Call::submit("k").body(&body);
    let code = call.at_submit(&world.intake, world, at(NOW)).await.code();
    let receive = json!({ "action": "receive", "expectedVersion": 1 });
    assert_eq!(answer(world, moved(&code, COMMUNE, &receive)).await.status, 200);
    code
}

async fn requests(world: &World, call: Call) -> Vec<Value> {
    let answer: Answer = call.at_case(world, at(NOW)).await.into();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["fees"]["requests"].as_array().unwrap().clone()
}

fn case(code: &str) -> Call {
    Call::new("GET /v1/dossiers/{code}/case").code(code)
}

async fn own(world: &World) -> Value {
    let answer = Call::new("GET /v1/me/dossiers").citizen(CITIZEN).at_find(world, at(NOW)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["items"][0].clone()
}

#[tokio::test]
async fn what_is_owed_is_made_of_the_catalogue_seen_by_its_applicant_and_confirmed_to_the_dong() {
    let world = World::new().await;
    let code = received(&world).await;
    let ask = json!({
        "action": "request-payment", "expectedVersion": 2,
        "fees": { "items": [{ "code": "TL", "quantity": 3, "reason": CANARY }], "amountVnd": 24_000 },
    });
    let mut other = ask.clone();
    other["fees"]["amountVnd"] = 23_000.into();
    let refused = answer(&world, moved(&code, COMMUNE, &other)).await;
    assert_eq!((refused.status, refused.broken()), (400, ("fees.amountVnd", "amount-owed")));
    let mut free = ask.clone();
    free["fees"] = json!({ "items": [{ "code": "TL", "exemption": "HN", "reason": CANARY }] });
    let refused = answer(&world, moved(&code, COMMUNE, &free)).await;
    assert_eq!((refused.status, refused.broken()), (400, ("fees", "amount-owed")));
    let mut unknown = ask.clone();
    unknown["fees"]["items"][0]["code"] = "LP".into();
    let refused = answer(&world, moved(&code, COMMUNE, &unknown)).await;
    assert_eq!(refused.broken(), ("fees.items[0].code", "known-fee"));
    for _ in 0..2 {
        let call = moved(&code, COMMUNE, &ask).header("idempotency-key", "ask");
        let asked = answer(&world, call).await;
        assert_eq!((asked.status, &asked.body["version"]), (200, &json!(3)), "{}", asked.body);
    }
    assert_eq!(own(&world).await["owedVnd"], 24_000);
    let item = json!({
        "code": "TL", "name": "Phí cấp bản sao trích lục hộ tịch, mỗi bản", "kind": "charge",
        "unitVnd": 8_000, "quantity": 3, "reason": CANARY, "amountVnd": 24_000,
    });
    for seen in [case(&code).officer(COMMUNE), case(&code).citizen(CITIZEN)] {
        let seen = requests(&world, seen).await;
        assert_eq!((&seen[0]["state"], &seen[0]["amountVnd"]), (&json!("owed"), &json!(24_000)));
        assert_eq!(seen[0]["items"], json!([item]));
    }
    let confirm = |amount: u64| {
        let payment = json!({ "reference": "BL-000417", "amountVnd": amount });
        json!({ "action": "confirm-payment", "expectedVersion": 3, "payment": payment })
    };
    let bare = json!({ "action": "confirm-payment", "expectedVersion": 3 });
    let refused = answer(&world, moved(&code, COMMUNE, &bare)).await;
    assert_eq!((refused.status, refused.broken()), (400, ("payment", "payment-owed")));
    let refused = answer(&world, moved(&code, COMMUNE, &confirm(8_000))).await;
    assert_eq!(refused.broken(), ("payment.amountVnd", "amount-owed"));
    let paid = answer(&world, moved(&code, COMMUNE, &confirm(24_000))).await;
    assert_eq!(paid.status, 200, "{}", paid.body);
    let seen = requests(&world, case(&code).citizen(CITIZEN)).await;
    assert_eq!(seen[0]["state"], "paid");
    let receipt = json!({ "reference": "BL-000417", "amountVnd": 24_000, "how": "confirmed" });
    assert_eq!(seen[0]["receipt"], receipt);
    assert_eq!(own(&world).await.get("owedVnd"), None);
}

#[tokio::test]
async fn why_somebody_pays_less_is_in_the_contents_alone() {
    let world = World::new().await;
    let code = received(&world).await;
    let ask = json!({
        "action": "request-payment", "expectedVersion": 2,
        "fees": { "items": [{ "code": "TL", "quantity": 2, "reason": CANARY }] },
    });
    assert_eq!(answer(&world, moved(&code, COMMUNE, &ask)).await.status, 200);
    let items = platform::dynamo::DossierItems::of(&world.dossier(&code).await).unwrap();
    assert!(!format!("{:?}", items.state).contains("Canary"));
    assert!(format!("{:?}", items.content).contains("Canary"));
    let dossier = world.dossier(&code).await;
    assert!(!format!("{dossier:?}").contains("Canary"), "nor does a log show it");
    // Asked for again without a choice: one lies here, one there, and both are read in their order.
    for body in [
        json!({ "action": "send-back", "expectedVersion": 3, "reason": "nhầm số bản" }),
        json!({ "action": "request-payment", "expectedVersion": 4 }),
        json!({
            "action": "confirm-payment", "expectedVersion": 5,
            "payment": { "reference": "BL-000418", "amountVnd": 8_000 },
        }),
    ] {
        let moved = answer(&world, moved(&code, COMMUNE, &body)).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
    let seen = requests(&world, case(&code).citizen(CITIZEN)).await;
    let states: Vec<&Value> = seen.iter().map(|asked| &asked["state"]).collect();
    assert_eq!(states, ["dropped", "paid"]);
    assert_eq!((&seen[0]["amountVnd"], &seen[1]["amountVnd"]), (&json!(16_000), &json!(8_000)));
}

#[tokio::test]
async fn an_exemption_of_a_channel_holds_by_itself_and_each_procedure_says_its_items() {
    let world = World::new().await;
    let call = Call::new("GET /v1/procedures/{code}").nobody().code("1.001612");
    let answer: Answer = call.at_catalogue(&world, at(NOW)).await.into();
    let fees = &answer.body["fees"];
    assert_eq!((&fees[0]["code"], &fees[0]["amountVnd"]), (&json!("DK"), &json!(100_000)));
    assert_eq!(fees[0]["exemptions"][0]["percent"], 50);
    let on_line = Call::submit("k").body(&submission_for("1.001612"));
    let mut body = submission_for("1.001612");
    body["agency"] = COMMUNE.into();
    let code = on_line.body(&body).at_submit(&world.intake, &world, at(NOW)).await.code();
    for (version, action) in [(1, "receive"), (2, "request-payment")] {
        let body = json!({ "action": action, "expectedVersion": version });
        let moved = self::answer(&world, moved(&code, COMMUNE, &body)).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
    let seen = requests(&world, case(&code).officer(COMMUNE)).await;
    assert_eq!(seen[0]["amountVnd"], 50_000);
    assert_eq!(seen[0]["items"][0]["exemption"]["code"], "TRUC-TUYEN");
}

#[tokio::test]
async fn a_request_of_an_earlier_release_has_no_amount_and_is_confirmed_as_before() {
    let world = World::new().await;
    let code = Call::submit("k").body(&submission());
    let code = code.at_submit(&world.intake, &world, at(NOW)).await.code();
    for (version, action) in [(1, "receive"), (2, "request-payment")] {
        let moved = answer(&world, Call::transition(&code, action, version)).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
    // As it was stored before there were amounts.
    let mut state = world.dossier(&code).await.into_state();
    state.demands.clear();
    world.overwrite(&state.try_into().unwrap()).await;
    let seen = requests(&world, case(&code).officer(AGENCY)).await;
    assert_eq!((&seen[0]["state"], seen[0].get("amountVnd")), (&json!("owed"), None));
    let bare = json!({ "action": "confirm-payment", "expectedVersion": 3 });
    assert_eq!(answer(&world, moved(&code, AGENCY, &bare)).await.status, 200);
    let seen = requests(&world, case(&code).officer(AGENCY)).await;
    assert_eq!((&seen[0]["state"], seen[0].get("receipt")), (&json!("paid"), None));
}
