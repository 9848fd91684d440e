//! Telephone numbers that always end in the same way, so that a frontend can be tried with each
//! outcome of telling. What a test sets for one number or for all goes first.
//!
//! No list of numbers kept free for trials is published in Viet Nam; these are the first of a
//! block, and a stand-in calls nobody.

use super::behaviour::{Behaviour, Mode, Outcome, Reports};
use super::vendor::GatewayName;

/// How long after the message an SMS is reported as not delivered, in milliseconds.
const BOUNCE_MS: u64 = 5_000;

/// What telling this person comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Zalo delivers.
    ByZalo,
    /// There is no Zalo account; the SMS is delivered.
    BySms,
    /// There is no Zalo account, and the number is blocked for SMS.
    ByNobody,
    /// Zalo takes the message, and never reports that it arrived.
    NoReport,
    /// There is no Zalo account; the SMS is taken, and reported later as not delivered.
    Bounce,
    /// Zalo takes the message, and its answer is lost.
    AnswerLost,
}

/// Each number, as gateways write it, and its end.
pub(super) const NUMBERS: [(&str, End); 6] = [
    ("84900000001", End::ByZalo),
    ("84900000002", End::BySms),
    ("84900000003", End::ByNobody),
    ("84900000004", End::NoReport),
    ("84900000005", End::Bounce),
    ("84900000006", End::AnswerLost),
];

fn end(phone: &str) -> Option<End> {
    NUMBERS.into_iter().find(|(number, _)| *number == phone).map(|(_, end)| end)
}

/// How a gateway meets a request for the number, where it is one of them.
pub(super) fn met(gateway: GatewayName, phone: &str) -> Option<Behaviour> {
    let usual = Behaviour::usual(gateway);
    Some(match (end(phone)?, gateway) {
        (End::BySms | End::ByNobody | End::Bounce, GatewayName::Zalo) => usual.refusing(-118),
        (End::ByNobody, GatewayName::Esms) => usual.refusing(99),
        (End::AnswerLost, GatewayName::Zalo) => usual.in_mode(Mode::DropAfter),
        (
            End::ByZalo
            | End::BySms
            | End::ByNobody
            | End::NoReport
            | End::Bounce
            | End::AnswerLost,
            GatewayName::Zalo
            | GatewayName::ZaloOa
            | GatewayName::ZaloLogin
            | GatewayName::Esms
            | GatewayName::Speedsms
            | GatewayName::Vnpt,
        ) => usual,
    })
}

/// What the reports about a message to the number say, sent where everybody's go.
pub(super) fn reported(phone: &str, usual: Reports) -> Reports {
    match end(phone) {
        Some(End::NoReport | End::AnswerLost) => Reports { copies: 0, ..usual },
        Some(End::Bounce) => Reports { delay_ms: BOUNCE_MS, outcome: Outcome::Failed, ..usual },
        Some(End::ByZalo | End::BySms | End::ByNobody) | None => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateways::behaviour::Conduct;

    #[test]
    fn each_number_has_the_ends_that_the_page_for_frontends_promises() {
        let page = include_str!("../../../../docs/sandbox.md");
        let promised: Vec<&str> =
            page.lines().filter_map(|line| line.strip_prefix("| `0")?.split('`').next()).collect();
        let numbers = NUMBERS.map(|(number, _)| number.trim_start_matches("84").to_owned());
        let written: Vec<String> = promised.iter().map(|number| number.replace(' ', "")).collect();
        assert_eq!(written, numbers);
    }

    #[test]
    fn what_a_test_sets_goes_before_the_sandbox() {
        let mut conduct = Conduct::default();
        let rule = serde_json::json!({ "gateway": "zalo", "phone": "0900000002", "code": -119 });
        conduct.put(&rule).unwrap();
        assert_eq!(conduct.take(GatewayName::Zalo, "84900000002").code(), Some(-119));
        assert_eq!(conduct.take(GatewayName::Esms, "84900000002").code(), None);
    }

    #[test]
    fn a_bounce_is_reported_late_where_everybody_s_reports_go_and_some_ends_are_reported_by_nobody()
    {
        let mut conduct = Conduct::default();
        let url = "http://localhost:1/x";
        for gateway in ["zalo", "esms"] {
            let rule = serde_json::json!({ "gateway": gateway, "reports": { "url": url } });
            conduct.put(&rule).unwrap();
        }
        let bounced = conduct.reports(GatewayName::Esms, "84900000005");
        let said = (bounced.url.as_str(), bounced.delay_ms, bounced.outcome);
        assert_eq!(said, (url, BOUNCE_MS, Outcome::Failed));
        for silent in ["84900000004", "84900000006"] {
            assert_eq!(conduct.reports(GatewayName::Zalo, silent).copies, 0, "{silent}");
        }
        let usual = conduct.reports(GatewayName::Zalo, "84900000001");
        assert_eq!((usual.copies, usual.outcome), (1, Outcome::Delivered));
    }

    #[test]
    fn another_number_is_met_as_ever() {
        let mut conduct = Conduct::default();
        assert_eq!(conduct.take(GatewayName::Zalo, "84900000007").code(), None);
        assert_eq!(conduct.take(GatewayName::Zalo, "84900000002").code(), Some(-118));
    }
}
