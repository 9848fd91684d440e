//! The forms of the law as pages: what each shows and to whom, and how it prints.

use aws_lambda_events::encodings::Body;
use domain::printed::PrintedForm;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::call::{AGENCY, Answer, CITIZEN, Call, submission, submission_for};
use crate::support::file;
use crate::support::policy::keeps_a_browser_in_its_bounds;
use crate::support::world::{NOW, World, at};

/// An agency that has nothing to do with the dossiers here.
const STRANGER: &str = "H20.09";
/// The agency that they are forwarded to.
const HANDLER: &str = "H20.12";

fn form(code: &str, number: &str) -> Call {
    Call::new("GET /v1/dossiers/{code}/forms/{form}").code(code).path("form", number)
}

async fn act(world: &World, code: &str, (action, version): (&str, u64), more: Value, when: &str) {
    let mut body = json!({ "action": action, "expectedVersion": version });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let call = Call::transition(code, action, version).officer(AGENCY).body(&body);
    let answer = call.at_change(&world.dossiers, world, at(when)).await;
    assert_eq!(answer.status, 200, "{action}: {}", answer.body);
}

/// A procedure of three documents and five working days.
const PROCEDURE: &str = "1.013831";

async fn handed_in(world: &World) -> String {
    let call = Call::submit("k").body(&submission_for(PROCEDURE));
    call.at_submit(&world.intake, world, at(NOW)).await.code()
}

/// A dossier with every occasion but a refusal.
async fn eventful(world: &World) -> String {
    let code = handed_in(world).await;
    let document = submission_for(PROCEDURE)["documents"][0]["code"].clone();
    let asked = json!([{ "code": document, "reason": "Ảnh <b>chụp</b> không đọc được" }]);
    act(world, &code, ("receive", 1), json!({}), "2026-11-17T02:30:00Z").await;
    let late = json!({ "reason": "Chờ kết quả xác minh", "newDueOn": "2026-11-30" });
    act(world, &code, ("apologise", 2), late, "2026-11-17T03:00:00Z").await;
    act(world, &code, ("process", 3), json!({}), "2026-11-17T03:10:00Z").await;
    let reason = json!({ "reason": "Chờ ý kiến cơ quan khác" });
    act(world, &code, ("suspend", 4), reason, "2026-11-17T03:20:00Z").await;
    act(world, &code, ("resume", 5), json!({}), "2026-11-17T03:30:00Z").await;
    let wanted = json!({ "reason": "Thiếu giấy tờ", "askedFor": asked });
    act(world, &code, ("request-supplement", 6), wanted, "2026-11-17T03:40:00Z").await;
    code
}

/// The page by an officer of the agency.
async fn page(world: &World, code: &str, number: &str) -> String {
    let reply = form(code, number).officer(AGENCY).at_case(world, at(NOW)).await;
    assert_eq!(reply.status_code, 200, "{number}: {:?}", reply.body);
    match reply.body {
        Some(Body::Text(html)) => html,
        other => panic!("{number}: {other:?}"),
    }
}

/// Labels with what is behind them, as text.
fn rows(html: &str) -> Vec<(String, String)> {
    let rows = html.split("<dt>").skip(1).map(|row| {
        let (label, rest) = row.split_once("</dt><dd>").unwrap();
        let shown = rest.split_once("</dd>").unwrap().0;
        (label.to_owned(), shown.to_owned())
    });
    rows.collect()
}

fn shown<'a>(rows: &'a [(String, String)], label: &str) -> &'a str {
    let row = rows.iter().find(|(found, _)| found == label);
    &row.unwrap_or_else(|| panic!("no row {label} in {rows:?}")).1
}

#[tokio::test]
async fn the_receipt_names_the_documents_and_the_appointment_as_they_were_at_the_receipt() {
    let world = World::new().await;
    let code = eventful(&world).await;
    let html = page(&world, &code, "01").await;
    assert!(html.contains("<h1>GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ</h1>"), "{html}");
    let rows = rows(&html);
    let sent = submission_for(PROCEDURE);
    assert_eq!(shown(&rows, "Mã hồ sơ"), code);
    assert_eq!(
        shown(&rows, "Họ và tên, tên tổ chức"),
        sent["applicant"]["fullName"].as_str().unwrap()
    );
    assert_eq!(shown(&rows, "Thời điểm tiếp nhận hồ sơ"), "9 giờ 30, ngày 17/11/2026");
    let documents = shown(&rows, "Thành phần hồ sơ nộp gồm").matches("<li>").count();
    assert_eq!(documents, sent["documents"].as_array().unwrap().len());
    // The letter of apology promised another day since.
    let history = Call::new("GET /v1/dossiers/{code}/history").code(&code).officer(AGENCY);
    let history = history.at_track(&world).await.body;
    let first = history["history"][1]["dueAt"].as_str().unwrap();
    let due = domain::calendar::date_of(first.parse().unwrap()).strftime("%d/%m/%Y").to_string();
    let promised = shown(&rows, "Thời điểm hẹn trả kết quả");
    assert!(promised.ends_with(&due) && !promised.contains("30/11/2026"), "{promised}, {due}");
    // The same page again, whatever came since.
    assert_eq!(page(&world, &code, "01").await, html);
}

#[tokio::test]
async fn the_receipt_says_where_the_result_goes_if_it_goes_by_post() {
    let world = World::new().await;
    let mut body = submission_for(PROCEDURE);
    body["resultTo"] = json!({ "address": "12 Lê Lợi, phường Sa Đéc", "province": "82" });
    let call = Call::submit("post").body(&body);
    let by_post = call.at_submit(&world.intake, &world, at(NOW)).await.code();
    let fetched = handed_in(&world).await;
    for (code, goes) in
        [(by_post, Some("Qua bưu chính công ích: 12 Lê Lợi, phường Sa Đéc")), (fetched, None)]
    {
        act(&world, &code, ("receive", 1), json!({}), "2026-11-17T02:30:00Z").await;
        let rows = rows(&page(&world, &code, "01").await);
        let found = rows.iter().find(|(label, _)| label == "Nơi trả kết quả");
        assert_eq!(found.map(|(_, text)| text.as_str()), goes);
    }
}

#[tokio::test]
async fn the_request_for_a_supplement_names_each_document_with_its_reason_and_the_last_day() {
    let world = World::new().await;
    let code = eventful(&world).await;
    let html = page(&world, &code, "02").await;
    let rows = rows(&html);
    let asked = shown(&rows, "Giấy tờ cần bổ sung, hoàn thiện");
    assert_eq!(asked.matches("<li>").count(), 1);
    // What an officer wrote is text, and no part of the page.
    assert!(asked.contains("Ảnh &#60;b&#62;chụp&#60;/b&#62; không đọc được"), "{asked}");
    assert_eq!(shown(&rows, "Lý do"), "Thiếu giấy tờ");
    assert_eq!(shown(&rows, "Bổ sung chậm nhất đến hết ngày"), "17/12/2026");
}

#[tokio::test]
async fn the_apology_names_both_appointments_and_the_suspension_its_reason() {
    let world = World::new().await;
    let code = eventful(&world).await;
    let apology = rows(&page(&world, &code, "04").await);
    let before = shown(&apology, "Thời điểm đã hẹn trả kết quả");
    let after = shown(&apology, "Thời điểm hẹn lại");
    assert!(after.ends_with("ngày 30/11/2026") && before != after, "{before}, then {after}");
    assert_eq!(shown(&apology, "Lý do"), "Chờ kết quả xác minh");
    let suspension = rows(&page(&world, &code, "05").await);
    assert_eq!(shown(&suspension, "Lý do"), "Chờ ý kiến cơ quan khác");
    assert_eq!(shown(&suspension, "Thời điểm tạm dừng"), "10 giờ 20, ngày 17/11/2026");
}

#[tokio::test]
async fn a_refusal_gives_its_reason() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let reason = json!({ "reason": "Không thuộc thẩm quyền" });
    act(&world, &code, ("refuse", 1), reason, NOW).await;
    let refusal = rows(&page(&world, &code, "03").await);
    assert_eq!(shown(&refusal, "Lý do từ chối"), "Không thuộc thẩm quyền");
}

#[tokio::test]
async fn a_form_without_an_occasion_or_a_layout_of_that_day_is_not_there() {
    let mut world = World::new().await;
    let code = handed_in(&world).await;
    let missing = async |world: &World, number: &str| -> (u16, String) {
        let answer = form(&code, number).officer(AGENCY).at_case(world, at(NOW)).await;
        let answer: Answer = answer.into();
        (answer.status, answer.body["type"].as_str().unwrap_or_default().to_owned())
    };
    let not_found = (404, "urn:motcua:problem:form-not-found".to_owned());
    for number in ["01", "02", "03", "04", "05"] {
        assert_eq!(missing(&world, number).await, not_found, "{number}");
    }
    assert_eq!(world.count("ReadsTable").await, 0, "nothing was shown");
    act(&world, &code, ("receive", 1), json!({}), NOW).await;
    // As in an edition from before there were layouts.
    let mut templates: Value = serde_json::from_str(&file("infra/data/templates.json")).unwrap();
    templates.as_object_mut().unwrap().remove("forms");
    let texts = crate::support::days::few_texts();
    let texts = texts.with([("templates.json".to_owned(), templates.to_string())].into()).unwrap();
    let undecided = platform::catalogue::UndecidedYears::Refused;
    world.catalogue = texts.assemble(undecided).unwrap().into();
    assert_eq!(missing(&world, "01").await, not_found);
}

#[tokio::test]
async fn a_number_that_no_form_has_is_named() {
    let world = World::new().await;
    for number in ["06", "1", "x"] {
        let call = form(&format!("{AGENCY}-261117-0001"), number).officer(AGENCY);
        let answer: Answer = call.at_case(&world, at(NOW)).await.into();
        assert_eq!((answer.status, answer.broken()), (400, ("form", "known-value")), "{number}");
    }
}

#[tokio::test]
async fn each_form_is_recorded_as_a_read_of_its_own_kind_before_it_is_shown() {
    let world = World::new().await;
    let code = eventful(&world).await;
    page(&world, &code, "01").await;
    let reply = form(&code, "02").citizen(CITIZEN).at_case(&world, at(NOW)).await;
    assert_eq!(reply.status_code, 200);
    let header = |name: &str| reply.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("cache-control"), Some("private, no-store"));
    keeps_a_browser_in_its_bounds("GET /v1/dossiers/{code}/forms/{form}", &reply);
    let reads = Call::new("GET /v1/dossiers/{code}/reads").code(&code).citizen(CITIZEN);
    let reads: Answer = reads.at_case(&world, at(NOW)).await.into();
    let kinds = reads.body["items"].as_array().unwrap().iter().map(|read| read["what"].clone());
    assert_eq!(kinds.collect::<Vec<_>>(), ["form", "form"], "{}", reads.body);
}

#[tokio::test]
async fn whoever_has_nothing_to_do_with_it_does_not_learn_that_there_is_such_a_dossier() {
    let world = World::new().await;
    let code = eventful(&world).await;
    for number in ["01", "03"] {
        let reply: Answer =
            form(&code, number).officer(STRANGER).at_case(&world, at(NOW)).await.into();
        let kind = reply.body["type"].as_str().unwrap_or_default();
        assert_eq!((reply.status, kind), (404, "urn:motcua:problem:dossier-not-found"));
    }
    assert_eq!(world.count("ReadsTable").await, 0);
}

#[tokio::test]
async fn the_handler_prints_too_and_a_former_one_no_more() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    act(&world, &code, ("receive", 1), json!({}), NOW).await;
    act(&world, &code, ("forward", 2), json!({ "toAgency": HANDLER }), NOW).await;
    let by_handler =
        async || form(&code, "01").officer(HANDLER).at_case(&world, at(NOW)).await.status_code;
    assert_eq!(by_handler().await, 200);
    let body = json!({ "action": "hand-back", "expectedVersion": 3 });
    let back = Call::transition(&code, "hand-back", 3).officer(HANDLER).body(&body);
    assert_eq!(back.at_change(&world.dossiers, &world, at(NOW)).await.status, 200);
    assert_eq!(by_handler().await, 403);
}

#[tokio::test]
async fn no_form_shows_an_identity_number_or_anything_of_another_person() {
    let world = World::new().await;
    let mut other = submission();
    other["applicant"]["fullName"] = "Lê Văn Khác".into();
    other["applicant"]["phone"] = "0987654321".into();
    let other = Call::submit("other").body(&other);
    assert_eq!(other.at_submit(&world.intake, &world, at(NOW)).await.status, 201);
    let code = eventful(&world).await;
    for number in ["01", "02", "04", "05"] {
        let html = page(&world, &code, number).await;
        for canary in [CITIZEN, "Lê Văn Khác", "0987654321", "https://", "to-khai"] {
            assert!(!html.contains(canary), "{number} shows {canary}");
        }
    }
}

/// The modules of the drawn code, read by another program than the one that drew them.
fn decoded(html: &str) -> String {
    let svg = html.split_once("<svg viewBox=\"0 0 ").unwrap().1;
    let whole: usize = svg.split_once(' ').unwrap().0.parse().unwrap();
    let path = svg.split_once("<path d=\"").unwrap().1.split_once('"').unwrap().0;
    const QUIET: usize = 4;
    let size = whole - 2 * QUIET;
    let mut dark = vec![vec![false; size]; size];
    for run in path.split('M').skip(1) {
        let (place, rest) = run.split_once('h').unwrap();
        let (x, y) = place.split_once(' ').unwrap();
        let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        for module in &mut dark[y - QUIET][x - QUIET..x - QUIET + length] {
            *module = true;
        }
    }
    let grid = rqrr::SimpleGrid::from_func(size, |x, y| dark[y][x]);
    rqrr::Grid::new(grid).decode().unwrap().1
}

#[tokio::test]
async fn the_qr_code_of_each_form_opens_the_page_with_the_code_in_its_fragment() {
    let world = World::new().await;
    let code = eventful(&world).await;
    for number in ["01", "02", "04", "05"] {
        let address = format!("https://motcua.example.vn/tra-cuu#{code}");
        assert_eq!(decoded(&page(&world, &code, number).await), address);
    }
}

/// What a browser makes of the page: sheets of A4 as it prints, and nothing fetched.
async fn prints_on_one_sheet(html: &str) {
    let mut telephone = Browser::showing(html, 360).await;
    let wide = telephone.says("document.documentElement.scrollWidth > innerWidth").await;
    assert_eq!(wide, json!(false), "it scrolls sideways");
    let fetched = telephone.fetched();
    assert!(fetched.len() == 1 && fetched[0].starts_with("file://"), "{fetched:?}");
    let mut desk = Browser::showing(html, 1280).await;
    desk.as_printed().await;
    let pdf = desk.pdf().await;
    let text = String::from_utf8_lossy(&pdf);
    let sheets: Vec<&str> = text.split("/MediaBox [").skip(1).collect();
    assert_eq!(sheets.len(), 1, "sheets");
    let sides: Vec<f64> =
        sheets[0].split(']').next().unwrap().split_whitespace().flat_map(str::parse).collect();
    // 210 by 297 millimetres, in points.
    let near = |side: f64, points: f64| (side - points).abs() < 1.5;
    assert!(near(sides[2], 595.3) && near(sides[3], 841.9), "{sides:?}");
}

#[tokio::test]
async fn each_form_prints_on_one_sheet_of_a4_and_fetches_nothing() {
    let world = World::new().await;
    let code = eventful(&world).await;
    let other = Call::submit("refused").at_submit(&world.intake, &world, at(NOW)).await.code();
    act(&world, &other, ("refuse", 1), json!({ "reason": "Không thuộc thẩm quyền" }), NOW).await;
    for form in PrintedForm::ALL {
        let code = if form == PrintedForm::Refusal { &other } else { &code };
        prints_on_one_sheet(&page(&world, code, form.number()).await).await;
    }
}

#[tokio::test]
async fn a_request_for_every_document_with_the_longest_reasons_prints_on_one_sheet_too() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    act(&world, &code, ("receive", 1), json!({}), NOW).await;
    let sentence = "Bản chụp mờ, không đọc được số hiệu và ngày cấp; đề nghị chụp lại. ";
    let reason: String = sentence.repeat(5).chars().take(299).collect();
    let dossier = world.dossier(&code).await;
    let listed = &world.catalogue.procedure_of(&dossier).unwrap().documents;
    let asked: Vec<Value> = listed
        .iter()
        .map(|document| json!({ "code": document.code, "reason": reason.trim() }))
        .collect();
    let wanted = json!({ "reason": reason.trim(), "askedFor": asked });
    act(&world, &code, ("request-supplement", 2), wanted, NOW).await;
    let html = page(&world, &code, "02").await;
    assert_eq!(html.matches("<li>").count(), listed.len());
    prints_on_one_sheet(&html).await;
}
