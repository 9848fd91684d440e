//! The citizen's page of a feedback: its status for everybody who has the code, its words and the
//! answer for its author, and what they do with it.

use super::*;

/// What nobody but the author may read.
const SECRET: &str = "Đèn hỏng trước nhà số 77";

/// A feedback that its author sent and, where it is `verified`, proved.
async fn sent(world: &World, verified: bool) -> String {
    let body = json!({
        "channel": "web", "category": "roads", "words": SECRET,
        "author": { "fullName": "Người Gửi", "phone": "0912345678", "address": "12 Lê Lợi" },
    });
    let call = Call::new("POST /v1/feedback").nobody().header("idempotency-key", "f");
    let answer: Answer = call.body(&body).at_its_function(world).await.into();
    assert_eq!(answer.status, 201, "{}", answer.body);
    let code = answer.body["code"].as_str().unwrap().to_owned();
    if verified {
        let call = Call::new("POST /v1/own/{code}/feedback").code(&code).proven(&code);
        let call = call.header("idempotency-key", "v").body(&json!({ "action": "verify" }));
        assert_eq!(call.at_its_function(world).await.status_code, 200);
    }
    code
}

async fn handled(world: &World, code: &str, moves: &[Value]) {
    for (place, body) in moves.iter().enumerate() {
        let agency = if body["action"] == "route" { "H20.01" } else { "H20.10" };
        let call = Call::new("POST /v1/desk/feedback/{code}/transitions").code(code);
        let call = call.header("idempotency-key", &format!("m{place}")).body(body).officer(agency);
        let answer: Answer = call.at_its_function(world).await.into();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

fn moves() -> [Value; 3] {
    [
        json!({ "action": "route", "agency": "H20.10" }),
        json!({ "action": "take-up" }),
        json!({ "action": "answer", "words": "Đèn đã được thay." }),
    ]
}

#[tokio::test]
async fn whoever_has_the_code_sees_status_degree_and_day_and_not_what_was_written() {
    let world = World::new().await;
    let code = sent(&world, false).await;
    let shown = |language| page(&world, &code, language);
    let unverified = shown("vi").await;
    assert!(html(&unverified).contains("Chờ xác thực") && html(&unverified).contains("0/3 bước"));
    let verify = Call::new("POST /v1/own/{code}/feedback").code(&code).proven(&code);
    let verify = verify.header("idempotency-key", "v").body(&json!({ "action": "verify" }));
    assert_eq!(verify.at_its_function(&world).await.status_code, 200);
    let spoken = format!("Mã phản ánh: {}", code.to_lowercase().replace('-', " "));
    for typed in [code.clone(), spoken, format!("https://motcua.example.vn/tra-cuu#{code}")] {
        let answer = page(&world, &typed, "vi").await;
        let html = html(&answer);
        assert!(html.contains("Đã tiếp nhận") && html.contains("1/3 bước"), "{typed}");
        assert!(html.contains("<time datetime=\"2026-11-30\">30/11/2026</time>"), "{typed}");
        assert_eq!(header(&answer, "cache-control"), "no-store");
    }
    handled(&world, &code, &moves()).await;
    let answered = shown("en").await;
    let html = html(&answered);
    assert!(html.contains("Answered") && html.contains("3 of 3 steps"));
    for planted in [SECRET, "Người Gửi", "912345678", "Lê Lợi", "Đèn đã được thay"]
    {
        assert!(!html.contains(planted), "{planted}");
    }
}

#[tokio::test]
async fn a_code_of_no_feedback_is_answered_as_any_other_that_there_is_not_after_one_read_and_one_count()
 {
    let meter = crate::support::meter::Meter::default();
    let world = World::metered(&meter).await;
    meter.read();
    let answer = page(&world, "H20.01.PA-261117-9999", "vi").await;
    assert_eq!(meter.read().calls, 2);
    let none = page(&world, "H20.03-261117-9999", "vi").await;
    assert_eq!((answer.status_code, but_for(&answer)), (200, but_for(&none)));
}

async fn said(browser: &mut Browser, wanted: &str) {
    browser.until(&format!("document.getElementById('said').textContent === '{wanted}'")).await;
}

#[tokio::test]
async fn an_author_verifies_reads_the_answer_has_it_looked_at_again_and_takes_it_back_on_the_page()
{
    let world = World::new().await;
    let code = sent(&world, false).await;
    let site = Site::of(world).await;
    let world = std::sync::Arc::clone(&site.world);
    let mut browser = Browser::open(390).await;
    prove(&mut browser, &site, &code).await;
    assert_eq!(browser.says(MISSED).await, json!([]));
    let shown = browser.says("document.getElementById('owner').innerText").await;
    assert!(shown.as_str().unwrap().contains(SECRET), "{shown}");
    browser.says("document.getElementById('do-verify').click()").await;
    said(&mut browser, "Đã ghi nhận.").await;
    let status = "document.querySelector('#answer .status').textContent";
    assert_eq!(browser.says(status).await, "Đã tiếp nhận");
    handled(&world, &code, &moves()).await;
    // The page is older than the answer.
    browser.says("document.getElementById('do-withdraw').click()").await;
    browser.until("document.getElementById('said').textContent.startsWith('Phản ánh vừa')").await;
    let shown = browser.says("document.getElementById('owner').innerText").await;
    assert!(shown.as_str().unwrap().contains("Đèn đã được thay."), "{shown}");
    assert_eq!(browser.says(MISSED).await, json!([]));
    browser.says("document.getElementById('reopen-reason').value = 'Đèn lại hỏng'; document.getElementById('do-reopen').click()").await;
    said(&mut browser, "Đã ghi nhận.").await;
    assert_eq!(browser.says(status).await, "Đang xử lý");
    handled(&world, &code, &[json!({ "action": "answer", "words": "Đã thay lần hai." })]).await;
    browser.says("document.querySelector('#look-up button').click()").await;
    browser.until("document.getElementById('do-rate')").await;
    browser.says("document.getElementById('level').value = 'satisfied'; document.getElementById('do-rate').click()").await;
    said(&mut browser, "Đã ghi nhận.").await;
    assert_eq!(browser.says(status).await, "Đã kết thúc");
    let key = code.parse().unwrap();
    let feedback = world.office.feedback.feedback(&key, at(NOW)).await.unwrap().unwrap();
    assert_eq!(feedback.satisfaction, Some(domain::feedback::Satisfaction::Satisfied));
    assert_eq!(feedback.version, 8, "what was too late made no move");
}
