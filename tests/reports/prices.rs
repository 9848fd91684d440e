//! What a report states as its price, and the month's budget.

use domain::thread::NoticeReason;
use platform::port::NoticeBook;

use super::*;

#[tokio::test]
async fn a_price_that_cannot_be_is_recorded_and_alarmed_and_never_booked() {
    for (stated, kept) in [
        ("1,700.00", "1700"),
        ("18446744073709551615", "18446744073709551615"),
        ("4,242,424", "4242424"),
        ("99999999999999999999999999", "18446744073709551615"),
        ("-1", "unreadable"),
        ("1.700", "unreadable"),
        ("đ", "unreadable"),
    ] {
        let world = World::new().await;
        let code = notified_by_sms(&world).await;
        let spent = world
            .contacts
            .reach(
                world.dossier(&code).await.applicant.as_ref().unwrap().phone.as_ref().unwrap(),
                None,
                at(SOON),
            )
            .await
            .unwrap();
        let log = Log::kept();
        let call = esms_event(&format!("{code}/1"), "s1", "5", "1").query("TotalPrice", stated);
        let answer = call.at_report(&world.notices, &world, at(SOON)).await;
        assert_eq!(
            (answer.status, state(&world, &code).await),
            (200, ("delivered", true)),
            "{stated}"
        );
        let alarms: Vec<_> = log
            .errors()
            .iter()
            .map(|line| (line["message"].clone(), line["stated"].clone()))
            .collect();
        assert_eq!(alarms, [(LogLine::ImplausiblePrice.text().into(), kept.into())], "{stated}");
        let shown = Call::new("GET /v1/dossiers/{code}/notices")
            .code(&code)
            .officer("H20.03")
            .at_track(&world)
            .await;
        assert_eq!((shown.status, &shown.body["costVnd"]), (200, &850.into()), "{stated}");
        assert_eq!(shown.body["notices"][0]["attempts"][1]["implausiblePrice"], kept, "{stated}");
        let phone = world.dossier(&code).await.into_state().applicant.unwrap().phone.unwrap();
        assert_eq!(
            world.contacts.reach(&phone, None, at(SOON)).await.unwrap().spent_vnd,
            spent.spent_vnd,
            "{stated}"
        );
    }
}

#[tokio::test]
async fn no_price_of_a_report_that_is_faster_than_the_answer_moves_the_month_s_budget() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let phone = world.dossier(&code).await.into_state().applicant.unwrap().phone.unwrap();
    let book = Early { world: &world, price: "4,242,424" };
    let gateways = Scripted::pair([declined(-118)], [accepted("s1")]);
    tell(&world, &book, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(state(&world, &code).await, ("delivered", true));
    let notice = world.notice(&code, 1).await;
    let spent = world.contacts.reach(&phone, None, at(SOON)).await.unwrap().spent_vnd;
    assert_eq!((notice.cost_vnd(), spent), (850, 850));
}

/// A book into which eSMS's report comes between every lease and the record of its call.
struct Early<'a> {
    world: &'a World,
    price: &'static str,
}

impl platform::port::NoticeBook for Early<'_> {
    async fn thread(
        &self,
        code: &domain::id::SubjectCode,
    ) -> Result<Option<domain::thread::NoticeThread>, platform::Failure> {
        self.world.notices.thread(code).await
    }

    async fn keep(
        &self,
        thread: &domain::thread::NoticeThread,
    ) -> Result<platform::port::Stored, platform::Failure> {
        let stored = self.world.notices.keep(thread).await;
        let leased = |notice: &domain::thread::NoticeRecord| {
            matches!(
                notice.state,
                domain::thread::NoticeState::Leased {
                    provider: domain::notice::Provider::Esms,
                    ..
                }
            )
        };
        if thread.notices().iter().any(leased) {
            let call = esms_event(&format!("{}/1", thread.code()), "s1", "5", "1")
                .query("TotalPrice", self.price);
            call.at_report(&self.world.notices, self.world, at(NOW)).await;
        }
        stored
    }
}

#[tokio::test]
async fn a_record_that_was_spoilt_by_a_wild_price_before_can_be_read() {
    let world = World::new().await;
    let code = notified_by_sms(&world).await;
    let thread = world.notices.thread(&code.parse().unwrap()).await.unwrap().unwrap();
    let mut row = json!(thread);
    for attempt in row["n"][0]["q"].as_array_mut().unwrap() {
        attempt["$"] = json!(u64::MAX);
    }
    let mut spoilt: domain::thread::NoticeThread = serde_json::from_value(row).unwrap();
    spoilt.advance();
    world.notices.keep(&spoilt).await.unwrap();
    let shown = Call::new("GET /v1/dossiers/{code}/notices")
        .code(&code)
        .officer("H20.03")
        .at_track(&world)
        .await;
    assert_eq!((shown.status, &shown.body["costVnd"]), (200, &u64::MAX.into()));
}

#[tokio::test]
async fn a_month_s_sum_that_no_number_of_ours_holds_stops_service_notices_and_nothing_else() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let phone = world.dossier(&code).await.into_state().applicant.unwrap().phone.unwrap();
    let wild = domain::thread::Charge { vnd: u64::MAX, ..Default::default() };
    for _ in 0..2 {
        world.contacts.count(Some(&phone), wild, at(NOW)).await.unwrap();
    }
    assert_eq!(world.contacts.reach(&phone, None, at(NOW)).await.unwrap().spent_vnd, u64::MAX);
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let notice = world.notice(&code, 1).await;
    assert_eq!(
        (notice.state.name(), notice.reason.as_ref().map(NoticeReason::name)),
        ("refused", Some("budget"))
    );
}
