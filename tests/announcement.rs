//! The morning report: each leader once, on working days, with figures that were counted and add
//! up.

mod failing;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use announce_report::{Order, Outcome, announce};
use domain::announcement::PublicUrl;
use domain::id::SubjectCode;
use domain::kpi::{DueBasis, FigureKind, KpiCell, KpiRow};
use domain::notice::Notice;
use domain::period::Period;
use domain::thread::{NoticeReason, NoticeThread};
use jiff::ToSpan;
use jiff::civil::Date;
use platform::Failure;
use platform::catalogue::{CatalogueError, Texts, UndecidedYears};
use platform::port::{Contacts, NoticeBook, Stored};
use platform::record::{CountRecord, KpiRecord};
use serde_json::{Value, json};

use crate::support::call::{Call, zalo_report};
use crate::support::days::{count, two_days};
use crate::support::log::Log;
use crate::support::teller::{accepted, declined, tell};
use crate::support::world::{Kept, Scripted, World, at};

/// Seven in the morning of a Wednesday in Viet Nam.
const SEVEN: &str = "2026-11-18T00:00:00Z";
/// The minute after.
const A_MINUTE_LATER: &str = "2026-11-18T00:01:00Z";

fn leader(key: &str, phone: &str) -> Value {
    json!({
        "key": key, "office": "Văn phòng", "agency": "H20", "phone": phone, "report": "day",
        "validFrom": "2026-01-01", "validTo": null,
    })
}

/// The chairman and the head of the office.
fn two_leaders() -> Value {
    json!([leader("chairman", "0912345671"), leader("office", "0912345672")])
}

fn leaders_file(leaders: &Value) -> BTreeMap<String, String> {
    BTreeMap::from([(
        "leaders.json".to_owned(),
        json!({ "schemaVersion": 1, "leaders": leaders }).to_string(),
    )])
}

/// A world in which these get the report.
async fn with_leaders(leaders: &Value) -> World {
    let mut world = World::new().await;
    let texts = Texts::built_in().with(leaders_file(leaders)).unwrap();
    world.catalogue = Arc::new(texts.assemble(UndecidedYears::Refused).unwrap());
    world
}

/// What a night counts on each of these days: as much comes in as is settled.
fn steady() -> KpiRow {
    KpiRow {
        carried_over: 19,
        received: 45,
        resolved: 45,
        early: 28,
        on_time: 3,
        late: 14,
        in_process: 19,
        overdue: 17,
        ..KpiRow::default()
    }
}

async fn put(world: &World, name: &str, figures: KpiRow) {
    let work = KpiCell::Work {
        agency: "H20.03".parse().unwrap(),
        procedure: "1.000382".parse().unwrap(),
        channel: online(),
    };
    for cell in [KpiCell::Province, work] {
        world.figures.put(&KpiRecord { day: name.to_owned(), cell, figures }).await.unwrap();
    }
}

fn online() -> domain::procedure::Channel {
    domain::procedure::Channel::Online
}

/// The nights from `first` to `last` have counted, and summed their months up.
async fn counted(world: &World, first: &str, last: &str) {
    let (first, last): (Date, Date) = (first.parse().unwrap(), last.parse().unwrap());
    let mut months: BTreeMap<String, (Date, Date, u32, KpiRow)> = BTreeMap::new();
    for day in first.series(1.day()).take_while(|day| *day <= last) {
        put(world, &day.to_string(), steady()).await;
        world.figures.put_count(&count_of(&day.to_string(), day, day, 1)).await.unwrap();
        let month = months.entry(Period::month_of(day).to_string()).or_insert((
            day,
            day,
            0,
            KpiRow::default(),
        ));
        (month.1, month.2) = (day, month.2 + 1);
        month.3.add_kind(FigureKind::Flow, &steady());
    }
    for (name, (first, last, days, flows)) in months {
        put(world, &name, flows).await;
        world.figures.put_count(&count_of(&name, first, last, days)).await.unwrap();
    }
}

fn count_of(name: &str, first: Date, last: Date, days: u32) -> CountRecord {
    CountRecord {
        day: name.to_owned(),
        counted_at: at(SEVEN),
        due_basis: DueBasis::Original,
        first,
        last,
        days,
    }
}

async fn announced_in(
    world: &World,
    book: &impl NoticeBook,
    now: &str,
) -> Result<Outcome, Failure> {
    let url = PublicUrl::try_from("https://motcua.example.vn".to_owned()).unwrap();
    announce(&Order::default(), &world.figures, book, &world.catalogue, &url, at(now)).await
}

async fn announced(world: &World, now: &str) -> Result<Outcome, Failure> {
    announced_in(world, &world.notices, now).await
}

/// What the minute of `now` puts on the notices queue.
async fn woken(world: &World, now: &str) -> Vec<String> {
    let queue = Kept::default();
    wake_notices::wake(&wake_notices::Order::default(), &world.notices, &queue, at(now))
        .await
        .unwrap();
    let sent = queue.sent.lock().unwrap();
    sent.iter().map(Value::to_string).collect()
}

/// What telephones show after that minute, where Zalo takes everything.
async fn told(world: &World, now: &str) -> Vec<Notice> {
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell_all(world, &gateways, now).await;
    gateways.messages()
}

async fn tell_all(world: &World, gateways: &Scripted, now: &str) {
    for message in woken(world, now).await {
        tell(world, &world.notices, gateways, &message, now).await.unwrap();
    }
}

fn names(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.id.as_str()).collect()
}

#[tokio::test]
async fn at_seven_each_leader_gets_one_message_with_the_headline_and_the_link() {
    let world = with_leaders(&two_leaders()).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    let outcome = announced(&world, SEVEN).await.unwrap();
    assert_eq!((outcome.working_day, outcome.opened, outcome.known), (true, 2, 0));
    let told = told(&world, SEVEN).await;
    assert_eq!(names(&told), ["REPORT-2026-11-18-chairman/1", "REPORT-2026-11-18-office/1"]);
    let expected = "Mot Cua 17/11/2026: tiep nhan 45, da giai quyet 45, dung han 68,89%, dang qua han 17, \
         cho tiep nhan qua han 0. \
                    https://motcua.example.vn/v1/reports/2026-11-17";
    assert_eq!((told[0].sms.as_str(), told[1].sms.as_str()), (expected, expected));
    let fields = [
        ("period", "17/11/2026"),
        ("received", "45"),
        ("resolved", "45"),
        ("onTime", "68,89%"),
        ("overdue", "17"),
        ("unreceived", "0"),
        ("link", "https://motcua.example.vn/v1/reports/2026-11-17"),
    ];
    assert_eq!(told[0].fields, fields.map(|(name, value)| (name, value.to_owned())).into());
    assert_eq!(woken(&world, A_MINUTE_LATER).await.len(), 0);
}

#[tokio::test]
async fn what_the_night_has_counted_is_what_the_morning_says_and_the_page_shows() {
    let world = with_leaders(&json!([leader("chairman", "0912345671")])).await;
    two_days(&world).await;
    count(&world, "2026-11-17").await;
    announced(&world, SEVEN).await.unwrap();
    let told = told(&world, SEVEN).await;
    let said = |name| told[0].fields[name].clone();
    assert_eq!([said("received"), said("resolved"), said("onTime")], ["5", "2", "100,00%"]);
    let page = said("link").rsplit('/').next().unwrap().to_owned();
    let shown = Call::new("GET /v1/kpi")
        .officer("H20.03")
        .query("period", &page)
        .at_kpi(&world, at(SEVEN))
        .await;
    let shown = crate::support::call::Answer::from(shown).body["total"].clone();
    assert_eq!(
        (&shown["figures"]["received"], &shown["figures"]["resolved"]),
        (&json!(5), &json!(2))
    );
}

#[tokio::test]
async fn a_second_run_of_the_morning_changes_nothing() {
    let world = with_leaders(&two_leaders()).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    announced(&world, SEVEN).await.unwrap();
    assert_eq!(told(&world, SEVEN).await.len(), 2);
    // Figures that were corrected meanwhile do not make a second message.
    let corrected = KpiRow { received: 46, in_process: 20, ..steady() };
    put(&world, "2026-11-17", corrected).await;
    let outcome = announced(&world, A_MINUTE_LATER).await.unwrap();
    assert_eq!((outcome.opened, outcome.known), (0, 2));
    assert_eq!(told(&world, "2026-11-18T00:10:00Z").await.len(), 0);
    assert_eq!(world.count("NoticesTable").await, 2);
}

#[tokio::test]
async fn runs_beside_each_other_open_each_notice_once() {
    let world = with_leaders(&two_leaders()).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    let runs = futures::future::join_all((0..8).map(|_| announced(&world, SEVEN))).await;
    let opened: u64 = runs.into_iter().map(|outcome| outcome.unwrap().opened).sum();
    assert_eq!((opened, told(&world, SEVEN).await.len()), (2, 2));
}

/// A book whose process dies after some writes.
struct Dying<'a> {
    world: &'a World,
    writes_left: Mutex<u32>,
}

impl NoticeBook for Dying<'_> {
    async fn thread(&self, code: &SubjectCode) -> Result<Option<NoticeThread>, Failure> {
        self.world.notices.thread(code).await
    }

    async fn keep(&self, thread: &NoticeThread) -> Result<Stored, Failure> {
        {
            let mut left = self.writes_left.lock().unwrap();
            *left = left
                .checked_sub(1)
                .ok_or_else(|| Failure::unavailable("test", "the process dies here"))?;
        }
        self.world.notices.keep(thread).await
    }
}

#[tokio::test]
async fn a_run_that_died_after_the_first_leader_is_made_up_for_and_both_are_notified_once() {
    let world = with_leaders(&two_leaders()).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    let book = Dying { world: &world, writes_left: 1.into() };
    announced_in(&world, &book, SEVEN).await.unwrap_err();
    let mut heard = told(&world, SEVEN).await;
    let outcome = announced(&world, A_MINUTE_LATER).await.unwrap();
    assert_eq!((outcome.opened, outcome.known), (1, 1));
    heard.extend(told(&world, A_MINUTE_LATER).await);
    assert_eq!(names(&heard), ["REPORT-2026-11-18-chairman/1", "REPORT-2026-11-18-office/1"]);
}

#[tokio::test]
async fn on_days_off_nobody_is_notified() {
    let world = with_leaders(&two_leaders()).await;
    // A Saturday, a Sunday, Tết from the first day to the last.
    for day in ["11-14", "11-15", "02-16", "02-17", "02-18", "02-19", "02-20"] {
        let outcome = announced(&world, &format!("2026-{day}T00:00:00Z")).await.unwrap();
        assert_eq!((outcome.working_day, outcome.opened), (false, 0), "{day}");
    }
    assert_eq!(world.count("NoticesTable").await, 0);
}

/// The period, link and received of the one message of a morning for which everything was counted.
async fn spoken_of(span: &str, first: &str, last: &str, seven: &str) -> [String; 3] {
    let mut chairman = leader("chairman", "0912345671");
    chairman["report"] = span.into();
    let world = with_leaders(&json!([chairman])).await;
    counted(&world, first, last).await;
    assert_eq!(announced(&world, seven).await.unwrap().opened, 1, "{seven}");
    let told = told(&world, seven).await;
    let link = told[0].fields["link"]
        .trim_start_matches("https://motcua.example.vn/v1/reports/")
        .to_owned();
    [told[0].fields["period"].clone(), link, told[0].fields["received"].clone()]
}

#[tokio::test]
async fn a_morning_speaks_of_every_day_since_the_last_working_day() {
    // A Saturday that is made up for is a working day like any other.
    let made_up = spoken_of("day", "2026-01-09", "2026-01-09", "2026-01-10T00:00:00Z").await;
    assert_eq!(made_up, ["09/01/2026", "2026-01-09", "45"]);
    let monday = spoken_of("day", "2026-11-13", "2026-11-15", "2026-11-16T00:00:00Z").await;
    assert_eq!(monday, ["13/11/2026-15/11/2026", "2026-11-13..2026-11-15", "135"]);
    let after_tet = spoken_of("day", "2026-02-13", "2026-02-22", "2026-02-23T00:00:00Z").await;
    assert_eq!(after_tet, ["13/02/2026-22/02/2026", "2026-02-13..2026-02-22", "450"]);
}

#[tokio::test]
async fn whoever_asks_for_the_month_is_sent_it_as_far_as_it_has_come() {
    let so_far = spoken_of("month", "2026-11-01", "2026-11-17", SEVEN).await;
    assert_eq!(so_far, ["01/11/2026-17/11/2026", "2026-11", "765"]);
    // On the first of a month it is the one that has ended.
    let ended = spoken_of("month", "2026-11-01", "2026-11-30", "2026-12-01T00:00:00Z").await;
    assert_eq!(ended, ["01/11/2026-30/11/2026", "2026-11", "1350"]);
}

#[tokio::test]
async fn a_night_that_has_not_counted_yet_fails_the_morning_until_it_has() {
    let mut monthly = leader("office", "0912345672");
    monthly["report"] = "month".into();
    let world = with_leaders(&json!([leader("chairman", "0912345671"), monthly])).await;
    let log = Log::kept();
    announced(&world, SEVEN).await.unwrap_err();
    counted(&world, "2026-11-14", "2026-11-16").await;
    announced(&world, SEVEN).await.unwrap_err();
    assert_eq!(world.count("NoticesTable").await, 0);
    assert_eq!(log.errors().len(), 2);
    counted(&world, "2026-11-14", "2026-11-17").await;
    assert_eq!(announced(&world, SEVEN).await.unwrap().opened, 2);
}

#[tokio::test]
async fn a_weekend_with_a_day_that_was_not_counted_is_not_announced() {
    for (first, last) in [("2026-11-14", "2026-11-15"), ("2026-11-13", "2026-11-14")] {
        let world = with_leaders(&two_leaders()).await;
        counted(&world, first, last).await;
        announced(&world, "2026-11-16T00:00:00Z").await.unwrap_err();
        assert_eq!(world.count("NoticesTable").await, 0, "{first} to {last}");
    }
}

#[tokio::test]
async fn figures_that_do_not_add_up_are_not_announced() {
    let world = with_leaders(&two_leaders()).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    let torn = KpiRecord {
        day: "2026-11-17".to_owned(),
        cell: KpiCell::Province,
        figures: KpiRow { received: 46, in_process: 20, ..steady() },
    };
    world.figures.put(&torn).await.unwrap();
    announced(&world, SEVEN).await.unwrap_err();
    assert_eq!(world.count("NoticesTable").await, 0);
}

#[tokio::test]
async fn a_morning_in_a_year_without_a_calendar_is_an_error() {
    let world = with_leaders(&two_leaders()).await;
    let failure = announced(&world, "2031-01-08T00:00:00Z").await.unwrap_err();
    assert_eq!(failure.slug(), "calendar-missing");
}

#[tokio::test]
async fn where_zalo_refuses_the_leader_gets_an_sms_and_its_report_is_taken_in() {
    let world = with_leaders(&json!([leader("chairman", "0912345671")])).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    announced(&world, SEVEN).await.unwrap();
    let gateways = Scripted::pair([declined(-118)], [accepted("s1")]);
    tell_all(&world, &gateways, SEVEN).await;
    let (name, code) = ("REPORT-2026-11-18-chairman/1", "REPORT-2026-11-18-chairman");
    assert_eq!(gateways.asked(), [("zalo", name.to_owned()), ("esms", name.to_owned())]);
    let taken = crate::support::call::esms_event(name, "s1", "5", "1")
        .at_report(&world.notices, &world, at(SEVEN))
        .await;
    assert_eq!(taken.body, json!({ "taken": true }));
    let notice = world.notice(code, 1).await;
    assert_eq!((notice.state.name(), notice.cost_vnd()), ("delivered", 850));
}

#[tokio::test]
async fn zalo_s_report_of_a_delivered_message_is_taken_in() {
    let world = with_leaders(&json!([leader("chairman", "0912345671")])).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    announced(&world, SEVEN).await.unwrap();
    told(&world, SEVEN).await;
    let taken = zalo_report(&world, "REPORT-2026-11-18-chairman/1", "m1", A_MINUTE_LATER).await;
    assert_eq!(taken.body, json!({ "taken": true }));
    assert_eq!(world.notice("REPORT-2026-11-18-chairman", 1).await.state.name(), "delivered");
}

#[tokio::test]
async fn a_leader_is_written_to_in_the_language_that_the_catalogue_says() {
    let mut english = leader("chairman", "0912345671");
    english["language"] = "en".into();
    let world = with_leaders(&json!([english])).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    announced(&world, SEVEN).await.unwrap();
    let told = told(&world, SEVEN).await;
    assert!(
        told[0].sms.starts_with("Mot Cua 17/11/2026: received 45, settled 45, on time 68.89%"),
        "{}",
        told[0].sms
    );
}

#[tokio::test]
async fn a_report_ordered_before_dawn_waits_for_the_end_of_the_quiet_hours() {
    let world = with_leaders(&json!([leader("chairman", "0912345671")])).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    let five = "2026-11-17T22:00:00Z";
    announced(&world, five).await.unwrap();
    assert_eq!(told(&world, five).await.len(), 0);
    assert_eq!(told(&world, "2026-11-18T00:11:00Z").await.len(), 1);
}

#[tokio::test]
async fn when_the_month_s_money_is_spent_leaders_are_not_written_to_either() {
    let world = with_leaders(&json!([leader("chairman", "0912345671")])).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    let phone = "0987654321".to_owned().try_into().unwrap();
    world
        .contacts
        .count(
            Some(&phone),
            domain::thread::Charge { vnd: 60_000_000, ..Default::default() },
            at(SEVEN),
        )
        .await
        .unwrap();
    announced(&world, SEVEN).await.unwrap();
    assert_eq!(told(&world, SEVEN).await.len(), 0);
    assert_eq!(
        world.notice("REPORT-2026-11-18-chairman", 1).await.reason.as_ref().map(NoticeReason::name),
        Some("budget")
    );
}

#[tokio::test]
async fn a_leader_who_is_not_listed_any_more_when_the_message_leaves_gets_none() {
    let mut world = with_leaders(&json!([leader("chairman", "0912345671")])).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    announced(&world, SEVEN).await.unwrap();
    world.catalogue = with_leaders(&json!([])).await.catalogue;
    assert_eq!(told(&world, SEVEN).await.len(), 0);
    let notice = world.notice("REPORT-2026-11-18-chairman", 1).await;
    assert_eq!(
        (notice.state.name(), notice.reason.as_ref().map(NoticeReason::name)),
        ("refused", Some("not-listed"))
    );
}

#[tokio::test]
async fn only_those_who_are_listed_on_the_day_get_the_report() {
    let (mut gone, mut to_come) = (leader("gone", "0912345671"), leader("to-come", "0912345672"));
    gone["validTo"] = "2026-11-17".into();
    to_come["validFrom"] = "2026-11-19".into();
    let world = with_leaders(&json!([gone, to_come, leader("chairman", "0912345673")])).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    announced(&world, SEVEN).await.unwrap();
    assert_eq!(names(&told(&world, SEVEN).await), ["REPORT-2026-11-18-chairman/1"]);
}

#[tokio::test]
async fn a_message_that_names_a_report_that_was_never_announced_is_parked() {
    let world = with_leaders(&two_leaders()).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    let message = crate::support::teller::woken("REPORT-2026-11-18-chairman");
    let failure = tell(&world, &world.notices, &gateways, &message, SEVEN).await.unwrap_err();
    assert_eq!((failure.slug(), gateways.asked().len()), ("invalid-request", 0));
}

#[tokio::test]
async fn no_telephone_stands_in_a_log_a_queue_or_the_table_of_notices() {
    let world = with_leaders(&two_leaders()).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    let log = Log::kept();
    announced(&world, SEVEN).await.unwrap();
    let messages = woken(&world, SEVEN).await;
    for (message, answers) in messages.iter().zip([[declined(-118)], [accepted("m1")]]) {
        let gateways = Scripted::pair(answers, [accepted("s1")]);
        tell(&world, &world.notices, &gateways, message, SEVEN).await.unwrap();
    }
    let table =
        format!("{:?}", world.client.scan().table_name("NoticesTable").send().await.unwrap().items);
    let said = serde_json::to_string(&log.lines()).unwrap();
    assert!(said.contains("REPORT-2026-11-18-chairman") && messages.len() == 2);
    for place in [said, messages.concat(), table] {
        assert!(!place.contains("91234567"), "{place}");
    }
}

#[tokio::test]
async fn a_report_s_thread_is_no_dossier_s_and_no_door_shows_it() {
    let world = with_leaders(&two_leaders()).await;
    let call = Call::new("GET /v1/dossiers/{code}/notices")
        .code("REPORT-2026-11-18-chairman")
        .officer("H20");
    let answer = call.at_track(&world).await;
    assert_eq!((answer.status, answer.broken()), (400, ("code", "dossier-code")));
}

fn misprints(leaders: &Value) -> Vec<CatalogueError> {
    let texts = Texts::built_in().with(leaders_file(leaders)).unwrap();
    texts.assemble(UndecidedYears::Refused).err().unwrap_or_default()
}

#[test]
fn an_edition_of_before_the_report_has_no_text_for_it_and_may_list_no_leaders() {
    let mut templates: Value =
        serde_json::from_str(&crate::support::file("infra/data/templates.json")).unwrap();
    templates.as_object_mut().unwrap().remove("report");
    let with = |leaders: Value| {
        let mut files = leaders_file(&leaders);
        files.insert("templates.json".to_owned(), templates.to_string());
        Texts::built_in()
            .with(files)
            .unwrap()
            .assemble(UndecidedYears::Refused)
            .err()
            .unwrap_or_default()
    };
    assert_eq!(with(json!([])), []);
    let found = with(two_leaders());
    assert_eq!(
        found.iter().map(|found| (found.file.as_str(), found.rule.slug())).collect::<Vec<_>>(),
        [("templates.json", "report-owed")]
    );
}

#[test]
fn a_list_of_leaders_with_a_misprint_is_refused_with_its_rule_and_without_the_number() {
    assert_eq!(misprints(&json!([])), []);
    let changed = |field: &str, value: Value| {
        let mut changed = leader("chairman", "0912345671");
        changed[field] = value;
        json!([changed])
    };
    // A number that changes on a day is one key twice, one after the other.
    let mut before = leader("chairman", "0912345671");
    before["validTo"] = "2026-11-17".into();
    let mut after = leader("chairman", "0912345672");
    after["validFrom"] = "2026-11-18".into();
    assert_eq!(misprints(&json!([before, after])), []);
    for (leaders, rule) in [
        (json!([leader("chairman", "0912345671"), leader("chairman", "0912345672")]), "unique-key"),
        (changed("agency", "H20.99".into()), "known-agency"),
        (changed("office", " ".into()), "office"),
        (changed("validTo", "2025-12-31".into()), "valid-range"),
        (changed("phone", "02773851234".into()), "phone"),
        (changed("phone", "+6561234567".into()), "phone"),
        (changed("phone", "0612345678".into()), "form"),
        (changed("key", "Chairman".into()), "form"),
        (changed("report", "week".into()), "form"),
        (changed("name", "Nguyễn Văn A".into()), "form"),
    ] {
        let found = misprints(&leaders);
        let said: Vec<(&str, &str)> =
            found.iter().map(|found| (found.file.as_str(), found.rule.slug())).collect();
        assert_eq!(said, [("leaders.json", rule)], "{leaders}");
        assert!(
            !found[0].detail.contains("851234") && !found[0].detail.contains("345678"),
            "{}",
            found[0].detail
        );
    }
}
