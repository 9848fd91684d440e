//! What the portal takes: every name, and no other; codes and times as the protocol writes them.

use serde_json::Value;

/// A field is missing, or is none of the protocol's.
const NAMES: &str = "-1";
/// A field has a value that the protocol does not have.
const VALUES: &str = "-2";

/// The fields of a dossier that are text.
const DOSSIER: [&str; 23] = [
    "MaHoSo",
    "MaTTHC",
    "TenTTHC",
    "MaLinhVuc",
    "TenLinhVuc",
    "SoBienNhan",
    "ChuHoSo",
    "LoaiDoiTuong",
    "MaDoiTuong",
    "ThongTinKhac",
    "Email",
    "Fax",
    "SoDienThoai",
    "TrichYeuHoSo",
    "NgayTiepNhan",
    "NgayHenTra",
    "TrangThaiHoSo",
    "NgayTra",
    "ThongTinTra",
    "HinhThuc",
    "NgayKetThucXuLy",
    "DonViXuLy",
    "GhiChu",
];

/// The fields that are lists, each with the names of its items; those of an item that are lists
/// again end in a colon.
const LISTS: [(&str, &[&str]); 5] = [
    (
        "TaiLieuNop",
        &["TepDinhKemId", "TenTepDinhKem", "IsDeleted", "MaThanhPhanHoSo", "DuongDanTaiTepTin"],
    ),
    ("DanhSachLePhi", &["TenPhiLePhi", "MaPhiLePhi", "HinhThucThu", "Gia", "LoaiPhiLePhi"]),
    ("DanhSachTepDinhKemKhac", &["TenGiayTo", "SoLuong", "LoaiGiayTo"]),
    (
        "DanhSachHoSoBoSung",
        &[
            "HoSoBoSungId",
            "NguoiYeuCauBoSung",
            "NoiDungBoSung",
            "NgayBoSung",
            "NguoiTiepNhanBoSung",
            "ThongTinTiepNhan",
            "NgayTiepNhanBoSung",
            "TrangThaiBoSung",
            "DanhSachGiayToBoSung:",
            "DanhSachLePhiBoSung:",
            "NgayHenTraTruoc",
            "NgayHenTraMoi",
        ],
    ),
    ("DanhSachGiayToKetQua", &["TenGiayTo", "MaThanhPhanHoSo", "GiayToId", "DuongDanTepTinKetQua"]),
];

const STEP: [&str; 9] = [
    "MaHoSo",
    "NguoiXuLy",
    "ChucDanh",
    "ThoiDiemXuLy",
    "PhongBanXuLy",
    "NoiDungXuLy",
    "TrangThai",
    "NgayBatDau",
    "NgayKetThucTheoQuyDinh",
];

/// The fields of either that may not be empty.
const OWED: [&str; 9] = [
    "MaHoSo",
    "MaTTHC",
    "TenTTHC",
    "MaLinhVuc",
    "TrangThaiHoSo",
    "DonViXuLy",
    "ThoiDiemXuLy",
    "TrangThai",
    "NguoiXuLy",
];

/// Whether `value` has these fields, and no other.
fn has_exactly(value: &Value, names: &[&str]) -> bool {
    let Some(fields) = value.as_object() else { return false };
    let as_named = names.iter().all(|name| match name.strip_suffix(':') {
        Some(list) => fields.get(list).is_some_and(Value::is_array),
        None => fields.get(*name).is_some_and(Value::is_string),
    });
    as_named && fields.len() == names.len()
}

/// Whether each field of `value` has a value that the protocol has for its name.
fn is_written_so(value: &Value) -> bool {
    let fields = value.as_object().into_iter().flatten();
    fields.into_iter().all(|(name, value)| {
        let text = value.as_str().unwrap_or_default();
        let is_time = name.starts_with("Ngay") || name == "ThoiDiemXuLy";
        let written = match name.as_str() {
            "TrangThaiHoSo" | "TrangThai" => {
                text.parse::<u8>().is_ok_and(|code| (1..=10).contains(&code))
            }
            "LoaiDoiTuong" => ["1", "2"].contains(&text),
            "HinhThuc" => ["0", "1"].contains(&text),
            "IsDeleted" => ["True", "False"].contains(&text),
            _ if is_time => text.is_empty() || is_moment(text),
            _ => true,
        };
        written && (!text.is_empty() || !OWED.contains(&name.as_str()))
    })
}

/// `yyyyMMddHHmmss`, 24 hours.
fn is_moment(text: &str) -> bool {
    text.len() == 14
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && ("01"..="12").contains(&&text[4..6])
        && ("01"..="31").contains(&&text[6..8])
        && ("00"..="23").contains(&&text[8..10])
}

/// Whether it takes this dossier; else the code with which it is refused.
pub(super) fn dossier(item: &Value) -> Result<(), &'static str> {
    let Some(fields) = item.as_object() else { return Err(NAMES) };
    let texts = DOSSIER.iter().all(|name| fields.get(*name).is_some_and(Value::is_string));
    let lists = LISTS.iter().all(|(name, names)| {
        let items = fields.get(*name).and_then(Value::as_array);
        items.is_some_and(|items| items.iter().all(|item| has_exactly(item, names)))
    });
    if !texts || !lists || fields.len() != DOSSIER.len() + LISTS.len() {
        return Err(NAMES);
    }
    let inner = LISTS.iter().flat_map(|(name, _)| fields[*name].as_array().into_iter().flatten());
    let all = [item].into_iter().chain(inner).all(is_written_so);
    if all { Ok(()) } else { Err(VALUES) }
}

/// Whether it takes this step; else the code with which it is refused.
pub(super) fn step(step: &Value) -> Result<(), &'static str> {
    if !has_exactly(step, &STEP) {
        return Err(NAMES);
    }
    if is_written_so(step) { Ok(()) } else { Err(VALUES) }
}

const ANSWER: [&str; 6] =
    ["HOIDAPID", "MADONVI", "NGUOITRALOI", "CHUCVUNGUOITRALOI", "NGAYTRALOI", "NOIDUNGTRALOI"];

/// Whether it takes this answer to a feedback; else the code with which it is refused.
pub(super) fn answer(answer: &Value) -> Result<(), &'static str> {
    if !has_exactly(answer, &ANSWER) {
        return Err(NAMES);
    }
    let text = |name: &str| answer[name].as_str().unwrap_or_default();
    let day: Vec<&str> = text("NGAYTRALOI").split('/').collect();
    let [date, month, year] = day[..] else { return Err(VALUES) };
    let written = is_moment(&format!("{year}{month}{date}000000"))
        && ["HOIDAPID", "MADONVI", "NGUOITRALOI", "NOIDUNGTRALOI"]
            .iter()
            .all(|name| !text(name).is_empty());
    if written { Ok(()) } else { Err(VALUES) }
}
