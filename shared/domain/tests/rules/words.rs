//! Words that are stored, sent to other systems or shown to people: whoever reads them knows them.

use domain::catalogue::{Integrator, Sender};
use domain::delivery::{ErrorKind, Protocol};
use domain::dossier::Action;
use domain::feedback::FeedbackStatus;
use domain::index::{Measure, Missing};
use domain::notice::{NoticeChannel, NoticeClass};
use domain::payment::online::AttemptState;
use domain::provenance::Trust;
use domain::term::TermUnit;
use serde_json::json;

#[test]
fn notices_are_known_by_their_channel_and_class() {
    assert_eq!([NoticeChannel::Zalo, NoticeChannel::Sms].map(NoticeChannel::name), ["zalo", "sms"]);
    let classes = [NoticeClass::Legal, NoticeClass::Information].map(NoticeClass::name);
    assert_eq!(classes, ["legal", "information"]);
}

#[test]
fn the_state_of_an_attempt_to_pay_has_its_word() {
    assert_eq!(
        AttemptState::ALL.map(AttemptState::name),
        ["pending", "expired", "failed", "paid", "owed-back", "refunding", "refunded"]
    );
}

#[test]
fn an_error_of_a_delivery_and_how_well_a_row_is_vouched_for_have_their_words() {
    use ErrorKind::{NotThere, Refused, Unavailable, Unknown};
    assert_eq!(
        [Unavailable, Refused, NotThere, Unknown].map(ErrorKind::name),
        ["unavailable", "refused", "not-there", "unknown"]
    );
    assert_eq!(
        [Trust::Confirmed, Trust::Secondary, Trust::Unverified].map(Trust::name),
        ["confirmed", "secondary", "unverified"]
    );
}

#[test]
fn a_term_is_shown_in_the_words_of_the_law() {
    assert_eq!(
        [TermUnit::WorkingDay, TermUnit::CalendarDay, TermUnit::WorkingHour]
            .map(TermUnit::vietnamese),
        ["ngày làm việc", "ngày", "giờ làm việc"]
    );
}

#[test]
fn a_history_is_read_in_the_words_of_the_forms() {
    for (action, title) in [
        (Action::Receive, "Tiếp nhận hồ sơ"),
        (Action::RequestSupplement, "Yêu cầu bổ sung hồ sơ"),
        (Action::Apologise, "Xin lỗi và hẹn lại ngày trả kết quả"),
        (Action::Withdraw, "Rút hồ sơ"),
    ] {
        assert_eq!(action.title(), title);
    }
    for (action, brings) in
        [(Action::Submit, true), (Action::Supplement, true), (Action::Receive, false)]
    {
        assert_eq!(action.brings_documents(), brings, "{action:?}");
    }
}

#[test]
fn a_feedback_is_before_its_answer_until_it_has_one_or_needs_none() {
    use FeedbackStatus as S;
    for (status, shown, before) in [
        (S::Unverified, "Chờ xác thực", true),
        (S::Received, "Đã tiếp nhận", true),
        (S::Routed, "Đã chuyển cơ quan có thẩm quyền", true),
        (S::InHandling, "Đang xử lý", true),
        (S::Answered, "Đã trả lời", false),
        (S::Closed, "Đã kết thúc", false),
        (S::Refused, "Không tiếp nhận", false),
        (S::Joined, "Đã gộp với phản ánh khác", false),
        (S::Withdrawn, "Người gửi đã rút", false),
    ] {
        assert_eq!((status.vietnamese(), status.is_before_its_answer()), (shown, before));
    }
}

#[test]
fn what_an_index_misses_is_named_with_the_reason() {
    for (missing, input, why) in [
        (Missing::NotDeclared("satisfied".to_owned()), "satisfied", "not-declared"),
        (Missing::NotKnown(Measure::Received), "received", "not-known"),
        (Missing::NotCounted(Measure::Received), "received", "not-counted"),
        (Missing::NothingToMeasure(Measure::Received), "received", "nothing-to-measure"),
    ] {
        assert_eq!((missing.input(), missing.why()), (input, why));
    }
}

#[test]
fn subscribers_get_entries_of_histories_and_portals_whole_dossiers() {
    for (protocol, subscribes) in [
        (Protocol::Queue, true),
        (Protocol::Webhook, true),
        (Protocol::Dvcqg, false),
        (Protocol::Lgsp, false),
    ] {
        assert_eq!(protocol.is_subscription(), subscribes, "{protocol:?}");
    }
}

#[test]
fn an_integrator_is_proven_by_its_signature_or_by_a_principal_of_its_own_in_any_session() {
    let source = Integrator::source_of("land-registry");
    let principal = "AROAEXAMPLEEXAMPLE000";
    let integrator: Integrator = serde_json::from_value(json!({
        "source": source, "name": "Land registry", "agencies": ["H20.12"], "senders": [principal],
    }))
    .unwrap();
    let session = format!("{principal}:session-7");
    for (text, is_proven) in [
        (format!("signed:{source}"), true),
        (format!("signed:{}", Integrator::source_of("justice")), false),
    ] {
        let sender = Sender::of_text(&text).unwrap();
        assert_eq!(sender.to_string(), text);
        assert_eq!(integrator.is_proven_by(&sender), is_proven, "{text}");
    }
    for (id, is_proven) in
        [(principal, true), (session.as_str(), true), ("AROAEXAMPLEEXAMPLE001", false)]
    {
        let sender = Sender::Principal(id.to_owned());
        assert_eq!(integrator.is_proven_by(&sender), is_proven, "{id}");
        assert_eq!(Sender::of_text(&sender.to_string()), Some(sender));
    }
    assert_eq!(Sender::of_text(principal), None);
    assert_eq!(integrator.back_days.days(), 90);
}
