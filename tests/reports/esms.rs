//! What eSMS reports by its secret address.

use super::*;

#[tokio::test]
async fn an_sms_is_delivered_failed_or_undecided_as_esms_says() {
    for (status, sent, expected) in [
        ("5", "1", "delivered"),
        ("5", "0", "refused"),
        (" 5 ", "0", "refused"),
        ("4", "0", "refused"),
        ("1", "0", "sent"),
        ("2", "0", "sent"),
        ("7", "0", "sent"),
        ("99", "1", "sent"),
    ] {
        let world = World::new().await;
        let code = told(&world, &Scripted::pair([declined(-118)], [accepted("s1")])).await;
        let call = esms_event(&format!("{code}/1"), "s1", status, sent);
        assert_eq!(call.at_report(&world.notices, &world, at(SOON)).await.status, 200);
        assert_eq!(state(&world, &code).await.0, expected, "{status} {sent}");
    }
}

#[tokio::test]
async fn what_esms_says_of_a_failure_is_kept_as_a_code_and_never_as_free_text() {
    for (error, kept) in
        [("telco-17", "telco-17"), ("so 0912345678 bi chan", "status-5"), ("", "status-5")]
    {
        let world = World::new().await;
        let code = told(&world, &Scripted::pair([declined(-118)], [accepted("s1")])).await;
        let call = esms_event(&format!("{code}/1"), "s1", "5", "0").query("error_info", error);
        assert_eq!(call.at_report(&world.notices, &world, at(SOON)).await.status, 200);
        assert_eq!(world.notice(&code, 1).await.attempts.last().unwrap().code, kept, "{error}");
    }
}

#[tokio::test]
async fn esms_reports_by_the_secret_address_alone() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([declined(-118)], [accepted("s1")])).await;
    for secret in ["", "a-secret-in-an-addres", "a-secret-in-an-address ", "A-SECRET-IN-AN-ADDRESS"]
    {
        let call = esms_event(&format!("{code}/1"), "s1", "5", "1").path("secret", secret);
        let answer = call.at_report(&world.notices, &world, at(SOON)).await;
        assert_eq!((answer.status, answer.problem()), (404, "route-not-found"), "{secret}");
    }
    assert_eq!(state(&world, &code).await, ("sent", false));
}

#[tokio::test]
async fn a_message_that_did_not_arrive_by_sms_goes_by_the_channel_that_remains() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let id = world.dossier(&code).await.into_state().applicant.unwrap().id_number;
    let sms_first = platform::dynamo::NoticePreference {
        channels: vec![domain::notice::NoticeChannel::Sms, domain::notice::NoticeChannel::Zalo],
        ..Default::default()
    };
    world.contacts.prefer(&id, &sms_first).await.unwrap();
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let call = esms_event(&format!("{code}/1"), "s1", "5", "0");
    call.at_report(&world.notices, &world, at(SOON)).await;
    tell(&world, &world.notices, &gateways, &woken(&code), SOON).await.unwrap();
    assert_eq!(gateways.asked(), [("esms", format!("{code}/1")), ("zalo", format!("{code}/1"))]);
}

#[tokio::test]
async fn a_report_without_counts_decides_nothing() {
    let undecided: [&[(&str, &str)]; 10] = [
        &[("SendStatus", "5")],
        &[("SendStatus", "4")],
        &[("SendStatus", "5"), ("SendSuccess", "0")],
        &[("SendStatus", "5"), ("SendSuccess", "0"), ("SendFailed", "0")],
        &[("SendStatus", "5"), ("SendSuccess", ""), ("SendFailed", "")],
        &[("SendStatus", "5"), ("SendSuccess", "one"), ("SendFailed", "-1")],
        // It says both.
        &[("SendStatus", "5"), ("SendSuccess", "1"), ("SendFailed", "1")],
        &[("SendStatus", "4"), ("SendSuccess", "1"), ("SendFailed", "0")],
        &[("SendSuccess", "0"), ("SendFailed", "1")],
        &[("SendStatus", "05"), ("SendSuccess", "1"), ("SendFailed", "0")],
    ];
    for fields in undecided {
        let world = World::new().await;
        let code = notified_by_sms(&world).await;
        let answer = esms_says(&world, &code, fields).await;
        assert_eq!((answer.status, &answer.body["taken"]), (200, &false.into()), "{fields:?}");
        assert_eq!(state(&world, &code).await, ("sent", false), "{fields:?}");
    }
}

#[tokio::test]
async fn failed_and_then_delivered_notifies_nobody_twice() {
    let world = World::new().await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let id = world.dossier(&code).await.into_state().applicant.unwrap().id_number;
    let sms_first = platform::dynamo::NoticePreference {
        channels: vec![domain::notice::NoticeChannel::Sms, domain::notice::NoticeChannel::Zalo],
        ..Default::default()
    };
    world.contacts.prefer(&id, &sms_first).await.unwrap();
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    for (sent, taken) in [("0", true), ("1", true), ("1", false), ("0", false)] {
        let answer = esms_event(&format!("{code}/1"), "s1", "5", sent)
            .at_report(&world.notices, &world, at(SOON))
            .await;
        assert_eq!((answer.status, &answer.body["taken"]), (200, &taken.into()), "{sent}");
    }
    tell(&world, &world.notices, &gateways, &woken(&code), SOON).await.unwrap();
    assert_eq!(gateways.asked(), [("esms", format!("{code}/1"))]);
    assert_eq!(state(&world, &code).await, ("delivered", true));
}

#[tokio::test]
async fn a_name_that_esms_never_gave_us_is_taken_from_the_first_report_alone() {
    let world = World::new().await;
    // 124: it was accepted before, and the answer names nothing.
    let code = told(&world, &Scripted::pair([declined(-118)], [declined(124)])).await;
    let says = |message: &'static str| esms_event(&format!("{code}/1"), message, "5", "1");
    let first = says("s1").at_report(&world.notices, &world, at(SOON)).await;
    let second = says("s2").at_report(&world.notices, &world, at(SOON)).await;
    assert_eq!((&first.body["taken"], &second.body["taken"]), (&true.into(), &false.into()));
    let named: Vec<Option<String>> = world
        .notice(&code, 1)
        .await
        .attempts
        .iter()
        .map(|attempt| attempt.message.clone())
        .collect();
    assert_eq!(named, [None, Some("s1".to_owned())]);
}
