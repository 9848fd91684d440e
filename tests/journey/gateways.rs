//! Our adapters against the stand-ins of the gateways, which answer as the vendors document.

use domain::dossier::Dossier;
use domain::notice::codes::Treatment;
use domain::notice::{Language, Notice, Provider, Wording};
use platform::account::Token;
use platform::gateway::esms::Esms;
use platform::gateway::speedsms::SpeedSms;
use platform::gateway::vnpt::Vnpt;
use platform::gateway::zalo::{Zalo, ZaloLogin};
use platform::gateway::{Address, Verdict, http_client};
use platform::port::{Renewal, TokenIssuer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::*;
use crate::support::call::Call;
use crate::support::file;
use crate::support::world::{FixedToken, NOW, World};

/// A notice about a fresh dossier whose applicant has this phone.
async fn a_notice(phone: &str) -> (Notice, Dossier) {
    let world = World::new().await;
    let mut body = submission();
    body["applicant"]["phone"] = phone.into();
    let answer =
        Call::submit(&unique("n")).body(&body).at_submit(&world.intake, &world, at(NOW)).await;
    let dossier = world.dossier(&answer.code()).await;
    let composed = world.catalogue.templates().compose(
        &dossier,
        &dossier.history[0],
        Wording::First,
        Language::Vi,
    );
    let mut notice = composed.unwrap();
    notice.id = unique("H20.03-261117-0001/1");
    (notice, dossier)
}

fn codes() -> domain::notice::codes::Codes {
    domain::notice::codes::Codes::assemble(
        serde_json::from_str(&file("infra/data/codes.json")).unwrap(),
    )
    .unwrap()
}

fn stand_in(door: &str) -> Address {
    Address::try_from(format!("{}/{door}", setting("GATEWAYS_URL")).as_str()).unwrap()
}

fn zalo(token: &str) -> Zalo<FixedToken> {
    let http = http_client(Duration::from_millis(1_500)).unwrap();
    Zalo { http, url: stand_in("zalo"), tokens: FixedToken(Token::new(token)) }
}

fn esms() -> Esms {
    Esms {
        http: http_client(Duration::from_millis(1_500)).unwrap(),
        url: stand_in("esms"),
        api_key: setting("ESMS_API_KEY").to_owned(),
        secret_key: setting("ESMS_SECRET_KEY").to_owned(),
        brandname: setting("ESMS_BRANDNAME").to_owned(),
        callback_url: None,
    }
}

#[tokio::test]
async fn zalos_documented_answers_are_understood() {
    let stack = Stack::new();
    let gateway = zalo(setting("ZALO_ACCESS_TOKEN"));
    for (behaviour, expected, treatment) in [
        (json!({ "code": -118 }), Verdict::Declined { code: -118 }, Some(Treatment::NextChannel)),
        (json!({ "code": -133 }), Verdict::Declined { code: -133 }, Some(Treatment::UntilMorning)),
        (json!({ "code": -100 }), Verdict::Declined { code: -100 }, Some(Treatment::Doubtful)),
        (
            json!({ "code": -1241 }),
            Verdict::Declined { code: -1241 },
            Some(Treatment::AlarmAndNextChannel),
        ),
        (json!({ "mode": "slow" }), Verdict::Unknown { instead: "timed-out".into() }, None),
        (json!({ "mode": "hang" }), Verdict::Unknown { instead: "timed-out".into() }, None),
        (json!({ "mode": "drop-after" }), Verdict::Unknown { instead: "broken-off".into() }, None),
        (json!({ "mode": "http-500" }), Verdict::Unknown { instead: "http-500".into() }, None),
    ] {
        let phone = unique_phone();
        let (notice, dossier) = a_notice(&phone).await;
        let mut told = behaviour.clone();
        told["gateway"] = "zalo".into();
        told["phone"] = format!("84{}", &phone[1..]).into();
        stack.behave(told).await;
        assert_eq!(
            gateway
                .send(&notice, dossier.applicant.as_ref().unwrap().phone.as_ref().unwrap())
                .await,
            expected,
            "{behaviour}"
        );
        if let (Verdict::Declined { code }, Some(treatment)) = (expected, treatment) {
            assert_eq!(codes().ruling(Provider::Zalo, code).treatment, treatment);
        }
    }
    let (notice, dossier) = a_notice(&unique_phone()).await;
    assert!(matches!(
        gateway.send(&notice, dossier.applicant.as_ref().unwrap().phone.as_ref().unwrap()).await,
        Verdict::Accepted { .. }
    ));
    let stranger =
        zalo("").send(&notice, dossier.applicant.as_ref().unwrap().phone.as_ref().unwrap()).await;
    assert_eq!(stranger, Verdict::Declined { code: -124 });
}

fn speedsms(token: &str) -> SpeedSms {
    SpeedSms {
        http: http_client(Duration::from_millis(1_500)).unwrap(),
        url: stand_in("speedsms"),
        token: token.to_owned(),
        sender: "MOTCUA".to_owned(),
    }
}

fn vnpt(password: &str) -> Vnpt {
    Vnpt {
        http: http_client(Duration::from_millis(1_500)).unwrap(),
        url: stand_in("vnpt"),
        label_id: "1".to_owned(),
        contract_id: "2".to_owned(),
        template_id: "3".to_owned(),
        agent_id: "4".to_owned(),
        api_user: "province".to_owned(),
        api_password: password.to_owned(),
        user_name: "province".to_owned(),
    }
}

async fn asked(provider: Provider, notice: &Notice, dossier: &Dossier) -> Verdict {
    let phone = dossier.applicant.as_ref().unwrap().phone.as_ref().unwrap();
    match provider {
        Provider::Zalo => zalo(setting("ZALO_ACCESS_TOKEN")).send(notice, phone).await,
        Provider::Esms => esms().send(notice, phone).await,
        Provider::Speedsms => speedsms(setting("SPEEDSMS_TOKEN")).send(notice, phone).await,
        Provider::Vnpt => vnpt(setting("VNPT_API_PASSWORD")).send(notice, phone).await,
    }
}

#[tokio::test]
async fn every_listed_code_of_every_gateway_is_read_from_its_answer() {
    let stack = Stack::new();
    let phone = unique_phone();
    let (notice, dossier) = a_notice(&phone).await;
    let mut codes: Vec<(Provider, i32)> =
        codes().listed().map(|(provider, code, _)| (provider, code)).collect();
    // VNPT's are not known, but for that 0 is a yes; SpeedSMS's -1 is ours.
    codes.retain(|(_, code)| *code != -1);
    codes.extend([(Provider::Speedsms, 300), (Provider::Vnpt, 7)]);
    assert!(codes.len() > 90, "only {codes:?}");
    for (provider, code) in codes {
        let told = json!({ "gateway": provider.name(), "phone": format!("84{}", &phone[1..]), "code": code, "times": 1 });
        stack.behave(told).await;
        assert_eq!(
            asked(provider, &notice, &dossier).await,
            Verdict::Declined { code },
            "{}",
            provider.name()
        );
    }
}

#[tokio::test]
async fn each_gateway_takes_a_good_message_and_what_happens_on_the_way_is_distinguished() {
    let stack = Stack::new();
    for provider in Provider::ALL {
        for (mode, expected) in [
            ("ok", None),
            ("slow", Some("timed-out")),
            ("hang", Some("timed-out")),
            ("drop-before", Some("broken-off")),
            ("drop-after", Some("broken-off")),
            ("http-500", Some("http-500")),
        ] {
            let phone = unique_phone();
            let (notice, dossier) = a_notice(&phone).await;
            let number = format!("84{}", &phone[1..]);
            stack
                .behave(json!({ "gateway": provider.name(), "phone": number, "mode": mode }))
                .await;
            let verdict = asked(provider, &notice, &dossier).await;
            match expected {
                None => assert!(
                    matches!(verdict, Verdict::Accepted { .. }),
                    "{}: {verdict:?}",
                    provider.name()
                ),
                Some(instead) => {
                    assert_eq!(
                        verdict,
                        Verdict::Unknown { instead: instead.into() },
                        "{} {mode}",
                        provider.name()
                    );
                }
            }
        }
        for (mode, seconds) in [("http-429", 90), ("http-503", 30)] {
            let phone = unique_phone();
            let (notice, dossier) = a_notice(&phone).await;
            let (number, wait) = (format!("84{}", &phone[1..]), seconds.to_string());
            let turning_away = json!({
                "gateway": provider.name(), "phone": number, "mode": mode, "retryAfter": wait,
            });
            stack.behave(turning_away).await;
            let retry_after = Some(jiff::SignedDuration::from_secs(seconds));
            let expected = Verdict::NotTaken { instead: mode.to_owned(), retry_after };
            assert_eq!(asked(provider, &notice, &dossier).await, expected, "{}", provider.name());
        }
    }
}

#[tokio::test]
async fn a_gateway_that_does_not_know_us_says_so() {
    let (notice, dossier) = a_notice(&unique_phone()).await;
    let phone = dossier.applicant.as_ref().unwrap().phone.as_ref().unwrap();
    assert_eq!(
        speedsms("a stranger's").send(&notice, phone).await,
        Verdict::Declined { code: 101 }
    );
    assert_eq!(vnpt("a stranger's").send(&notice, phone).await, Verdict::Declined { code: 1 });
}

#[tokio::test]
async fn zalo_renews_a_token_once_and_the_old_way_in_is_closed() {
    let login = |secret: &str| ZaloLogin {
        http: http_client(Duration::from_millis(1_500)).unwrap(),
        url: stand_in("zalo-login"),
        app_id: setting("ZALO_APP_ID").to_owned(),
        secret_key: secret.to_owned(),
    };
    // The deployed function has signed in with this one when the stack came up.
    let used =
        login(setting("ZALO_APP_SECRET")).renew(&Token::new(setting("ZALO_REFRESH_TOKEN"))).await;
    assert_eq!(used, Renewal::Refused { code: -14020 });
    let unknown = login(setting("ZALO_APP_SECRET")).renew(&Token::new("made up")).await;
    assert_eq!(unknown, Renewal::Refused { code: -14014 });
    let stranger = login("not the secret").renew(&Token::new("made up")).await;
    assert_eq!(stranger, Renewal::Refused { code: -14003 });
    let nowhere = ZaloLogin { url: Address::try_from("http://127.0.0.1:9").unwrap(), ..login("x") };
    assert_eq!(
        nowhere.renew(&Token::new("r")).await,
        Renewal::Unanswered { instead: "unreachable".to_owned() }
    );
}

#[tokio::test]
async fn esms_recognises_a_message_sent_twice() {
    let gateway = esms();
    let (notice, dossier) = a_notice(&unique_phone()).await;
    let first =
        gateway.send(&notice, dossier.applicant.as_ref().unwrap().phone.as_ref().unwrap()).await;
    assert!(matches!(first, Verdict::Accepted { .. }), "{first:?}");
    let second =
        gateway.send(&notice, dossier.applicant.as_ref().unwrap().phone.as_ref().unwrap()).await;
    assert_eq!(second, Verdict::Declined { code: 124 });
    assert_eq!(codes().ruling(Provider::Esms, 124).treatment, Treatment::AcceptedBefore);
}

/// Answers every delivery report with 200 until one holds `mark`, and gives its head and body.
async fn reported(listener: TcpListener, mark: String) -> String {
    loop {
        let (mut report, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 16_384];
        let mut read = 0;
        while let Ok(Ok(more)) =
            timeout(Duration::from_millis(300), report.read(&mut bytes[read..])).await
        {
            if more == 0 {
                break;
            }
            read += more;
        }
        report.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
        if text.contains(&mark) {
            return text;
        }
    }
}

#[tokio::test]
async fn the_gateways_report_deliveries_as_their_vendors_do() {
    let stack = Stack::new();
    let mut reports = Vec::new();
    for gateway in ["zalo", "esms"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/{gateway}", listener.local_addr().unwrap());
        stack.behave(json!({ "gateway": gateway, "reports": { "url": url } })).await;
        let (notice, dossier) = a_notice(&unique_phone()).await;
        let verdict = match gateway {
            "zalo" => {
                zalo(setting("ZALO_ACCESS_TOKEN"))
                    .send(&notice, dossier.applicant.as_ref().unwrap().phone.as_ref().unwrap())
                    .await
            }
            _ => {
                esms()
                    .send(&notice, dossier.applicant.as_ref().unwrap().phone.as_ref().unwrap())
                    .await
            }
        };
        let Verdict::Accepted { message: Some(message) } = verdict else {
            panic!("{gateway}: {verdict:?}")
        };
        let report = timeout(Duration::from_secs(60), reported(listener, message)).await;
        reports.push(report.unwrap_or_else(|_| panic!("{gateway} reports nothing")));
    }
    // Zalo signs what it posts; eSMS asks by GET, without a signature.
    assert!(
        reports[0].starts_with("POST /zalo ")
            && reports[0].to_lowercase().contains("x-zevent-signature: mac=")
    );
    assert!(reports[0].contains("user_received_message"), "{}", reports[0]);
    assert!(
        reports[1].starts_with("GET /esms?") && reports[1].contains("SendStatus=5"),
        "{}",
        reports[1]
    );
}

#[tokio::test]
async fn a_gateway_that_is_not_there_was_certainly_not_reached() {
    let (notice, dossier) = a_notice(&unique_phone()).await;
    let nowhere = Zalo { url: Address::try_from("http://127.0.0.1:9").unwrap(), ..zalo("x") };
    assert_eq!(
        nowhere.send(&notice, dossier.applicant.as_ref().unwrap().phone.as_ref().unwrap()).await,
        Verdict::NotTaken { instead: "unreachable".into(), retry_after: None }
    );
}

/// Who may be tried with a number of `docs/sandbox.md` sees there how telling them ends.
async fn told_at(stack: &Stack, phone: &str) -> Value {
    let (portal, officer) = (stack.portal().await, stack.officer(AGENCY).await);
    let mut body = submission();
    body["applicant"]["phone"] = phone.into();
    let key = unique("sandbox");
    let slip = stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&key), body).await;
    let path = format!("{DOSSIERS}/{}/notices", slip.code());
    let ended = stack.until("the end of the notice", || async {
        let seen = stack.get(&path, Some(&officer)).await;
        let notice = seen.body["notices"][0].clone();
        let open = [json!(null), json!("waiting"), json!("leased")];
        (!open.contains(&notice["state"])).then_some(notice)
    });
    ended.await
}

#[tokio::test]
async fn a_number_for_trials_ends_as_the_page_for_frontends_promises() {
    let stack = Stack::new();
    let promised = [
        ("0900 000 001", "sent", "zalo"),
        ("0900 000 002", "sent", "esms"),
        ("0900 000 003", "refused", "esms"),
        ("0900 000 006", "unknown", "zalo"),
    ];
    for (phone, state, provider) in promised {
        let notice = told_at(&stack, phone).await;
        let last = notice["attempts"].as_array().and_then(|calls| calls.last()).unwrap();
        assert_eq!((&notice["state"], &last["provider"]), (&json!(state), &json!(provider)));
    }
}
