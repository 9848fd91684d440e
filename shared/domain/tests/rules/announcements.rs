//! What leaders are told in the morning, and of which days.

use domain::announcement::{PUBLIC_URL_CHARACTERS_MAX, PublicUrl};
use domain::calendar::next;
use domain::dossier::Action;
use domain::kpi::KpiRow;
use domain::leader::ReportSpan;
use domain::notice::headline::{Headline, LINK_CHARACTERS_MAX};
use domain::notice::text::{Encoding, segments};
use domain::notice::{Language, Templates};
use domain::period::Period;
use domain::thread::{Content, NoticeThread};
use domain::{Violation, id::ReportCode};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::world::catalogue;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn told(span: ReportSpan, morning: &str) -> String {
    span.period(day(morning), catalogue().calendar()).unwrap().to_string()
}

#[test]
fn the_morning_reports_the_days_since_the_last_working_day() {
    for (morning, days) in [
        ("2026-11-18", "2026-11-17"),
        ("2026-11-16", "2026-11-13..2026-11-15"),
        // Made up for: the Saturday is told of on Monday with its Sunday, the Friday on the
        // Saturday.
        ("2026-01-10", "2026-01-09"),
        ("2026-01-12", "2026-01-10..2026-01-11"),
        // The first working day after Tết.
        ("2026-02-23", "2026-02-13..2026-02-22"),
    ] {
        assert_eq!(told(ReportSpan::Day, morning), days, "{morning}");
    }
}

#[test]
fn no_day_of_a_year_is_left_out_or_reported_twice() {
    let calendar = catalogue().calendar();
    let mornings =
        day("2026-01-05").series(1.day()).take_while(|morning| *morning <= day("2026-12-31"));
    let mut told_until: Option<Date> = None;
    for morning in mornings.filter(|morning| calendar.kind(*morning).unwrap().is_working()) {
        let period = ReportSpan::Day.period(morning, calendar).unwrap();
        assert!(told_until.is_none_or(|last| next(last) == period.first()), "{morning}");
        assert_eq!(next(period.last()), morning);
        told_until = Some(period.last());
    }
}

#[test]
fn the_month_is_that_of_yesterday() {
    assert_eq!(told(ReportSpan::Month, "2026-11-18"), "2026-11");
    assert_eq!(told(ReportSpan::Month, "2026-12-01"), "2026-11");
}

#[test]
fn a_morning_whose_last_working_day_lies_in_a_year_without_a_calendar_is_an_error() {
    let year = (2018..2035)
        .find(|year| catalogue().calendar().kind(day(&format!("{year}-06-01"))).is_ok())
        .unwrap();
    let missing =
        ReportSpan::Day.period(day(&format!("{year}-01-01")), catalogue().calendar()).unwrap_err();
    assert_eq!(missing.year, year - 1);
}

#[test]
fn reports_are_published_under_an_address_that_leaves_a_message_room() {
    let url = |text: &str| PublicUrl::try_from(text.to_owned());
    for good in [
        "https://motcua.example.vn",
        "http://localhost:4566",
        "https://a.vn/mot-cua",
        "https://a_b.vn",
    ] {
        assert!(url(good).is_ok(), "{good}");
    }
    let long = |length: usize| format!("https://{}", "a".repeat(length - 8));
    assert!(url(&long(PUBLIC_URL_CHARACTERS_MAX)).is_ok());
    let too_long = long(PUBLIC_URL_CHARACTERS_MAX + 1);
    for bad in [
        "",
        "https://",
        "motcua.example.vn",
        "https://a.vn/",
        "https://a.vn?x",
        "https://á.vn",
        &too_long,
    ] {
        assert!(url(bad).is_err(), "{bad}");
    }
    let address =
        url("https://a.vn").unwrap().report(&Period::between(day("2026-11-13"), day("2026-11-15")));
    assert_eq!(address, "https://a.vn/v1/reports/2026-11-13..2026-11-15");
}

fn report() -> ReportCode {
    "REPORT-2026-11-16-a23456789012345678901234".parse().unwrap()
}

#[test]
fn the_longest_report_fits_the_parts_that_are_budgeted_for_it() {
    let most = 999_999_999;
    let row = KpiRow {
        received: most,
        resolved: most,
        early: most,
        overdue: most,
        waiting_late: most,
        ..KpiRow::default()
    };
    let longest =
        Headline::of((day("2026-11-13"), day("2026-11-15")), &row, "x".repeat(LINK_CHARACTERS_MAX));
    for language in [Language::Vi, Language::En] {
        let notice = catalogue()
            .templates()
            .report()
            .unwrap()
            .compose(&report(), &longest, language)
            .unwrap();
        let parts = segments(&notice.sms);
        assert_eq!((parts.encoding, parts.count), (Encoding::Gsm7, 2), "{}", notice.sms);
        assert!(!notice.sms.contains(['{', '}']), "{}", notice.sms);
        // The name by which SMS gateways know the message is its own, and its reports name it.
        assert!(notice.id.len() <= 50, "{}", notice.id);
    }
}

#[test]
fn what_waits_late_for_its_receipt_goes_to_zalo_where_the_text_names_it() {
    let row = KpiRow { waiting_late: 12, ..KpiRow::default() };
    let headline = Headline::of((day("2026-11-15"), day("2026-11-15")), &row, "l".to_owned());
    let field = |change: fn(&str) -> String| {
        let file = include_str!("../../../../infra/data/templates.json");
        let file: Value = serde_json::from_str(&change(file)).unwrap();
        let templates = Templates::assemble(serde_json::from_value(file).unwrap()).unwrap();
        let notice = templates.report().unwrap().compose(&report(), &headline, Language::Vi);
        notice.unwrap().fields.get("unreceived").cloned()
    };
    assert_eq!(field(str::to_owned).as_deref(), Some("12"));
    // A province that has not taken it into its text has not registered it with Zalo either.
    let without = |file: &str| file.replace(", cho tiep nhan qua han {unreceived}", "");
    assert_eq!(field(without), None);
}

#[test]
fn where_nothing_was_settled_no_share_is_named() {
    let headline =
        Headline::of((day("2026-11-15"), day("2026-11-15")), &KpiRow::default(), "l".to_owned());
    let notice = catalogue()
        .templates()
        .report()
        .unwrap()
        .compose(&report(), &headline, Language::Vi)
        .unwrap();
    assert_eq!(
        (notice.fields["onTime"].as_str(), notice.fields["period"].as_str()),
        ("-", "15/11/2026")
    );
}

#[test]
fn a_change_and_a_headline_stand_in_a_record_under_names_of_their_own() {
    let headline =
        Headline::of((day("2026-11-15"), day("2026-11-15")), &KpiRow::default(), "l".to_owned());
    let agency = || "H20".parse().unwrap();
    let mut opened = NoticeThread::announcing(
        report(),
        agency(),
        headline,
        "2026-11-16T00:00:00Z".parse().unwrap(),
    );
    opened.advance();
    let stored = serde_json::to_value(&opened).unwrap();
    assert_eq!(
        (&stored["code"], &stored["n"][0]["h"]["received"]),
        (&json!(report().to_string()), &json!(0))
    );
    assert_eq!(serde_json::from_value::<NoticeThread>(stored.clone()).unwrap(), opened);
    let mut of_a_dossier = stored;
    of_a_dossier["code"] = json!("H20.12-261116-0001");
    let notice = of_a_dossier["n"][0].as_object_mut().unwrap();
    notice.remove("h");
    notice.insert("a".to_owned(), json!("finish"));
    let read: NoticeThread = serde_json::from_value(of_a_dossier).unwrap();
    assert_eq!(read.notices()[0].content, Content::Change(Action::Finish));
}

/// Rules that a text of the report breaks.
fn broken(spoil: impl FnOnce(&mut Value)) -> Vec<(String, &'static str)> {
    let mut file: Value =
        serde_json::from_str(include_str!("../../../../infra/data/templates.json")).unwrap();
    spoil(&mut file["report"]);
    let found =
        Templates::assemble(serde_json::from_value(file).unwrap()).err().unwrap_or_default();
    let part = |field: &str| field.split('.').next().unwrap().to_owned();
    found.into_iter().map(|Violation { field, rule, .. }| (part(&field), rule.slug())).collect()
}

#[test]
fn a_text_of_the_report_that_cannot_be_sent_is_refused_when_it_is_loaded() {
    assert_eq!(broken(|_| ()), []);
    let sms = |text: &str| json!({"text": text, "segmentsMax": 1});
    for (rule, text) in [
        ("known-placeholder", sms("Mot Cua {code} {link}")),
        // A headline without the page behind it.
        ("link", sms("Mot Cua {period}: tiep nhan {received}")),
        ("gsm-7", sms("Một Cửa {link}")),
        // 98 of the link and 63 more.
        ("segments-max", sms(&format!("{}{{link}}", "x".repeat(63)))),
        ("without-due-date", json!({"text": "Mot Cua {link}", "withoutDueDate": "{link}"})),
    ] {
        assert_eq!(
            broken(|report| report["sms"]["vi"] = text.clone()),
            [("report".to_owned(), rule)],
            "{text}"
        );
    }
    assert_eq!(
        broken(|report| report["sms"]["vi"] = sms(&format!("{}{{link}}", "x".repeat(62)))),
        []
    );
    assert_eq!(
        broken(|report| report["zalo"] = json!({"en": "1"})),
        [("report".to_owned(), "vietnamese")]
    );
    assert_eq!(
        broken(|report| report["zalo"]["vi"] = json!("one")),
        [("report".to_owned(), "zalo-template")]
    );
}
