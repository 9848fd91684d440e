//! What becomes of notices when gateways, accounts, processes and answers fail: the handler of the
//! notices queue on the tables.

use std::sync::Mutex;

use domain::applicant::Phone;
use domain::id::SubjectCode;
use domain::notice::{Notice, Provider};
use domain::thread::{NoticeReason, NoticeState, NoticeThread};
use jiff::{SignedDuration, Timestamp};
use notify_applicant::{Desk, Limits};
use platform::gateway::Verdict;
use platform::port::{Contacts, MessageGateways, NoticeBook, Stored};
use platform::{Failure, LogLine};
use serde_json::{Value, json};

use crate::support::call::{CITIZEN, Call, submission};
use crate::support::log::Log;
use crate::support::teller::{
    LEASE, NobodyElse, accepted, changed, declined, not_taken, pool, silent, tell, woken,
};
use crate::support::template::template;
use crate::support::world::{Death, Mortal, NOW, Scripted, World, at};

/// A dossier whose applicant has just been asked for documents, and the message that says so.
async fn documents_wanted(world: &World) -> (String, String) {
    let code = Call::submit("k").at_submit(&world.intake, world, at(NOW)).await.code();
    let nobody = Scripted::pair([accepted("m0")], [accepted("s0")]);
    tell(world, &world.notices, &nobody, &changed(world, &code, 1).await, NOW).await.unwrap();
    let moved = Call::transition(&code, "request-supplement", 1)
        .at_change(&world.dossiers, world, at(NOW))
        .await;
    assert_eq!(moved.status, 200, "{:?}", moved.body);
    let message = changed(world, &code, 2).await;
    (code, message)
}

async fn reason(world: &World, code: &str) -> (&'static str, String) {
    let notice = world.notice(code, 2).await;
    (notice.state.name(), notice.reason.map(String::from).unwrap_or_default())
}

#[tokio::test]
async fn an_sms_account_without_money_costs_nobody_his_notice_though_he_has_no_zalo() {
    let world = World::new().await;
    let (code, message) = documents_wanted(&world).await;
    let phone = world.dossier(&code).await.into_state().applicant.unwrap().phone.unwrap();
    let month = at("2026-12-17T00:00:00Z");
    world
        .contacts
        .remember_unreachable(&phone, domain::notice::NoticeChannel::Zalo, month)
        .await
        .unwrap();
    let gateways = Scripted::pair([accepted("m1")], [declined(103), accepted("s1")]);
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(reason(&world, &code).await, ("waiting", "103".to_owned()));
    tell(&world, &world.notices, &gateways, &woken(&code), "2026-11-17T02:02:00Z").await.unwrap();
    assert_eq!(reason(&world, &code).await.0, "sent");
    assert!(gateways.asked().iter().all(|(provider, _)| *provider == "esms"));
}

#[tokio::test]
async fn what_one_sms_account_cannot_carry_goes_by_another_provider_at_once() {
    let world = World::new().await;
    let (code, message) = documents_wanted(&world).await;
    let gateways = Scripted::new([
        (Provider::Zalo, vec![declined(-118)]),
        (Provider::Esms, vec![declined(103)]),
        (Provider::Speedsms, vec![accepted("t1")]),
    ]);
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    let asked: Vec<&str> = gateways.asked().iter().map(|(provider, _)| *provider).collect();
    assert_eq!(asked, ["zalo", "esms", "speedsms"], "SpeedSMS is in reserve");
    assert_eq!(reason(&world, &code).await.0, "sent");
}

#[tokio::test]
async fn when_zalo_is_down_documents_are_asked_for_by_sms_within_half_an_hour() {
    let world = World::new().await;
    let (code, message) = documents_wanted(&world).await;
    let gateways = Scripted::pair([not_taken()], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    for minute in 1..30 {
        let now = at(NOW) + SignedDuration::from_mins(minute);
        tell(&world, &world.notices, &gateways, &woken(&code), &now.to_string()).await.unwrap();
    }
    assert_eq!(gateways.asked().last().unwrap(), &("esms", format!("{code}/2")));
    assert_eq!(reason(&world, &code).await.0, "sent");
}

/// Gateways that answer after the clock has moved on.
struct Slow<'a> {
    inner: &'a Scripted,
    now: &'a Mutex<Timestamp>,
    takes: SignedDuration,
}

impl MessageGateways for Slow<'_> {
    async fn send(&self, provider: Provider, notice: &Notice, phone: &Phone) -> Verdict {
        let verdict = self.inner.send(provider, notice, phone).await;
        *self.now.lock().unwrap() += self.takes;
        verdict
    }

    fn has(&self, provider: Provider) -> bool {
        self.inner.has(provider)
    }
}

#[tokio::test]
async fn no_call_begins_that_the_end_of_the_message_s_time_might_cut_off() {
    let world = World::new().await;
    let (code, message) = documents_wanted(&world).await;
    let gateways = Scripted::pair([declined(-119)], [accepted("s1")]);
    let now = Mutex::new(at(NOW));
    let carriers =
        &Slow { inner: &gateways, now: &now, takes: LEASE / 2 + SignedDuration::from_secs(1) };
    let pool = &pool(&world.catalogue, NOW);
    let desk = Desk {
        dossiers: &world.dossiers,
        feedback: &world.office.feedback,
        book: &world.notices,
        contacts: &world.contacts,
        gateways: carriers,
        ledger: &NobodyElse,
        catalogue: &world.catalogue,
        pool,
        lease: LEASE,
        limits: Limits::Kept,
        questions: None,
    };
    let clock = || *now.lock().unwrap();
    notify_applicant::tell(&message, &desk, clock).await.unwrap();
    assert_eq!((gateways.asked().len(), reason(&world, &code).await.0), (1, "waiting"));
    // The next minute goes on with it.
    notify_applicant::tell(&woken(&code), &desk, clock).await.unwrap();
    assert_eq!((gateways.asked().len(), reason(&world, &code).await.0), (2, "sent"));
}

/// A book whose answers to writes of one kind are lost, so that the write is tried again and finds
/// itself there.
struct Deaf<'a> {
    world: &'a World,
    lease: bool,
}

impl NoticeBook for Deaf<'_> {
    async fn thread(&self, code: &SubjectCode) -> Result<Option<NoticeThread>, Failure> {
        self.world.notices.thread(code).await
    }

    async fn keep(&self, thread: &NoticeThread) -> Result<Stored, Failure> {
        let stored = self.world.notices.keep(thread).await?;
        let leases = thread
            .notices()
            .iter()
            .any(|notice| matches!(notice.state, NoticeState::Leased { .. }));
        let records = thread
            .notices()
            .iter()
            .any(|notice| notice.version == 2 && notice.accepted_at().is_some());
        let lost = if self.lease { leases } else { records };
        Ok(if lost { Stored::AnotherWasFirst } else { stored })
    }
}

/// What the month's messages have cost so far, in đồng.
async fn spent_for(world: &World, code: &str) -> u64 {
    let applicant = world.dossier(code).await.into_state().applicant.unwrap();
    let reach = world
        .contacts
        .reach(applicant.phone.as_ref().unwrap(), Some(&applicant.id_number), at(NOW))
        .await;
    reach.unwrap().spent_vnd
}

#[tokio::test]
async fn a_lease_whose_answer_is_lost_is_still_ours_and_a_record_written_twice_counts_once() {
    for lease in [true, false] {
        let world = World::new().await;
        let (code, message) = documents_wanted(&world).await;
        let before = spent_for(&world, &code).await;
        let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
        // A record whose every answer is lost is given up at last, as a table that does not answer.
        let _lost = tell(&world, &Deaf { world: &world, lease }, &gateways, &message, NOW).await;
        let notice = world.notice(&code, 2).await;
        assert_eq!(
            (notice.state.name(), gateways.asked().len(), notice.attempts.len()),
            ("sent", 1, 1)
        );
        let spent = spent_for(&world, &code).await - before;
        assert!(if lease { spent == 150 } else { spent <= 150 }, "{spent}");
    }
}

#[tokio::test]
async fn a_call_that_was_cut_off_is_paid_for_and_paid_for_once() {
    let world = World::new().await;
    let (code, message) = documents_wanted(&world).await;
    let before = spent_for(&world, &code).await;
    let gateways = Scripted::pair([declined(-119)], [accepted("s1")]);
    let book = Mortal::new(world.notices.clone(), Death::Before);
    // Zalo's no is never recorded: whether Zalo has the message cannot be told any more.
    tell(&world, &book, &gateways, &message, NOW).await.unwrap_err();
    book.revive();
    let spent = || async { spent_for(&world, &code).await - before };
    tell(&world, &book, &gateways, &woken(&code), "2026-11-17T02:02:00Z").await.unwrap();
    assert_eq!(spent().await, 150, "Zalo may have had it");
    tell(&world, &book, &gateways, &woken(&code), "2026-11-17T02:33:00Z").await.unwrap();
    assert_eq!((spent().await, reason(&world, &code).await.0), (150 + 850, "sent"));
}

#[tokio::test]
async fn the_night_takes_no_place_in_an_agency_s_share() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let night = "2026-11-17T15:30:00Z";
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, night).await.unwrap();
    let agency = world.dossier(&code).await.into_state().agency;
    assert_eq!(world.contacts.reserve(Some(&agency), 0, at(night)).await.unwrap(), Some(1));
    // At the opening it is one of its agency's minute, like the others.
    let opening = "2026-11-18T00:20:00Z";
    for _ in 0..600 {
        world.contacts.reserve(Some(&agency), 0, at(opening)).await.unwrap();
    }
    tell(&world, &world.notices, &gateways, &woken(&code), opening).await.unwrap();
    assert_eq!(
        world.notice(&code, 1).await.reason.as_ref().map(NoticeReason::name),
        Some("agency-share")
    );
}

#[tokio::test]
async fn a_notice_is_late_from_the_opening_on_and_not_since_the_evening() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    let message = changed(&world, &code, 1).await;
    tell(&world, &world.notices, &gateways, &message, "2026-11-17T15:30:00Z").await.unwrap();
    let queue = crate::support::world::Kept::default();
    let seven_twenty = at("2026-11-18T00:20:00Z");
    let log = Log::kept();
    let woken =
        wake_notices::wake(&wake_notices::Order::default(), &world.notices, &queue, seven_twenty)
            .await
            .unwrap();
    // The opening is spread over ten minutes.
    assert!((600..=1_200).contains(&woken.oldest_unsent_seconds), "{woken:?}");
    let logged = &log.of(LogLine::NoticesWoken)[..];
    let [line] = logged else { panic!("{logged:?}") };
    assert_eq!(line["oldest_unsent_seconds"], woken.oldest_unsent_seconds);
}

#[tokio::test]
async fn a_number_that_one_channel_does_not_reach_for_long_is_remembered_beside_a_shorter_memory() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let phone = world.dossier(&code).await.into_state().applicant.unwrap().phone.unwrap();
    let (long, short) = (at("2026-12-17T00:00:00Z"), at("2026-11-20T00:00:00Z"));
    for (channel, until) in
        [(domain::notice::NoticeChannel::Zalo, long), (domain::notice::NoticeChannel::Sms, short)]
    {
        world.contacts.remember_unreachable(&phone, channel, until).await.unwrap();
    }
    let items =
        world.client.scan().table_name("ContactsTable").send().await.unwrap().items.unwrap();
    let item = items.iter().find(|item| item.contains_key("smsUnreachableUntil")).unwrap();
    assert_eq!(item["expiresAt"].as_n().unwrap(), &long.as_second().to_string());
}

/// Every line that the functions of the notices log when things happen that the template's alarms
/// are for.
async fn eventful_days() -> Vec<Value> {
    let log = Log::kept();
    let world = World::new().await;
    let (code, message) = documents_wanted(&world).await;
    let first = Scripted::pair([not_taken(), silent()], [accepted("s1")]);
    tell(&world, &world.notices, &first, &message, NOW).await.unwrap();
    world
        .plant("NoticesTable", &code, [("code", &format!("{code}0000")), ("agency", "no agency")])
        .await;
    tell(&world, &world.notices, &first, &woken(&code), "2026-11-17T02:02:00Z").await.unwrap();
    crate::support::call::zalo_report(&world, &format!("{code}/2"), "m1", "2026-11-17T02:03:00Z")
        .await;
    let queue = crate::support::world::Kept::default();
    wake_notices::wake(
        &wake_notices::Order::default(),
        &world.notices,
        &queue,
        at("2026-11-18T02:03:00Z"),
    )
    .await
    .unwrap();
    // Of a service notice nobody can say, until a report does; and another's report states a price
    // that cannot be.
    let code = Call::submit("left")
        .citizen(CITIZEN)
        .at_submit(&world.intake, &world, at(NOW))
        .await
        .code();
    let quiet = Scripted::pair([silent()], [accepted("s1")]);
    tell(&world, &world.notices, &quiet, &changed(&world, &code, 1).await, NOW).await.unwrap();
    tell(&world, &world.notices, &quiet, &woken(&code), "2026-11-17T02:31:00Z").await.unwrap();
    crate::support::call::zalo_report(&world, &format!("{code}/1"), "m2", "2026-11-17T02:40:00Z")
        .await;
    let code = Call::submit("priced")
        .citizen(CITIZEN)
        .at_submit(&world.intake, &world, at(NOW))
        .await
        .code();
    let by_sms = Scripted::pair([declined(-118)], [accepted("s1")]);
    tell(&world, &world.notices, &by_sms, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let wild = crate::support::call::esms_event(&format!("{code}/1"), "s1", "5", "1")
        .query("TotalPrice", "4,242,424");
    wild.at_report(&world.notices, &world, at("2026-11-17T02:41:00Z")).await;
    let mut unreachable = submission();
    unreachable["applicant"]["phone"] = "0273 3872 582".into();
    let call = Call::submit("unreachable").body(&unreachable);
    let landline = call.at_submit(&world.intake, &world, at(NOW)).await.code();
    tell(&world, &world.notices, &by_sms, &changed(&world, &landline, 1).await, NOW).await.unwrap();
    let phone = world.dossier(&code).await.into_state().applicant.unwrap().phone.unwrap();
    let agency = crate::support::call::AGENCY.parse().unwrap();
    let spending = [("nearly", 50_000_000, 0), ("shared", 1, 1_800_000), ("over", 10_000_000, 0)];
    for (key, vnd, of_agency) in spending {
        world.contacts.count_agency(&agency, of_agency, at(NOW)).await.unwrap();
        world
            .contacts
            .count(Some(&phone), domain::thread::Charge { vnd, ..Default::default() }, at(NOW))
            .await
            .unwrap();
        let code = Call::submit(key)
            .citizen(CITIZEN)
            .at_submit(&world.intake, &world, at(NOW))
            .await
            .code();
        let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
        tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW)
            .await
            .unwrap();
    }
    log.lines()
}

/// `$.fields.seconds` and the like in `text`.
fn fields(text: &str) -> Vec<&str> {
    text.split("$.").skip(1).map(|rest| rest.split([' ', ')', '}']).next().unwrap()).collect()
}

/// Whether a line is one that the pattern looks for: all of its words, or a level.
fn matches(pattern: &str, line: &Value) -> bool {
    if let Some(phrase) = pattern.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return line["fields"]["message"].as_str().is_some_and(|message| message.contains(phrase));
    }
    let pattern = pattern.trim_matches(['{', '}', ' ']).replace(['(', ')'], "");
    pattern.split("&&").all(|part| {
        let part = part.trim();
        let value = |path: &str| {
            path.trim_start_matches("$.").split('.').fold(line, |value, name| &value[name]).clone()
        };
        for (suffix, expected) in [(" IS FALSE", false), (" IS TRUE", true)] {
            if let Some(path) = part.strip_suffix(suffix) {
                return value(path) == json!(expected);
            }
        }
        if let Some((path, other)) = part.split_once(" != ") {
            return value(path) != json!(other.trim_matches('"'));
        }
        let (path, expected) =
            part.split_once(" = ").unwrap_or_else(|| panic!("{part} is not read here"));
        value(path) == json!(expected.trim_matches('"'))
    })
}

#[tokio::test]
async fn the_metrics_of_the_template_are_made_of_lines_that_the_functions_write() {
    let lines = eventful_days().await;
    let template = template();
    let resources = template["Resources"].as_object().unwrap();
    let filters =
        resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::Logs::MetricFilter");
    let mut looked_at = 0;
    for (id, filter) in filters {
        let properties = &filter["Properties"];
        let group = properties["LogGroupName"].to_string();
        let pattern = properties["FilterPattern"].as_str().unwrap();
        if !["NotifyApplicantLogs", "WakeNoticesLogs", "RecordDeliveryLogs"]
            .iter()
            .any(|ours| group.contains(ours))
        {
            continue;
        }
        looked_at += 1;
        let found = lines.iter().find(|line| matches(pattern, line));
        let line = found.unwrap_or_else(|| panic!("{id}: no line is like {pattern}"));
        for path in fields(&properties["MetricTransformations"].to_string()) {
            let path = path.trim_matches(['"', ',', ']']);
            let path = path.split('"').next().unwrap();
            let value = path.split('.').fold(line, |value, name| &value[name]);
            assert!(!value.is_null(), "{id}: {path} is not in {line}");
        }
    }
    assert!(looked_at >= 12, "{looked_at}");
}
