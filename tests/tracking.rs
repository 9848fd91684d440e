//! The citizen's page: the status for everybody who has the code, with scripts and without, on a
//! telephone, in the dark, on paper and by keyboard.

mod feedback;

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use domain::signature::{SignatureVerdict, TimeBasis, VerifiedSignature};
use domain::upload::UploadState;
use platform::port::Uploads;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::call::{AGENCY, Answer, Call, submission};
use crate::support::site::Site;
use crate::support::teller::{accepted, send_codes};
use crate::support::world::{NOW, Scripted, World, at};

/// A dossier that an officer has received and works on.
async fn in_work(world: &World) -> String {
    let answer = Call::submit("tracked").at_submit(&world.intake, world, at(NOW)).await;
    let code = answer.code();
    for (action, version) in [("receive", 1), ("process", 2)] {
        let moved = Call::transition(&code, action, version);
        let moved = moved.at_change(&world.dossiers, world, at(NOW)).await;
        assert_eq!(moved.status, 200, "{moved:?}");
    }
    code
}

fn html(response: &ApiGatewayV2httpResponse) -> &str {
    match &response.body {
        Some(Body::Text(text)) => text,
        other => panic!("no page: {other:?}"),
    }
}

fn header<'a>(response: &'a ApiGatewayV2httpResponse, name: &str) -> &'a str {
    response.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// What the page answers to `typed`, as it came.
async fn page(world: &World, typed: &str, language: &str) -> ApiGatewayV2httpResponse {
    let call = Call::new("GET /tra-cuu").query("ma", typed).query("lang", language);
    call.at_its_function(world).await
}

#[tokio::test]
async fn the_status_is_shown_in_plain_words_however_the_code_is_written() {
    let world = World::new().await;
    let code = in_work(&world).await;
    let spoken = code.replace('-', " ");
    let typed = [
        code.clone(),
        format!("  {} ", code.to_lowercase()),
        code.replace('-', " – "),
        spoken,
        code.replace('-', "_"),
        format!("Mã hồ sơ: {code}, xin cảm ơn"),
        format!("https://motcua.example.vn/tra-cuu#{code}"),
    ];
    for typed in typed {
        let answer = page(&world, &typed, "vi").await;
        assert_eq!(answer.status_code, 200);
        let html = html(&answer);
        assert!(html.contains(&format!("data-code=\"{code}\"")), "{typed}");
        assert!(html.contains("Đang xử lý") && html.contains("Tiến độ: 2/4 bước"), "{typed}");
        assert_eq!(header(&answer, "cache-control"), "no-store");
    }
    let english = page(&world, &code, "en").await;
    assert!(html(&english).contains("Progress: 2 of 4 steps"));
}

#[tokio::test]
async fn nobody_learns_from_the_page_who_applies_for_what() {
    let world = World::new().await;
    let code = in_work(&world).await;
    let shown = html(&page(&world, &code, "vi").await).to_lowercase();
    let sent = submission();
    for told in ["fullName", "idNumber", "phone"] {
        let value = sent["applicant"][told].as_str().unwrap().to_lowercase();
        assert!(!shown.contains(&value), "{told}");
    }
    assert!(!shown.contains("1.000382"), "the procedure says what somebody applies for");
}

/// The page without what was typed into its field.
fn but_for(answer: &ApiGatewayV2httpResponse) -> String {
    let (before, after) = html(answer).split_once("name=\"ma\" value=\"").unwrap();
    format!("{before}{}", after.split_once('"').unwrap().1)
}

#[tokio::test]
async fn an_unknown_code_a_wrong_one_and_no_code_are_answered_alike_after_the_same_reads() {
    let meter = crate::support::meter::Meter::default();
    let world = World::metered(&meter).await;
    let mut answers = Vec::new();
    for typed in ["H20.03-261117-9999", "H20.03-269917-0001", "xin chào", "0912345678", "%00"] {
        meter.read();
        let answer = page(&world, typed, "vi").await;
        let calls = meter.read().calls;
        assert!(html(&answer).contains("Không tìm thấy hồ sơ"), "{typed}");
        answers.push((answer.status_code, but_for(&answer), calls));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(answers[0].2, 2, "one read each, and one count of what finds nothing");
}

#[tokio::test]
async fn what_is_typed_stands_on_the_page_as_text_and_never_as_more() {
    let world = World::new().await;
    for typed in
        ["\"><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'-->{{answer}}", "&quot;"]
    {
        let answer = page(&world, typed, "vi").await;
        let html = html(&answer);
        assert_eq!(html.matches("<script").count(), 1, "{typed}");
        assert!(!html.contains("<img src=x") && !html.contains("'-->"), "{typed}");
    }
    let long = "H".repeat(301);
    assert_eq!(page(&world, &long, "vi").await.status_code, 400, "far too long for a code");
    assert_eq!(page(&world, &long[..300], "vi").await.status_code, 200);
}

#[tokio::test]
async fn the_page_loads_nothing_of_others_and_tells_nobody_where_its_reader_was() {
    let world = World::new().await;
    let shown = Call::new("GET /tra-cuu").at_its_function(&world).await;
    let policy = header(&shown, "content-security-policy");
    for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    assert_eq!(header(&shown, "referrer-policy"), "no-referrer");
    assert!(header(&shown, "strict-transport-security").contains("max-age=31536000"));
    assert!(header(&shown, "cache-control").starts_with("public"));
    let html = html(&shown);
    assert!(!html.contains("style=") && !html.contains("onclick") && !html.contains("://"));
    for (name, media) in [
        ("page.css", "text/css; charset=utf-8"),
        ("page.js", "text/javascript; charset=utf-8"),
        ("owner.js", "text/javascript; charset=utf-8"),
        ("author.js", "text/javascript; charset=utf-8"),
        ("texts.json", "application/json"),
        ("mark.svg", "image/svg+xml"),
    ] {
        let call = Call::new("GET /tra-cuu/{file}").path("file", name);
        let file = call.clone().at_its_function(&world).await;
        assert_eq!((file.status_code, header(&file, "content-type")), (200, media));
        let again = call.header("if-none-match", header(&file, "etag"));
        assert_eq!(again.at_its_function(&world).await.status_code, 304, "{name}");
    }
    let unknown = Call::new("GET /tra-cuu/{file}").path("file", "../lib.rs");
    assert_eq!(unknown.at_its_function(&world).await.status_code, 400);
}

#[test]
fn every_word_is_there_in_both_languages_and_every_status_has_its_own() {
    let texts: Value = serde_json::from_str(&crate::support::file("infra/web/texts.json")).unwrap();
    let names = |language: &str| {
        let words = texts[language].as_object().unwrap();
        words.keys().cloned().collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names("vi"), names("en"));
    for status in domain::dossier::DossierStatus::ALL {
        let word = format!("status{}", status.code());
        assert_eq!(texts["vi"][&word], status.name(), "the page says the national name");
        for kind in ["means", "next"] {
            assert!(names("vi").contains(&format!("{kind}{}", status.code())));
        }
    }
    for status in domain::feedback::FeedbackStatus::ALL {
        let name = status.name();
        assert_eq!(texts["vi"][format!("feedback:{name}")], status.vietnamese());
        assert!(names("vi").contains(&format!("feedbackNext:{name}")), "{name}");
    }
}

/// A browser at the page of a world with one dossier, and the dossier's code.
async fn browser(width: u32) -> (Browser, Site, String) {
    let world = World::new().await;
    let code = in_work(&world).await;
    let site = Site::of(world).await;
    (Browser::open(width).await, site, code)
}

#[tokio::test]
async fn without_scripts_the_form_shows_the_status() {
    let (mut browser, site, code) = browser(390).await;
    browser.without_scripts().await;
    browser.go(&format!("{}/tra-cuu?ma={code}", site.address)).await;
    let said = browser.says("document.querySelector('#answer .status').textContent").await;
    assert_eq!(said, "Đang xử lý");
    let note = browser.says("document.querySelector('noscript').innerText.length > 20").await;
    assert_eq!(note, true, "who has no scripts is told what else there is");
}

#[tokio::test]
async fn a_code_is_looked_up_by_keyboard_and_stays_in_the_fragment() {
    let (mut browser, site, code) = browser(390).await;
    browser.go(&format!("{}/tra-cuu", site.address)).await;
    let typed = code.to_lowercase().replace('-', " ");
    browser.says(&format!("(() => {{ const field = document.getElementById('ma'); field.focus(); field.value = '{typed}'; }})()")).await;
    browser.press_enter().await;
    browser.until("document.querySelector('#answer .status')").await;
    let shown = browser
        .says("[location.hash, location.search, document.activeElement.id, document.getElementById('said').textContent]")
        .await;
    assert_eq!(shown, json!([format!("#{code}"), "", "found", ""]));
    let links =
        browser.says("[...document.querySelectorAll('nav a')].map(link => link.hash)").await;
    assert_eq!(links, json!([format!("#{code}"), format!("#{code}")]));
    // A code that is unknown takes the place of what was shown, and of its address nothing.
    browser.says("document.getElementById('ma').value = 'H20.03-261117-9999'; document.querySelector('#look-up button').click()").await;
    browser.until("document.querySelector('#found')?.textContent === 'Không tìm thấy hồ sơ'").await;
}

#[tokio::test]
async fn the_address_of_the_receipt_s_code_opens_its_dossier_and_only_this_place_is_asked() {
    let (mut browser, site, code) = browser(768).await;
    browser.go(&format!("{}/tra-cuu?lang=en#{code}", site.address)).await;
    browser.until("document.querySelector('#answer .status')").await;
    let said = browser.says("document.querySelector('#answer .status').textContent").await;
    assert_eq!(said, "In work");
    let foreign: Vec<&str> =
        browser.fetched().into_iter().filter(|url| !url.starts_with(&site.address)).collect();
    assert_eq!(foreign, Vec::<&str>::new());
    let first = site.asked.lock().unwrap()[0].clone();
    assert!(!first.contains(&code), "the fragment is told to nobody: {first}");
}

/// A camera that is refused at first, and then sees the third time what is at `SEEN`.
const CAMERA: &str = r#"
  globalThis.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code"]; }
    looks = 0;
    async detect() { return this.looks++ < 2 ? [] : [{ rawValue: "SEEN" }]; }
  };
  const canvas = document.createElement("canvas");
  setInterval(() => canvas.getContext("2d").fillRect(Math.random() * 9, 0, 9, 9), 50);
  globalThis.camera = canvas.captureStream(20);
  let refused = false;
  navigator.mediaDevices.getUserMedia = async () => {
    if (!refused) { refused = true; throw new DOMException("no", "NotAllowedError"); }
    return globalThis.camera;
  };
"#;

#[tokio::test]
async fn the_camera_reads_the_code_of_the_receipt_and_is_off_afterwards() {
    let (mut browser, site, code) = browser(390).await;
    let seen = format!("{}/tra-cuu#{code}", site.address);
    let camera = json!({ "source": CAMERA.replace("SEEN", &seen) });
    browser.call("Page.addScriptToEvaluateOnNewDocument", camera).await;
    browser.go(&format!("{}/tra-cuu", site.address)).await;
    browser.until("!document.getElementById('scan').hidden").await;
    browser.says("document.getElementById('scan').click()").await;
    browser.until("document.getElementById('said').textContent").await;
    let closed = browser.says("document.getElementById('scanner').hidden").await;
    assert_eq!(closed, true, "who lets nobody see is told to type it");
    browser.says("document.getElementById('scan').click()").await;
    browser.until("document.querySelector('#answer .status')").await;
    let state = "[document.getElementById('ma').value, document.getElementById('scanner').hidden, globalThis.camera.getTracks()[0].readyState]";
    assert_eq!(browser.says(state).await, json!([code, true, "ended"]));
}

/// What a reader of the screen, a finger or a narrow screen would miss.
pub(crate) const MISSED: &str = r#"(() => {
  const missed = [];
  const visible = found => found.getClientRects().length && !found.closest(".skip");
  for (const found of document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")) {
    if (!visible(found)) continue;
    const box = found.getBoundingClientRect();
    if (box.width < 24 || box.height < 24) missed.push("small: " + found.outerHTML.slice(0, 80));
    const named = found.labels?.length || found.textContent.trim() || found.getAttribute("aria-label");
    if (!named) missed.push("nameless: " + found.outerHTML.slice(0, 80));
  }
  for (const id of ["aria-labelledby", "aria-describedby"]) for (const found of document.querySelectorAll(`[${id}]`))
    for (const name of found.getAttribute(id).split(" ")) if (!document.getElementById(name)) missed.push("no " + name);
  const ids = [...document.querySelectorAll("[id]")].map(found => found.id);
  if (new Set(ids).size !== ids.length) missed.push("an id twice");
  const levels = [...document.querySelectorAll("h1, h2, h3")].filter(visible).map(head => +head.tagName[1]);
  levels.forEach((level, place) => { if (place ? level > levels[place - 1] + 1 : level !== 1) missed.push("a level of heading is left out"); });
  if (document.documentElement.scrollWidth > innerWidth) missed.push("wider than the screen");
  if (!document.querySelector("[role=status][aria-live=polite]")) missed.push("nothing is said aloud");
  return missed;
})()"#;

#[tokio::test]
async fn the_page_is_read_and_used_on_every_screen_by_day_by_night_and_on_paper() {
    let (mut browser, site, code) = browser(390).await;
    for width in [320, 390, 768, 1280] {
        let screen =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        browser.call("Emulation.setDeviceMetricsOverride", screen).await;
        for scheme in ["light", "dark"] {
            let wishes = json!([
                { "name": "prefers-color-scheme", "value": scheme },
                { "name": "prefers-reduced-motion", "value": "reduce" },
            ]);
            browser.wishing(wishes).await;
            // A new fragment alone would load nothing.
            browser.go("about:blank").await;
            browser.go(&format!("{}/tra-cuu#{code}", site.address)).await;
            browser.until("document.querySelector('#answer .status')").await;
            assert_eq!(browser.says(MISSED).await, json!([]), "{width} {scheme}");
            let pale = crate::page::PALE.replace("looked > 100", "looked > 15");
            assert_eq!(browser.says(&pale).await, json!([]), "{width} {scheme}");
            let moving = browser.says("document.getAnimations().length").await;
            assert_eq!(moving, 0, "who wants no motion sees none");
            browser.picture(&format!("tracking-{width}-{scheme}.png")).await;
        }
    }
    browser.as_printed().await;
    let tools = browser
        .says("[...document.querySelectorAll('form, nav, button')].filter(found => found.getClientRects().length).length")
        .await;
    assert_eq!(tools, 0, "paper has no tools");
}

/// A dossier of which one document is asked for again, on a site of its own.
async fn asked_for(world: World) -> (Site, String) {
    let code = Call::submit("asked").at_submit(&world.intake, &world, at(NOW)).await.code();
    let document = &submission()["documents"][0]["code"];
    let asked = json!({
        "action": "request-supplement", "expectedVersion": 1, "reason": "bản chụp không đọc được",
        "askedFor": [{ "code": document, "reason": "trang hai bị mờ" }],
    });
    let moved = Call::transition(&code, "request-supplement", 1).body(&asked);
    assert_eq!(moved.at_change(&world.dossiers, &world, at(NOW)).await.status, 200);
    (Site::of(world).await, code)
}

/// Takes the document for inspected, with a signature that holds.
async fn verified(world: &World, id: &str) {
    let signed = SignatureVerdict::Verified(VerifiedSignature {
        signed_at: at(NOW),
        time_basis: TimeBasis::SignersClaim,
        organisation: None,
        issuer: Some("CA of the tests".to_owned()),
        serial: "2a01".to_owned(),
    });
    let usable = UploadState::Usable {
        object_version: "v1".to_owned(),
        inspected_at: at(NOW),
        signature: Some(signed),
    };
    world.uploads.conclude(&id.parse().unwrap(), &usable).await.unwrap();
}

/// Proves on the page that the dossier is the reader's.
pub(crate) async fn prove(browser: &mut Browser, site: &Site, code: &str) {
    let gateways = Scripted::pair([accepted("m")], []);
    browser.go(&format!("{}/tra-cuu#{code}", site.address)).await;
    browser.until("document.getElementById('send-code')").await;
    browser.says("document.getElementById('send-code').click()").await;
    browser.until("document.getElementById('digits')").await;
    assert_eq!(browser.says(MISSED).await, json!([]));
    send_codes(&site.world, &gateways, NOW).await;
    let text = gateways.messages()[0].sms.clone();
    let digits = text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).unwrap();
    let enter = format!(
        "document.getElementById('digits').value = '{digits}'; document.querySelector('#owner form button').click()"
    );
    browser.says(&enter).await;
    browser.until("document.getElementById('history')").await;
}

/// A small file of somebody's, of which the storage takes any content.
fn scan() -> std::path::PathBuf {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = path.join(format!("scan-{}.pdf", std::process::id()));
    std::fs::write(&path, b"%PDF-1.7 a page").unwrap();
    path
}

#[tokio::test]
async fn an_applicant_tracks_is_asked_for_a_document_adds_it_and_sees_the_result() {
    let (site, code) = asked_for(World::new().await).await;
    let world = std::sync::Arc::clone(&site.world);
    let mut browser = Browser::open(390).await;
    prove(&mut browser, &site, &code).await;
    assert_eq!(browser.says(MISSED).await, json!([]));
    let shown = browser.says("document.getElementById('owner').innerText").await;
    for told in
        ["trang hai bị mờ", "Chưa có: thời hạn bắt đầu", "Yêu cầu bổ sung", "Cổng dịch vụ công"]
    {
        assert!(shown.as_str().unwrap().contains(told), "{told}: {shown}");
    }
    browser.picture("tracking-owner.png").await;
    browser.choose("#file-0", &scan()).await;
    browser.says("document.getElementById('supplement').click()").await;
    browser.until("document.getElementById('said').textContent === 'Đã nộp bổ sung.'").await;
    let status = browser.says("document.querySelector('#answer .status').textContent").await;
    assert_eq!(status, "Mới đăng ký", "the status above has moved, too");
    assert_eq!(world.dossier(&code).await.version, 3);
    // The office goes on, to the result.
    let declared =
        json!({ "mediaType": "application/pdf", "bytes": 100, "sha256": "0".repeat(64) });
    let result = Call::new("POST /v1/documents").officer(AGENCY).body(&declared);
    let result: Answer = result.at_upload(&world, at(NOW)).await.into();
    let id = result.body["id"].as_str().unwrap();
    verified(&world, id).await;
    for (action, version) in [("receive", 3), ("process", 4)] {
        let moved = Call::transition(&code, action, version);
        let moved = moved.at_change(&world.dossiers, &world, at(NOW)).await;
        assert_eq!(moved.status, 200, "{moved:?}");
    }
    let given = json!({ "kind": "electronic", "upload": id, "sha256": "0".repeat(64) });
    let finish = json!({ "action": "finish", "expectedVersion": 5, "result": given });
    let finish = Call::transition(&code, "finish", 5).body(&finish);
    let finish = finish.at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!(finish.status, 200, "{finish:?}");
    browser.says("document.querySelector('#look-up button').click()").await;
    browser.until("document.getElementById('result')").await;
    assert_eq!(browser.says(MISSED).await, json!([]));
    browser.picture("tracking-result.png").await;
    browser.says("document.querySelector(\"[aria-labelledby=result] button\").click()").await;
    browser.until("document.getElementById('said').textContent.startsWith('Đã mở tệp')").await;
    let read = world.dossier(&code).await;
    assert_eq!(read.version, 6);
    let asked = site.asked.lock().unwrap().join("\n");
    assert!(!asked.contains("tra-cuu#"), "no fragment was told");
    let foreign: Vec<&str> =
        browser.fetched().into_iter().filter(|url| !url.starts_with(&site.address)).collect();
    assert_eq!(foreign, Vec::<&str>::new(), "nobody else was asked");
    let kept = browser.says("[document.cookie, localStorage.length, sessionStorage.length]").await;
    assert_eq!(kept, json!(["", 0, 0]), "nothing stays behind in the browser");
}

#[tokio::test]
async fn a_page_that_is_slower_than_somebody_else_shows_what_has_become_of_the_dossier() {
    let (site, code) = asked_for(World::new().await).await;
    let world = std::sync::Arc::clone(&site.world);
    let mut browser = Browser::open(1280).await;
    prove(&mut browser, &site, &code).await;
    let document = submission()["documents"][0].clone();
    let brought = json!({ "action": "supplement", "expectedVersion": 2, "documents": [document] });
    let first = Call::transition(&code, "supplement", 2).portal().body(&brought);
    assert_eq!(first.at_change(&world.dossiers, &world, at(NOW)).await.status, 200);
    browser.choose("#file-0", &scan()).await;
    browser.says("document.getElementById('supplement').click()").await;
    browser
        .until("document.getElementById('said').textContent.startsWith('Hồ sơ vừa thay đổi')")
        .await;
    let owed = browser.says("document.getElementById('owed')").await;
    assert!(owed.is_null(), "nothing is owed any more");
    assert_eq!(world.dossier(&code).await.version, 3, "one supplement");
}

#[tokio::test]
async fn a_wrong_code_is_said_and_a_reader_whose_time_is_over_sees_nothing_any_more() {
    let (site, code) = asked_for(World::new().await).await;
    let mut browser = Browser::open(390).await;
    browser.go(&format!("{}/tra-cuu#{code}", site.address)).await;
    browser.until("document.getElementById('send-code')").await;
    browser.says("document.getElementById('send-code').click()").await;
    browser.until("document.getElementById('digits')").await;
    browser.says("document.getElementById('digits').value = '000000'; document.querySelector('#owner form button').click()").await;
    browser.until("document.getElementById('said').classList.contains('bad')").await;
    let said = browser.says("document.getElementById('said').textContent").await;
    assert_eq!(said, "Mã xác nhận không đúng, đã dùng hoặc đã hết hạn.");
    browser.says("[...document.querySelectorAll('#owner button')].at(-1).click()").await;
    browser.until("document.getElementById('said').textContent.startsWith('Đã yêu cầu')").await;
}
