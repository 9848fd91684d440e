//! What a client reads when something fails: RFC 9457, from one closed set of types.

use domain::language::Language;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Failure;

/// Media type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Every problem type there is, with its HTTP status: `infra/openapi.yaml` lists the same, and a
/// test compares.
pub const TYPES: [(&str, u16); 29] = [
    ("malformed-body", 400),
    ("invalid-request", 400),
    ("missing-idempotency-key", 400),
    ("unauthorized", 401),
    ("proof-refused", 401),
    ("forbidden", 403),
    ("sender-not-proven", 403),
    ("dossier-not-found", 404),
    ("document-not-found", 404),
    ("event-not-found", 404),
    ("feedback-not-found", 404),
    ("form-not-found", 404),
    ("procedure-not-found", 404),
    ("route-not-found", 404),
    ("documents-under-inspection", 409),
    ("stale-version", 409),
    ("stale-assignment", 409),
    ("out-of-order", 409),
    ("stale-edition", 409),
    ("body-too-large", 413),
    ("unsupported-media-type", 415),
    ("idempotency-key-reused", 422),
    ("illegal-transition", 422),
    ("illegal-feedback-move", 422),
    ("catalogue-refused", 422),
    ("too-many-requests", 429),
    ("internal", 500),
    ("calendar-missing", 500),
    ("unavailable", 503),
];

/// The field with the seconds after which the same may be asked for again.
const AGAIN_IN: &str = "againInSeconds";

/// A problem document (RFC 9457).
#[derive(Debug, Serialize)]
pub struct Problem {
    /// The problem's type, `urn:motcua:problem:<slug>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One short sentence, the same for every problem of this type.
    pub title: &'static str,
    /// The HTTP status code.
    pub status: u16,
    /// The gateway's id of the request, under which our logs have it; none where nothing was read
    /// as a request.
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What else helps the client to mend it.
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

impl Problem {
    /// After how many seconds the same request may be sent again; none where it would not help.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        let again = self.details.get(AGAIN_IN).and_then(Value::as_u64);
        if let Some(seconds) = again {
            return u32::try_from(seconds).ok();
        }
        let inspected = self.kind.ends_with(Failure::UNDER_INSPECTION);
        (inspected || self.status == 503).then_some(1)
    }

    /// The same, of the request with this id.
    #[must_use]
    pub fn of_request(self, id: &str) -> Self {
        Self { request_id: Some(id.to_owned()).filter(|id| !id.is_empty()), ..self }
    }
}

impl From<&Failure> for Problem {
    /// In English, with the details as the rules give them.
    fn from(failure: &Failure) -> Self {
        Self::written(failure, Language::En)
    }
}

impl Problem {
    /// What a client reads of `failure`. In Vietnamese a broken rule is explained by the text of the
    /// rule with the facts of its place behind it, in English by what was found there.
    pub fn written(failure: &Failure, language: Language) -> Self {
        let slug = failure.slug();
        let details = match failure {
            Failure::Invalid(violations) => {
                let errors: Vec<Value> = violations
                    .iter()
                    .map(|violation| {
                        let detail = match language {
                            Language::Vi => violation.stated(language),
                            Language::En => violation.detail.clone(),
                        };
                        json!({ "field": violation.field, "rule": violation.rule, "detail": detail })
                    })
                    .collect();
                json!({ "errors": errors })
            }
            Failure::Stale { current, status } => {
                json!({ "currentVersion": current, "currentStatus": status })
            }
            Failure::StaleFeedback { current } => json!({ "currentVersion": current }),
            Failure::IllegalMove { action, status, allowed } => json!({ "feedback": {
                "action": action,
                "status": status,
                "statusName": status.vietnamese(),
                "allowed": allowed,
            }}),
            Failure::StaleAssignment { current } => json!({ "currentAssignment": current }),
            Failure::Illegal { action, status, allowed } => json!({
                "action": action,
                "currentStatus": status,
                "currentStatusName": status.name(),
                "allowed": allowed,
            }),
            Failure::UnderInspection(uploads) => json!({ "uploads": uploads }),
            Failure::CatalogueRefused(misprints) => json!({ "misprints": misprints }),
            Failure::TooOften(exceeded) => json!({
                "limit": exceeded.limit,
                AGAIN_IN: exceeded.again_in_seconds,
                "until": exceeded.until,
            }),
            Failure::StaleEdition { current } => json!({ "currentEdition": current }),
            Failure::CalendarMissing { year } => json!({ "year": year }),
            Failure::Malformed
            | Failure::MissingIdempotencyKey
            | Failure::Unauthorized(_)
            | Failure::Forbidden
            | Failure::SenderNotProven
            | Failure::ProofRefused
            | Failure::NotForwarded
            | Failure::DossierNotFound
            | Failure::DocumentNotFound
            | Failure::EventNotFound
            | Failure::FeedbackNotFound
            | Failure::FormNotFound
            | Failure::ProcedureNotFound
            | Failure::RouteNotFound
            | Failure::OutOfOrder
            | Failure::TooLarge
            | Failure::UnsupportedMediaType
            | Failure::IdempotencyKeyReused
            | Failure::Unavailable { .. }
            | Failure::Held(_)
            | Failure::HeldBack(_)
            | Failure::GivenUp(_)
            | Failure::Defect(_) => json!({}),
        };
        Self {
            kind: format!("urn:motcua:problem:{slug}"),
            title: title(failure, language),
            status: TYPES
                .iter()
                .find(|(known, _)| *known == slug)
                .map_or(500, |(_, status)| *status),
            request_id: None,
            details: details.as_object().cloned().unwrap_or_default(),
        }
    }
}

/// The language that `accepted`, an `Accept-Language` header, prefers of those that we write
/// (RFC 9110 §12.5.4); English where it prefers neither.
pub fn preferred(accepted: Option<&str>) -> Language {
    let ranges = accepted.unwrap_or_default().split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next()?.split('-').next()?;
        let language = [Language::Vi, Language::En]
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(tag))?;
        let quality = match parts.find_map(|part| part.strip_prefix("q=")) {
            None => 1_000,
            Some(written) => thousandths(written)?,
        };
        (quality > 0).then_some((quality, language))
    });
    // Of equal ones the first.
    let best = ranges.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map_or(Language::En, |(_, language)| language)
}

/// A quality of 0 to 1 with at most three decimals.
fn thousandths(written: &str) -> Option<u32> {
    let (whole, decimals) = written.split_once('.').unwrap_or((written, ""));
    let digits = decimals.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" => Some(1_000),
        "0" if digits && decimals.len() <= 3 => format!("{decimals:0<3}").parse().ok(),
        _ => None,
    }
}

/// The title of the problem type of `failure`.
fn title(failure: &Failure, language: Language) -> &'static str {
    let (vietnamese, english) = titles(failure);
    match language {
        Language::Vi => vietnamese,
        Language::En => english,
    }
}

fn titles(failure: &Failure) -> (&'static str, &'static str) {
    match failure {
        Failure::Malformed => ("Nội dung gửi không phải là JSON.", "The body is not JSON."),
        Failure::Invalid(_) => (
            "Một số trường vi phạm quy tắc; mỗi trường được nêu kèm quy tắc.",
            "Some fields break a rule; each is listed with the rule.",
        ),
        Failure::MissingIdempotencyKey => (
            "Yêu cầu này cần tiêu đề Idempotency-Key.",
            "This request needs an Idempotency-Key header.",
        ),
        Failure::Unauthorized(_) => ("Hãy đăng nhập trước.", "Sign in first."),
        Failure::Forbidden | Failure::NotForwarded => {
            ("Tài khoản này không được làm việc đó.", "This account may not do this.")
        }
        Failure::SenderNotProven => (
            "Chưa chứng minh được bên gửi đúng là hệ thống ghi trong sự kiện.",
            "Nothing proves that the sender is the source that the event names.",
        ),
        Failure::ProofRefused => (
            "Mã xác nhận không đúng, đã dùng hoặc đã hết hạn.",
            "The code is not right, was used, or its time is over.",
        ),
        Failure::TooOften(_) => (
            "Đã yêu cầu quá nhiều lần; hãy thử lại sau.",
            "It was asked for too often; try again later.",
        ),
        Failure::DossierNotFound => ("Không có hồ sơ này.", "There is no such dossier."),
        Failure::DocumentNotFound => (
            "Không có tài liệu này, hoặc tài liệu đã hết thời gian lưu giữ.",
            "There is no such document, or its time has ended.",
        ),
        Failure::EventNotFound => (
            "Không có sự kiện này, hoặc thông tin về sự kiện đã hết thời gian lưu giữ.",
            "There is no such event, or its record has ended.",
        ),
        Failure::FeedbackNotFound => (
            "Không có phản ánh này, hoặc nội dung đã hết thời gian lưu giữ.",
            "There is no such feedback, or its time has ended.",
        ),
        Failure::StaleFeedback { .. } => (
            "Phản ánh đã thay đổi; hãy đọc lại trước khi quyết định.",
            "The feedback has moved on; read it again before you decide.",
        ),
        Failure::IllegalMove { .. } => (
            "Trạng thái phản ánh không cho phép thao tác này.",
            "The status of the feedback does not allow this action.",
        ),
        Failure::UnderInspection(_) => (
            "Tài liệu đang được kiểm tra; hãy gửi lại sau vài giây.",
            "Documents are under inspection; send the same request again in a few seconds.",
        ),
        Failure::FormNotFound => (
            "Không có mẫu này, hoặc hồ sơ chưa có trường hợp phải in mẫu này.",
            "There is no such form, or the dossier has given no occasion for it yet.",
        ),
        Failure::ProcedureNotFound => (
            "Không có thủ tục này, hoặc thủ tục không có hiệu lực.",
            "There is no such procedure, or none in force.",
        ),
        Failure::RouteNotFound => ("Không có địa chỉ này.", "There is no such address."),
        Failure::Stale { .. } => (
            "Hồ sơ đã thay đổi; hãy đọc lại trước khi quyết định.",
            "The dossier has moved on; read it again before you decide.",
        ),
        Failure::StaleAssignment { .. } => (
            "Hồ sơ đã được phân công lại; hãy đọc lại trước khi quyết định.",
            "The dossier is in other hands; read it again before you decide.",
        ),
        Failure::OutOfOrder => (
            "Lịch sử hồ sơ đã vượt quá thời điểm của sự kiện này.",
            "The dossier's history already reaches beyond the time of this event.",
        ),
        Failure::TooLarge => (
            "Nội dung gửi lớn hơn mức địa chỉ này nhận.",
            "The body is larger than this address takes.",
        ),
        Failure::UnsupportedMediaType => (
            "Nội dung phải được khai báo là application/json.",
            "The body must be declared as application/json.",
        ),
        Failure::IdempotencyKeyReused => (
            "Idempotency-Key này đã được dùng cho yêu cầu khác.",
            "This Idempotency-Key was used for another request.",
        ),
        Failure::Illegal { .. } => (
            "Trạng thái hồ sơ không cho phép thao tác này.",
            "The dossier's status does not allow this action.",
        ),
        Failure::CatalogueRefused(_) => (
            "Các tệp vi phạm quy tắc; mỗi chỗ được nêu kèm số dòng, và không có gì được áp dụng.",
            "The files break rules; each place is listed with its line, and nothing was put into force.",
        ),
        Failure::StaleEdition { .. } => (
            "Danh mục đã thay đổi; hãy xem phiên bản hiện tại trước khi công bố.",
            "The catalogue has moved on; look at the present edition before you publish.",
        ),
        Failure::CalendarMissing { .. } => (
            "Ngày hẹn trả rơi vào năm chưa có lịch làm việc; sự việc đã được ghi lại.",
            "The due date is in a year whose calendar has not been entered; it has been recorded.",
        ),
        Failure::Unavailable { .. } | Failure::Held(_) | Failure::HeldBack(_) => (
            "Một phần của dịch vụ tạm thời không phản hồi; có thể gửi lại yêu cầu này.",
            "A part of the service does not answer at the moment; the same request can be sent again.",
        ),
        Failure::GivenUp(_) | Failure::Defect(_) => (
            "Đã có lỗi từ phía hệ thống; sự việc đã được ghi lại.",
            "Something went wrong on our side; it has been recorded.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_preferred_is_the_one_with_the_highest_quality_and_english_without_any()
    {
        for (accepted, language) in [
            (None, Language::En),
            (Some(""), Language::En),
            (Some("*"), Language::En),
            (Some("fr, de;q=0.5"), Language::En),
            (Some("vi"), Language::Vi),
            (Some("vi-VN,vi;q=0.9,en;q=0.8"), Language::Vi),
            (Some("VI"), Language::Vi),
            (Some("en;q=0.5, vi;q=0.75"), Language::Vi),
            (Some("vi;q=0.5, en"), Language::En),
            (Some("en, vi"), Language::En),
            (Some("vi;q=0"), Language::En),
            (Some("vi;q=high"), Language::En),
        ] {
            assert_eq!(preferred(accepted), language, "{accepted:?}");
        }
    }
}
