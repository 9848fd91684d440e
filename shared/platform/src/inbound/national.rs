//! A dossier that was filed at the national portal, in the portal's own names: read as the
//! submission that it is, with what is wrong named as the portal has it.

use domain::calendar::instant;
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation, text};
use jiff::civil::DateTime;
use serde_json::{Map, Value};

use crate::message::{CloudEvent, SUBMIT};

/// Longest number of the portal, in characters: longer than any that was seen.
const NUMBER_CHARACTERS_MAX: usize = 64;

/// How the portal writes a time, in Viet Nam.
const TIME: &str = "%Y%m%d%H%M%S";

/// Fields of the protocol (`docs/domain/exchange.md`) that are read, each with ours.
const FIELDS: [(&str, &str); 10] = [
    ("MaHoSo", "code"),
    ("MaTTHC", "procedure"),
    ("MaDonViTiepNhan", "agency"),
    ("LoaiDoiTuong", "applicant.kind"),
    ("ChuHoSo", "applicant.fullName"),
    ("SoDinhDanh", "applicant.idNumber"),
    ("SoDienThoai", "applicant.phone"),
    ("Email", "applicant.email"),
    ("NgayNopHoSo", "time"),
    ("TaiLieuNop", "documents"),
];

/// The same of each document.
const OF_DOCUMENTS: [(&str, &str); 4] = [
    ("MaThanhPhanHoSo", "code"),
    ("TenTepDinhKem", "name"),
    ("HashTepTin", "sha256"),
    ("DuongDanTaiTepTin", "url"),
];

/// Fields of the protocol that we make ourselves, or have no use for: known, and not read.
const KNOWN: [&str; 26] = [
    "TenTTHC",
    "MaLinhVuc",
    "TenLinhVuc",
    "SoBienNhan",
    "MaDoiTuong",
    "ThongTinKhac",
    "Fax",
    "TrichYeuHoSo",
    "NgayTiepNhan",
    "NgayHenTra",
    "TrangThaiHoSo",
    "HinhThuc",
    "GhiChu",
    "DanhSachLePhi",
    "DanhSachTepDinhKemKhac",
    "NoiNopHoSo",
    "HoSoCoThanhPhanSoHoa",
    "TaiKhoanDuocXacThucVoiVNeID",
    "DuocThanhToanTrucTuyen",
    "LoaiDinhDanh",
    "NgayTra",
    "ThongTinTra",
    "NgayKetThucXuLy",
    "DonViXuLy",
    "DanhSachHoSoBoSung",
    "DanhSachGiayToKetQua",
];

/// The same of each document; one that was deleted is left out.
const KNOWN_OF_DOCUMENTS: [&str; 2] = ["TepDinhKemId", "IsDeleted"];

/// What a dossier of the portal has besides its submission: its own number, and where its fields
/// stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// The portal's number of the dossier, through the text gate.
    pub number: String,
    /// The place among the portal's documents of each that was taken.
    places: Vec<usize>,
    /// Whether it says when it was filed.
    dated: bool,
}

impl Filed {
    /// The field that the portal knows where ours is `field`, named from the top of the event.
    #[must_use]
    pub fn name(&self, field: &str) -> String {
        if field == "time" && self.dated {
            return "data.NgayNopHoSo".to_owned();
        }
        let Some(ours) = field.strip_prefix("data.") else { return field.to_owned() };
        if let Some(rest) = ours.strip_prefix("documents[") {
            let (place, rest) = rest.split_once(']').unwrap_or((rest, ""));
            let theirs = place.parse::<usize>().ok().and_then(|place| self.places.get(place));
            let place = theirs.map_or_else(|| place.to_owned(), ToString::to_string);
            let rest = rest.trim_start_matches('.');
            let name = OF_DOCUMENTS.iter().find(|(_, ours)| *ours == rest).map(|(name, _)| *name);
            let dot = if rest.is_empty() { "" } else { "." };
            return format!("data.TaiLieuNop[{place}]{dot}{}", name.unwrap_or(rest));
        }
        let name = FIELDS.iter().find(|(_, known)| *known == ours).map(|(name, _)| *name);
        format!("data.{}", name.unwrap_or(ours))
    }
}

/// Makes the submission of an event in the portal's form. Says what of the form is wrong, in the
/// portal's names, and counts the fields that the protocol does not have.
pub(super) fn as_submission(
    event: &mut CloudEvent<Value>,
    ignored: &mut usize,
) -> (Filed, Vec<Violation>) {
    event.kind = SUBMIT.to_owned();
    let mut filed = Filed { number: String::new(), places: Vec::new(), dated: false };
    let mut broken = Vec::new();
    let Value::Object(mut came) = std::mem::take(&mut event.data) else {
        return (filed, vec![Violation::new("data", RuleName::WrongType, "must be an object")]);
    };
    let known =
        |name: &str| FIELDS.iter().any(|(theirs, _)| *theirs == name) || KNOWN.contains(&name);
    *ignored += retained(&mut came, known);
    let mut data = Map::new();
    let mut applicant = Map::new();
    for (theirs, ours) in FIELDS {
        let Some(value) = came.remove(theirs).filter(|value| !is_nothing(value)) else { continue };
        match (theirs, ours.strip_prefix("applicant.")) {
            ("MaHoSo", _) => {
                filed.number = number(&value).unwrap_or_else(|violation| {
                    broken.push(violation);
                    String::new()
                });
            }
            ("NgayNopHoSo", _) => {
                filed.dated = true;
                match filed_at(&value) {
                    Some(time) => event.time = time,
                    None => {
                        let detail = "must look like 20261116083000, in Viet Nam";
                        broken.push(Violation::new("data.NgayNopHoSo", RuleName::Format, detail));
                    }
                }
            }
            ("LoaiDoiTuong", Some(ours)) => match kind(&value) {
                Some(kind) => drop(applicant.insert(ours.to_owned(), kind.into())),
                None => {
                    // Named here; the reader of the submission must not miss it again.
                    let kinds = Fact::choices(["1", "2"]);
                    let field = "data.LoaiDoiTuong";
                    broken.push(Violation::unless(field, RuleName::KnownValue, kinds));
                    applicant.insert(ours.to_owned(), "citizen".into());
                }
            },
            ("TaiLieuNop", _) => {
                data.insert(ours.to_owned(), documents(value, &mut filed.places, ignored));
            }
            (_, Some(ours)) => drop(applicant.insert(ours.to_owned(), value)),
            (_, None) => drop(data.insert(ours.to_owned(), value)),
        }
    }
    if filed.number.is_empty() && broken.iter().all(|known| known.field != "data.MaHoSo") {
        broken.push(Violation::required("data.MaHoSo"));
    }
    data.insert("channel".to_owned(), "online".into());
    data.insert("applicant".to_owned(), Value::Object(applicant));
    event.data = Value::Object(data);
    (filed, broken)
}

/// What the protocol writes where there is nothing.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Takes out what is not `known`, and says how much that was.
fn retained(fields: &mut Map<String, Value>, known: impl Fn(&str) -> bool) -> usize {
    let before = fields.len();
    fields.retain(|name, _| known(name));
    before - fields.len()
}

fn number(value: &Value) -> Result<String, Violation> {
    let wrong = |rule, detail: &str| Violation::new("data.MaHoSo", rule, detail);
    let text = value.as_str().ok_or_else(|| wrong(RuleName::WrongType, "has the wrong type"))?;
    if let Some(flaw) = text::flaw(text) {
        return Err(wrong(flaw.rule(), flaw.detail()));
    }
    let text = text::line(text);
    let fits = (1..=NUMBER_CHARACTERS_MAX).contains(&text.chars().count());
    let bounds = || Fact::between(1, NUMBER_CHARACTERS_MAX, Unit::Characters);
    let broken = || wrong(RuleName::Length, "must be 1 to 64 characters").about(bounds());
    fits.then_some(text).ok_or_else(broken)
}

/// `1` a citizen, `2` a business, as text or number.
fn kind(value: &Value) -> Option<&'static str> {
    let code = value.as_str().map(str::trim).map(str::to_owned);
    match code.or_else(|| value.as_u64().map(|code| code.to_string()))?.as_str() {
        "1" => Some("citizen"),
        "2" => Some("business"),
        _ => None,
    }
}

fn filed_at(value: &Value) -> Option<jiff::Timestamp> {
    let text = value.as_str()?.trim();
    let whole = text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
    let time = DateTime::strptime(TIME, text).ok().filter(|_| whole)?;
    Some(instant(time.date(), time.time()))
}

/// The documents under our names; one that the portal deleted is left out.
fn documents(value: Value, places: &mut Vec<usize>, ignored: &mut usize) -> Value {
    let Value::Array(listed) = value else { return value };
    let mut taken = Vec::new();
    for (place, document) in listed.into_iter().enumerate() {
        let Value::Object(mut came) = document else {
            places.push(place);
            taken.push(document);
            continue;
        };
        let deleted = came.get("IsDeleted").is_some_and(|deleted| {
            deleted.as_bool() == Some(true)
                || deleted.as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
        });
        if deleted {
            continue;
        }
        *ignored += retained(&mut came, |name| {
            OF_DOCUMENTS.iter().any(|(theirs, _)| *theirs == name)
                || KNOWN_OF_DOCUMENTS.contains(&name)
        });
        let fields = OF_DOCUMENTS.iter().filter_map(|(theirs, ours)| {
            Some(((*ours).to_owned(), came.remove(*theirs).filter(|value| !is_nothing(value))?))
        });
        places.push(place);
        taken.push(Value::Object(fields.collect()));
    }
    Value::Array(taken)
}
