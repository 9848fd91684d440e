//! The figures of the day: counted once by whatever happens to the relay, mended by the night.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::dossier::Dossier;
use jiff::SignedDuration;
use platform::LogLine;
use platform::dynamo::LiveTable;
use relay_changes::{Route, relay, relay_and_count};
use repair_relay::{Order, Outcome, Queues, repair};
use serde_json::{Value, json};

use crate::redelivery::stream;
use crate::support::call::{AGENCY, Answer, Call, submission};
use crate::support::cut::{Fate, TableCall, line};
use crate::support::log::Log;
use crate::support::world::{Kept, NOW, World, at};

/// The night after [`NOW`].
const NIGHT: &str = "2026-11-17T19:00:00Z";

/// Dossiers as the stream shows them, each after each of its moves.
struct Day {
    world: World,
    images: Vec<(Dossier, Option<Dossier>)>,
}

impl Day {
    /// So many dossiers were handed in and received.
    async fn of(received: usize) -> Self {
        let mut day = Self { world: World::new().await, images: Vec::new() };
        for place in 0..received {
            let call = Call::submit(&format!("k{place}")).body(&submission());
            let code = call.at_submit(&day.world.intake, &day.world, at(NOW)).await.code();
            day.images.push((day.world.dossier(&code).await, None));
            day.does(&code, "receive", NOW).await;
        }
        day
    }

    /// The newest state of the dossier at `place`.
    fn code(&self, place: usize) -> String {
        let mut codes: Vec<&str> = self.images.iter().map(|(it, _)| it.code.as_str()).collect();
        codes.dedup();
        codes[place].to_owned()
    }

    async fn does(&mut self, code: &str, action: &str, now: &str) {
        let before = self.world.dossier(code).await;
        let mut call = Call::transition(code, action, before.version);
        if action == "finish" {
            let body = json!({ "action": "finish", "expectedVersion": before.version });
            call = call.body(&crate::support::call::with_outcome(body));
        }
        let moved = call.at_change(&self.world.dossiers, &self.world, at(now)).await;
        assert_eq!(moved.status, 200, "{action}: {moved:?}");
        self.images.push((self.world.dossier(code).await, Some(before)));
    }

    /// Relays the change at `place`, over this table.
    async fn relayed(&self, place: usize, live: &LiveTable) -> Kept {
        let kept = Kept::default();
        let (after, before) = &self.images[place];
        let routes = [Route { queue: &kept, wants: |_| true, wants_feedback: true }];
        let event = stream(Some(after), before.as_ref());
        relay_and_count(event, (&routes, &kept, Duration::from_secs(60)), live).await.unwrap();
        kept
    }

    async fn all_relayed(&self) {
        for place in 0..self.images.len() {
            self.relayed(place, &self.world.live).await;
        }
    }

    async fn night(&self, now: &str) -> Outcome {
        let (world, notices, fetches) = (&self.world, Kept::default(), Kept::default());
        let queues = Queues { notices: &notices, fetches: &fetches };
        let tables = world.repair_tables();
        repair(&Order::default(), tables, &queues, &world.catalogue, at(now)).await.unwrap()
    }

    /// Received, resolved, due today, overdue now, as an officer of the agency sees it.
    async fn figures(&self, now: &str) -> [u64; 4] {
        let shown = self.shown(Call::new("GET /v1/kpi/live").officer(AGENCY), now).await;
        let total = &shown.body["total"];
        ["receivedToday", "resolvedToday", "dueToday", "overdueNow"]
            .map(|name| total[name].as_u64().unwrap_or_else(|| panic!("{shown:?}")))
    }

    async fn shown(&self, call: Call, now: &str) -> Answer {
        call.at_kpi(&self.world, at(now)).await.into()
    }

    /// When the dossier at `place` is due.
    async fn due(&self, place: usize) -> jiff::Timestamp {
        self.world.dossier(&self.code(place)).await.due_at.unwrap()
    }
}

#[tokio::test]
async fn the_day_shows_what_was_received_settled_due_and_overdue_as_of_this_minute() {
    let mut day = Day::of(3).await;
    day.all_relayed().await;
    assert_eq!(day.figures(NOW).await, [3, 0, 3, 0], "the term is of one day");
    let due = day.due(0).await;
    assert_eq!(day.figures(&due.to_string()).await, [3, 0, 3, 0], "at the last moment");
    let past = due + SignedDuration::from_mins(15) + SignedDuration::from_secs(1);
    assert_eq!(day.figures(&past.to_string()).await, [3, 0, 3, 3], "nothing was written for it");
    let morrow = (past + SignedDuration::from_hours(24)).to_string();
    assert_eq!(day.figures(&morrow).await, [0, 0, 0, 3], "another day");
    let (code, now) = (day.code(1), "2026-11-17T03:00:00Z");
    let seen = day.images.len();
    day.does(&code, "process", now).await;
    day.does(&code, "finish", now).await;
    day.relayed(seen, &day.world.live).await;
    day.relayed(seen + 1, &day.world.live).await;
    assert_eq!(day.figures(now).await, [3, 1, 2, 0]);
    assert_eq!(day.figures(&past.to_string()).await, [3, 1, 2, 2]);
    day.does(&code, "send-back", "2026-11-17T04:00:00Z").await;
    day.relayed(seen + 2, &day.world.live).await;
    assert_eq!(day.figures("2026-11-17T04:00:00Z").await[..2], [3, 0], "settled no longer");
    let at_work = day.figures(&past.to_string()).await;
    let waits = day.code(2);
    day.does(&waits, "process", "2026-11-17T04:00:00Z").await;
    day.does(&waits, "suspend", "2026-11-17T04:00:00Z").await;
    for place in [seen + 3, seen + 4] {
        day.relayed(place, &day.world.live).await;
    }
    let paused = day.figures(&past.to_string()).await;
    assert_eq!(paused[2..], [at_work[2] - 1, at_work[3] - 1], "what is paused is not overdue");
}

#[tokio::test]
async fn a_change_that_comes_twice_late_or_in_another_order_counts_once() {
    let day = Day::of(2).await;
    let live = &day.world.live;
    for place in [1, 0, 1, 3, 2, 3, 0, 1] {
        day.relayed(place, live).await;
    }
    assert_eq!(day.figures(NOW).await, [2, 0, 2, 0]);
    assert_eq!(day.night(NIGHT).await.live_differences, 0);
}

#[tokio::test]
async fn a_change_that_moves_no_figure_is_one_write_and_makes_what_comes_late_older() {
    let mut day = Day::of(1).await;
    day.all_relayed().await;
    let code = day.code(0);
    for action in ["process", "suspend", "resume"] {
        day.does(&code, action, "2026-11-17T02:01:00Z").await;
    }
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let client = line(&day.world.client, move |call: &TableCall| {
        seen.lock().unwrap().push(call.operation.clone());
        Fate::Passes
    });
    let live = LiveTable::new(client, "LiveTable".to_owned());
    for place in [2, 4] {
        day.relayed(place, &live).await;
        assert_eq!(std::mem::take(&mut *calls.lock().unwrap()), ["GetItem", "PutItem"], "{place}");
    }
    // The pause, of which nobody heard at its time, is over.
    day.relayed(3, &live).await;
    assert_eq!(*calls.lock().unwrap(), ["GetItem"]);
    assert_eq!(day.figures(NOW).await, [1, 0, 1, 0]);
    assert_eq!(day.night(NIGHT).await.live_differences, 0);
}

#[tokio::test]
async fn changes_of_one_batch_and_batches_at_the_same_time_count_once_each() {
    let day = Day::of(4).await;
    let whole = async || {
        let kept = Kept::default();
        let mut event = stream(Some(&day.images[0].0), None::<&Value>);
        event.records.clear();
        for (after, before) in &day.images {
            event.records.extend(stream(Some(after), before.as_ref()).records);
        }
        let routes = [Route { queue: &kept, wants: |_| true, wants_feedback: true }];
        let most = Duration::from_secs(60);
        relay_and_count(event, (&routes, &kept, most), &day.world.live).await.unwrap();
    };
    tokio::join!(whole(), whole(), day.all_relayed(), whole());
    assert_eq!(day.night(NIGHT).await.live_differences, 0);
    assert_eq!(day.figures(NOW).await, [4, 0, 4, 0]);
}

#[tokio::test]
async fn a_relay_that_dies_at_any_call_of_the_table_has_counted_once_when_it_comes_again() {
    for after_the_effect in [false, true] {
        let mut calls = 0;
        loop {
            let day = Day::of(1).await;
            let (asked, died) = (Arc::new(AtomicUsize::new(0)), calls);
            let seen = Arc::clone(&asked);
            let client = line(&day.world.client, move |_: &TableCall| {
                match (seen.fetch_add(1, Ordering::SeqCst) == died, after_the_effect) {
                    (true, true) => Fate::LostAfter,
                    (true, false) => Fate::LostBefore,
                    (false, _) => Fate::Passes,
                }
            });
            let cut = LiveTable::new(client, "LiveTable".to_owned());
            let log = Log::kept();
            let kept = day.relayed(1, &cut).await;
            assert_eq!(kept.sent.lock().unwrap().len(), 1, "the applicant is told all the same");
            let lost = log.lines().iter().any(|line| {
                line["fields"]["message"] == "changes were not counted in the live figures"
            });
            let over = asked.load(Ordering::SeqCst) <= died;
            assert_eq!(lost, !over, "call {died}");
            day.relayed(1, &day.world.live).await;
            assert_eq!(day.figures(NOW).await, [1, 0, 1, 0], "call {died}");
            if over {
                break;
            }
            calls += 1;
        }
        assert!(calls >= 2, "a row is read and a transaction written: {calls}");
    }
}

#[tokio::test]
async fn what_was_never_counted_is_found_by_the_night_which_says_where_and_mends_it() {
    let day = Day::of(3).await;
    day.relayed(1, &day.world.live).await;
    let log = Log::kept();
    assert_eq!(day.night(NIGHT).await.live_differences, 1);
    let said = log.of(LogLine::LiveFiguresDiffer);
    assert_eq!(
        (said.len(), &said[0]["agency"], &said[0]["missed"]),
        (1, &json!(AGENCY), &json!(2))
    );
    assert_eq!(day.figures(NOW).await, [3, 0, 3, 0]);
    let shown = day.shown(Call::new("GET /v1/kpi/live").portal(), NOW).await;
    let compared = json!({ "comparedAt": NIGHT, "missed": 2, "wrong": 0 });
    let agencies = shown.body["agencies"].as_array().unwrap();
    let own = agencies.iter().find(|agency| agency["agency"] == AGENCY).unwrap();
    assert_eq!(own["compared"], compared);
    assert_eq!(day.night(NIGHT).await.live_differences, 0, "once");
}

#[tokio::test]
async fn a_table_that_is_empty_is_filled_by_the_night_without_an_alarm() {
    let day = Day::of(2).await;
    let log = Log::kept();
    assert_eq!(day.night(NIGHT).await.live_differences, 0);
    assert!(log.of(LogLine::LiveFiguresDiffer).is_empty());
    assert_eq!(day.figures(NOW).await, [2, 0, 2, 0]);
    day.all_relayed().await;
    assert_eq!(day.figures(NOW).await, [2, 0, 2, 0], "what the relay brings late is known");
}

#[tokio::test]
async fn a_count_that_somebody_else_wrote_is_put_right_by_the_night() {
    let day = Day::of(2).await;
    day.all_relayed().await;
    let write = day.world.client.update_item().table_name("LiveTable");
    write
        .key("agency", AttributeValue::S("counts".to_owned()))
        .key("code", AttributeValue::S(AGENCY.to_owned()))
        .update_expression("ADD #day :n, moves :one")
        .expression_attribute_names("#day", "received#2026-11-17")
        .expression_attribute_values(":n", AttributeValue::N("-9".to_owned()))
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .send()
        .await
        .unwrap();
    assert_eq!(day.figures(NOW).await, [0, 0, 2, 0], "less than nothing is nothing");
    assert_eq!(day.night(NIGHT).await.live_differences, 1);
    assert_eq!(day.figures(NOW).await, [2, 0, 2, 0]);
}

#[tokio::test]
async fn a_dossier_that_ended_while_nothing_was_relayed_is_at_work_no_more() {
    let mut day = Day::of(1).await;
    day.all_relayed().await;
    let code = day.code(0);
    day.does(&code, "process", "2026-11-17T03:00:00Z").await;
    day.does(&code, "finish", "2026-11-17T03:00:00Z").await;
    let past = (day.due(0).await + SignedDuration::from_hours(24)).to_string();
    assert_eq!(day.figures(&past).await[3], 1, "as far as anybody knows");
    assert_eq!(day.night(NIGHT).await.live_differences, 1);
    assert_eq!(day.figures(&past).await[3], 0);
}

#[tokio::test]
async fn an_officer_sees_their_agency_and_the_portal_and_the_province_see_all_of_them() {
    let day = Day::of(1).await;
    day.all_relayed().await;
    let stranger = day.shown(Call::new("GET /v1/kpi/live").officer("H20.09"), NOW).await;
    assert_eq!(stranger.body["total"]["receivedToday"], 0);
    assert!(!stranger.body.to_string().contains(AGENCY), "{stranger:?}");
    let portal = day.shown(Call::new("GET /v1/kpi/live").portal(), NOW).await;
    assert_eq!(portal.body["agencies"][0]["agency"], AGENCY);
    let province = day.shown(Call::new("GET /v1/kpi/live").officer("H20"), NOW).await;
    assert_eq!(province.body, portal.body, "whoever leads it looks at the whole of it");
    assert_eq!(portal.body["agencies"][0]["receivedToday"], 1);
    let text = portal.body.to_string();
    for personal in ["Nguyễn", "09", "0871"] {
        assert!(!text.contains(&format!("\"{personal}")), "{personal} is in {text}");
    }
}

#[tokio::test]
async fn a_dossier_of_any_reason_leaves_no_word_of_a_person_in_the_table() {
    let day = Day::of(1).await;
    day.all_relayed().await;
    let rows = day.world.client.scan().table_name("LiveTable").send().await.unwrap();
    let text = format!("{:?}", rows.items());
    let applicant = submission()["applicant"].clone();
    for (name, value) in applicant.as_object().unwrap() {
        let Some(value) = value.as_str().filter(|value| value.chars().count() > 3) else {
            continue;
        };
        assert!(!text.contains(value), "{name} is in {text}");
    }
}

#[tokio::test]
async fn an_image_without_an_agency_is_relayed_and_not_counted() {
    let day = Day::of(1).await;
    let mut image = serde_json::to_value(&day.images[1].0).unwrap();
    image.as_object_mut().unwrap().remove("agency");
    let kept = Kept::default();
    let routes = [Route { queue: &kept, wants: |_| true, wants_feedback: true }];
    let event = stream(Some(&image), None::<&Value>);
    let news = relay(event, &routes, &kept, Duration::from_secs(60)).await.unwrap();
    assert!(news.is_empty());
    assert_eq!(kept.sent.lock().unwrap().len(), 2);
}
