//! A dossier in the national items: names, codes and times as the protocol has them
//! (`docs/domain/exchange.md`), from state and history alone. What we do not have is sent as the
//! protocol's empty value; no name of an officer is stored here, so that their agency stands for
//! them.

use domain::applicant::ApplicantKind;
use domain::calendar::date_of;
use domain::document::{Document, DocumentContent, PaperKind};
use domain::dossier::{Action, DossierStatus, HistoryEntry};
use domain::id::AgencyCode;
use domain::procedure::{Channel, Procedure};
use jiff::Timestamp;
use jiff::tz::{self, TimeZone};
use serde_json::{Value, json};

use crate::port::Case;

/// A time in Viet Nam as the protocol writes it, `yyyyMMddHHmmss`.
fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(tz::offset(7))).strftime("%Y%m%d%H%M%S").to_string()
}

/// The same of a time that there may not be, for which the protocol has an empty text.
fn time_or_none(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, time)
}

/// The whole dossier as it is now: an item of `DongBoHoSoMC`.
pub fn item(case: Case<'_>) -> Value {
    let dossier = case.dossier;
    let procedure = case.catalogue.procedure_of(dossier);
    let name_of = |name: fn(&Procedure) -> &str| procedure.map_or("", name);
    let applicant = dossier.applicant.as_ref();
    let revealed = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let ended = |status: DossierStatus| {
        let entered = dossier.history.iter().rfind(|entry| entry.status == status);
        entered.filter(|_| dossier.status.is_closed()).map(|entry| entry.at)
    };
    let kind = applicant.map(|applicant| match applicant.kind {
        ApplicantKind::Citizen => "1",
        ApplicantKind::Business => "2",
    });
    let by_post = match dossier.channel {
        Channel::Postal => "1",
        Channel::Counter | Channel::Online => "0",
    };
    json!({
        "MaHoSo": dossier.code,
        "MaTTHC": dossier.procedure,
        "TenTTHC": name_of(|procedure| &procedure.name),
        "MaLinhVuc": name_of(|procedure| &procedure.field.code),
        "TenLinhVuc": name_of(|procedure| &procedure.field.name),
        "SoBienNhan": dossier.code,
        "ChuHoSo": revealed(applicant.map(|applicant| applicant.full_name.reveal())),
        "LoaiDoiTuong": kind.unwrap_or("1"),
        "MaDoiTuong": "",
        "ThongTinKhac": "",
        "Email": revealed(
            applicant.and_then(|applicant| applicant.email.as_ref()).map(|email| email.reveal()),
        ),
        "Fax": "",
        "SoDienThoai": revealed(
            applicant.and_then(|applicant| applicant.phone.as_ref()).map(|phone| phone.reveal()),
        ),
        "TrichYeuHoSo": name_of(|procedure| &procedure.name),
        "NgayTiepNhan": time_or_none(dossier.received_at),
        "NgayHenTra": time_or_none(dossier.due_at),
        "TrangThaiHoSo": dossier.status.code().to_string(),
        "NgayTra": time_or_none(ended(DossierStatus::Returned)),
        "ThongTinTra": "",
        "HinhThuc": by_post,
        "NgayKetThucXuLy": time_or_none(dossier.closed_at),
        "DonViXuLy": agency(case, Some(dossier.handler.as_ref().unwrap_or(&dossier.agency)), None),
        "GhiChu": "",
        "TaiLieuNop": dossier.documents.iter().filter_map(handed_in).collect::<Vec<_>>(),
        "DanhSachLePhi": procedure.map(fees).unwrap_or_default(),
        "DanhSachTepDinhKemKhac":
            dossier.documents.iter().filter_map(|document| on_paper(document, procedure))
                .collect::<Vec<_>>(),
        "DanhSachHoSoBoSung": supplements(case),
        "DanhSachGiayToKetQua": dossier.results.iter().map(|result| json!({
            "TenGiayTo": format!("Kết quả giải quyết hồ sơ {}", dossier.code),
            "MaThanhPhanHoSo": "",
            "GiayToId": result.content.upload.as_str(),
            // Its content is fetched through our own door, by whoever may.
            "DuongDanTepTinKetQua": "",
        })).collect::<Vec<_>>(),
    })
}

/// One entry of the history as a step of the work: an item of `CapNhatTienDoHoSoMC`. It is made of
/// the entry and of nothing that came after it.
pub fn step(case: Case<'_>, entry: &HistoryEntry) -> Value {
    // The act and not the status, which stands beside it: two acts of one second may lead to the
    // same status, and would be the same step twice.
    let act = entry.action.title();
    let said =
        entry.reason.as_ref().map_or_else(|| act.to_owned(), |reason| format!("{act}: {reason}"));
    let by = entry.by.agency.as_ref();
    json!({
        "MaHoSo": case.dossier.code,
        "NguoiXuLy": agency(case, by.or(Some(&case.dossier.agency)), Some(entry.at)),
        "ChucDanh": "",
        "ThoiDiemXuLy": time(entry.at),
        "PhongBanXuLy": agency(case, by, Some(entry.at)),
        "NoiDungXuLy": said,
        "TrangThai": entry.status.code().to_string(),
        "NgayBatDau": "",
        "NgayKetThucTheoQuyDinh": time_or_none(entry.due_at),
    })
}

/// What an agency was called at `at`, or at the dossier's last change; its code where the catalogue
/// does not have it.
fn agency(case: Case<'_>, code: Option<&AgencyCode>, at: Option<Timestamp>) -> String {
    let Some(code) = code else { return String::new() };
    let last = case.dossier.history.last().map(|entry| entry.at);
    let day = at.or(last).map(date_of);
    let named = case.catalogue.agency(code).zip(day).map(|(agency, day)| agency.name_on(day));
    named.map_or_else(|| code.to_string(), str::to_owned)
}

/// A document of which there is a file.
fn handed_in(document: &Document) -> Option<Value> {
    let (id, name, address) = match &document.content {
        DocumentContent::Reference(kept) => (&kept.sha256[..], &kept.name[..], &kept.url[..]),
        DocumentContent::Upload(ours) => (ours.upload.as_str(), &document.code[..], ""),
        DocumentContent::Paper { .. } => return None,
    };
    Some(json!({
        "TepDinhKemId": id,
        "TenTepDinhKem": name,
        "IsDeleted": "False",
        "MaThanhPhanHoSo": document.code,
        "DuongDanTaiTepTin": address,
    }))
}

/// A document on paper alone.
fn on_paper(document: &Document, procedure: Option<&Procedure>) -> Option<Value> {
    let kind = match &document.content {
        DocumentContent::Paper { paper: PaperKind::Original } => "0",
        DocumentContent::Paper { paper: PaperKind::Copy } => "1",
        DocumentContent::Reference(_) | DocumentContent::Upload(_) => return None,
    };
    let named = procedure.into_iter().flat_map(|procedure| &procedure.documents);
    let named = named.into_iter().find(|asked| asked.code == document.code);
    let name = named.map_or(document.code.as_str(), |asked| asked.name.as_str());
    Some(json!({ "TenGiayTo": name, "SoLuong": "1", "LoaiGiayTo": kind }))
}

/// The fee of the procedure; the protocol has no word for its kind that we know.
fn fees(procedure: &Procedure) -> Vec<Value> {
    if procedure.fee_vnd == 0 {
        return Vec::new();
    }
    let fee = json!({
        "TenPhiLePhi": "Phí, lệ phí",
        "MaPhiLePhi": "",
        "HinhThucThu": "",
        "Gia": procedure.fee_vnd.to_string(),
        "LoaiPhiLePhi": "",
    });
    vec![fee]
}

/// Each time that documents were asked for, with what came of it.
fn supplements(case: Case<'_>) -> Vec<Value> {
    let history = &case.dossier.history;
    let asked = history.iter().filter(|entry| entry.action == Action::RequestSupplement);
    let each = asked.map(|entry| {
        let later = history.iter().filter(|other| other.version > entry.version);
        let came = later
            .take_while(|other| other.action != Action::RequestSupplement)
            .find(|other| other.action == Action::Supplement);
        let before = history.iter().rfind(|other| other.version < entry.version);
        let officer = |entry: &HistoryEntry| agency(case, entry.by.agency.as_ref(), Some(entry.at));
        let wanted = entry.asked_for.iter().map(
            |document| json!({ "TenGiayTo": document.code, "SoLuong": "1", "LoaiGiayTo": "" }),
        );
        json!({
            "HoSoBoSungId": format!("{}/{}", case.dossier.code, entry.version),
            "NguoiYeuCauBoSung": officer(entry),
            "NoiDungBoSung": entry.reason.as_deref().unwrap_or_default(),
            "NgayBoSung": time(entry.at),
            "NguoiTiepNhanBoSung": came.map(officer).unwrap_or_default(),
            "ThongTinTiepNhan": "",
            "NgayTiepNhanBoSung": time_or_none(came.map(|came| came.at)),
            "TrangThaiBoSung": if came.is_some() { "1" } else { "0" },
            "DanhSachGiayToBoSung": wanted.collect::<Vec<_>>(),
            "DanhSachLePhiBoSung": [],
            "NgayHenTraTruoc": time_or_none(before.and_then(|before| before.due_at)),
            "NgayHenTraMoi": time_or_none(came.and_then(|came| came.due_at)),
        })
    });
    each.collect()
}
