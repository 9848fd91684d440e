//! Dossiers that were filed at the national portal, in the portal's own form: each becomes one
//! dossier here, whatever is sent again, and what is wrong is named as the portal has it.

use std::sync::Arc;

use domain::document::DocumentContent;
use domain::procedure::Channel;
use futures::future::join_all;
use platform::catalogue::{Texts, UndecidedYears};
use platform::message::{NATIONAL, SUBMIT};
use platform::record::standing::EventState;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, CITIZEN, PROCEDURE, submission};
use crate::support::desk::{message, record_of, work};
use crate::support::file;
use crate::support::log::Log;
use crate::support::world::{Kept, NOW, World, at};

const PORTAL: &str = "urn:motcua:integrator:national-portal";
const SENDER: &str = "AROANATIONALPORTAL01X";

/// A number of the portal's that we never issue.
const NUMBER: &str = "H20.03-261116-9001";

/// The day before [`NOW`], at ten in Viet Nam, as the portal writes it.
const FILED: &str = "20261116100000";

fn documents() -> Value {
    let ours = submission()["documents"].clone();
    let theirs = ours.as_array().unwrap().iter().enumerate().map(|(place, document)| {
        json!({
            "TepDinhKemId": place.to_string(), "TenTepDinhKem": document["name"],
            "IsDeleted": "False", "MaThanhPhanHoSo": document["code"],
            "HashTepTin": document["sha256"], "DuongDanTaiTepTin": document["url"],
        })
    });
    theirs.collect()
}

fn filed(id: &str, number: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": PORTAL, "type": NATIONAL,
        "time": "2026-11-16T03:00:05Z",
        "data": {
            "MaHoSo": number, "MaTTHC": PROCEDURE, "TenTTHC": "", "MaDonViTiepNhan": AGENCY,
            "ChuHoSo": "Trần Thị Mẫu", "LoaiDoiTuong": "1", "SoDinhDanh": CITIZEN,
            "SoDienThoai": "0912345678", "Email": "", "NgayNopHoSo": FILED, "HinhThuc": "0",
            "TaiLieuNop": documents(),
        },
    })
}

/// The same dossier as any integrator sends it.
fn handed_in(id: &str, code: &str) -> Value {
    let mut data = submission();
    data["code"] = code.into();
    json!({
        "specversion": "1.0", "id": id, "source": PORTAL, "type": SUBMIT,
        "time": "2026-11-16T03:00:00Z", "data": data,
    })
}

/// A world whose portal keeps dossiers under these codes.
async fn world(codes: &str) -> World {
    let mut file: Value = serde_json::from_str(&file("infra/data/integrators.json")).unwrap();
    for one in file["integrators"].as_array_mut().unwrap() {
        if one["source"] == PORTAL {
            one["portalCodes"] = codes.into();
        }
    }
    let texts = Texts::built_in();
    let texts = texts.with([("integrators.json".to_owned(), file.to_string())].into()).unwrap();
    World::of(Arc::new(texts.assemble(UndecidedYears::Refused).unwrap())).await
}

/// Works off the event and says why it was parked, if it was.
async fn took(world: &World, event: &Value) -> Option<String> {
    let queue = Kept::default();
    work(world, &queue, &message(&event.to_string(), Some(SENDER), at(NOW)), at(NOW)).await;
    queue.reasons().pop()
}

async fn state(world: &World, id: &str) -> EventState {
    record_of(world, PORTAL, id).await.unwrap().state
}

/// The dossier that the event became.
async fn code(world: &World, id: &str) -> String {
    match state(world, id).await {
        EventState::Applied { dossier, .. } => dossier.to_string(),
        state @ (EventState::Received
        | EventState::Waiting { .. }
        | EventState::Judged
        | EventState::Refused { .. }) => panic!("{id}: {state:?}"),
    }
}

async fn refused(world: &World, id: &str) -> Vec<(String, String)> {
    match state(world, id).await {
        EventState::Refused { errors, .. } => errors
            .into_iter()
            .map(|broken| (broken.field, json!(broken.rule).as_str().unwrap().to_owned()))
            .collect(),
        state @ (EventState::Received
        | EventState::Waiting { .. }
        | EventState::Judged
        | EventState::Applied { .. }) => panic!("{id}: {state:?}"),
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(field, rule)| ((*field).to_owned(), (*rule).to_owned())).collect()
}

#[tokio::test]
async fn a_dossier_of_the_portal_gets_a_code_of_ours_and_the_portal_is_told() {
    let world = world("ours").await;
    assert_eq!(took(&world, &filed("e1", "000.00.15-whatever")).await, None);
    let code = code(&world, "e1").await;
    assert_eq!(code, format!("{AGENCY}-261116-0001"));
    let dossier = world.dossier(&code).await;
    assert_eq!(
        (dossier.channel, dossier.submitted_at),
        (Channel::Online, at("2026-11-16T03:00:00Z"))
    );
    assert_eq!(dossier.history[0].by.id, PORTAL);
    let kept = dossier.documents.iter();
    let kept = kept.filter(|one| matches!(one.content, DocumentContent::Reference(_)));
    assert_eq!(kept.count(), submission()["documents"].as_array().unwrap().len());
}

#[tokio::test]
async fn a_dossier_of_the_portal_keeps_its_code_where_the_catalogue_says_so() {
    let world = world("theirs").await;
    assert_eq!(took(&world, &filed("e1", NUMBER)).await, None);
    assert_eq!(code(&world, "e1").await, NUMBER);
    // A number that we might issue, and one that is no code.
    for (id, number, rule) in [
        ("e2", "H20.03-261116-0001", "code-of-integrators"),
        ("e3", "whatever", "dossier-code"),
        ("e4", "H20.05-261116-9001", "code-of-agency-and-day"),
    ] {
        assert_eq!(took(&world, &filed(id, number)).await.as_deref(), Some("invalid-request"));
        assert_eq!(refused(&world, id).await, pairs(&[("data.MaHoSo", rule)]), "{number}");
    }
    assert_eq!(world.count("DossiersTable").await, 1);
}

#[tokio::test]
async fn what_is_sent_twice_at_the_same_time_or_under_another_id_is_one_dossier() {
    for codes in ["ours", "theirs"] {
        let world = world(codes).await;
        let first = filed("e1", NUMBER);
        join_all([took(&world, &first), took(&world, &first)]).await;
        assert_eq!(took(&world, &first).await, None);
        assert_eq!(took(&world, &filed("e2", NUMBER)).await, None, "{codes}");
        assert_eq!(code(&world, "e1").await, code(&world, "e2").await);
        assert_eq!(world.count("DossiersTable").await, 1, "{codes}");
        // The same number with something else in it is another event of a known dossier.
        let mut other = filed("e3", NUMBER);
        other["data"]["ChuHoSo"] = "Nguyễn Văn Khác".into();
        assert_eq!(took(&world, &other).await.as_deref(), Some("idempotency-key-reused"));
    }
}

#[tokio::test]
async fn the_same_dossier_by_the_other_way_is_refused_whichever_came_first() {
    for codes in ["ours", "theirs"] {
        let world = world(codes).await;
        assert_eq!(took(&world, &filed("e1", NUMBER)).await, None);
        assert_eq!(
            took(&world, &handed_in("e2", NUMBER)).await.as_deref(),
            Some("invalid-request")
        );
        assert_eq!(refused(&world, "e2").await, pairs(&[("data.code", "code-free")]), "{codes}");
        let other = "H20.03-261116-9002";
        assert_eq!(took(&world, &handed_in("e3", other)).await, None);
        assert_eq!(took(&world, &filed("e4", other)).await.as_deref(), Some("invalid-request"));
        assert_eq!(refused(&world, "e4").await, pairs(&[("data.MaHoSo", "code-free")]), "{codes}");
        assert_eq!(world.count("DossiersTable").await, 2, "{codes}");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once_as_the_portal_has_it() {
    let world = world("ours").await;
    let mut broken = filed("e1", NUMBER);
    let data = &mut broken["data"];
    data["LoaiDoiTuong"] = "9".into();
    data["NgayNopHoSo"] = "20261316100000".into();
    data["TaiLieuNop"][0]["HashTepTin"] = json!(7);
    data.as_object_mut().unwrap().remove("ChuHoSo");
    data.as_object_mut().unwrap().remove("MaHoSo");
    assert_eq!(took(&world, &broken).await.as_deref(), Some("invalid-request"));
    let mut said = refused(&world, "e1").await;
    said.sort();
    let expected = [
        ("data.ChuHoSo", "required"),
        ("data.LoaiDoiTuong", "known-value"),
        ("data.MaHoSo", "required"),
        ("data.NgayNopHoSo", "format"),
        ("data.TaiLieuNop[0].HashTepTin", "type"),
    ];
    assert_eq!(said, pairs(&expected));
    // What only the rules of the catalogue know, behind a document that the portal deleted.
    let mut broken = filed("e2", NUMBER);
    let data = &mut broken["data"];
    data["SoDienThoai"] = "12".into();
    let kept = data["TaiLieuNop"][0].clone();
    data["TaiLieuNop"][0]["IsDeleted"] = "True".into();
    let mut second = kept;
    second["DuongDanTaiTepTin"] = "ftp://nowhere".into();
    data["TaiLieuNop"].as_array_mut().unwrap().insert(1, second);
    assert_eq!(took(&world, &broken).await.as_deref(), Some("invalid-request"));
    let said = refused(&world, "e2").await;
    let expected = [
        ("data.SoDienThoai", "mobile-phone"),
        ("data.TaiLieuNop[1].DuongDanTaiTepTin", "https-url"),
    ];
    assert_eq!(said, pairs(&expected));
    let mut unknown = filed("e3", NUMBER);
    unknown["data"]["MaTTHC"] = "9.999999".into();
    assert_eq!(took(&world, &unknown).await.as_deref(), Some("invalid-request"));
    let said = refused(&world, "e3").await;
    assert!(said.iter().any(|(field, _)| field == "data.MaTTHC"), "{said:?}");
    assert!(said.iter().all(|(field, _)| !field.contains("procedure")), "{said:?}");
    assert_eq!(world.count("DossiersTable").await, 0);
}

#[tokio::test]
async fn fields_of_a_newer_portal_are_counted_and_another_version_is_refused() {
    let world = world("ours").await;
    let mut newer = filed("e1", NUMBER);
    newer["data"]["MauMoi"] = "Trần Thị Mẫu".into();
    newer["data"]["TaiLieuNop"][0]["KichThuoc"] = 7.into();
    let log = Log::kept();
    assert_eq!(took(&world, &newer).await, None);
    let [line] = &log.of(platform::LogLine::FieldsIgnored)[..] else { panic!("one line") };
    assert_eq!((line["fields"].as_u64(), &line["source"]), (Some(2), &json!(PORTAL)));
    assert!(!line.to_string().contains("Mẫu"));
    let mut major = filed("e2", "other");
    major["type"] = "vn.motcua.dossier.national.v2".into();
    assert_eq!(took(&world, &major).await.as_deref(), Some("invalid-request"));
    assert_eq!(refused(&world, "e2").await, pairs(&[("type", "known-version")]));
}

#[tokio::test]
async fn only_a_portal_files_for_people_and_only_at_its_agencies() {
    let world = world("ours").await;
    let mut elsewhere = filed("e1", "a");
    elsewhere["data"]["MaDonViTiepNhan"] = "H20.10".into();
    assert_eq!(took(&world, &elsewhere).await.as_deref(), Some("forbidden"));
    let mut nobody = filed("e2", "b");
    nobody["source"] = crate::support::call::SOURCE.into();
    let queue = Kept::default();
    let sender = Some(crate::support::call::SENDER);
    work(&world, &queue, &message(&nobody.to_string(), sender, at(NOW)), at(NOW)).await;
    assert_eq!(queue.reasons(), ["forbidden"]);
    assert_eq!(world.count("DossiersTable").await, 0);
}

#[tokio::test]
async fn a_dossier_that_was_filed_too_long_ago_or_tomorrow_says_so_of_its_own_time() {
    let world = world("ours").await;
    for (id, time, rule) in
        [("e1", "20260101080000", "too-long-ago"), ("e2", "20261118100000", "not-in-the-future")]
    {
        let mut event = filed(id, id);
        event["data"]["NgayNopHoSo"] = time.into();
        assert_eq!(took(&world, &event).await.as_deref(), Some("invalid-request"), "{id}");
        assert_eq!(refused(&world, id).await, pairs(&[("data.NgayNopHoSo", rule)]));
    }
}
