//! What gateways do on the wire, and what is known afterwards of the message: certainly not taken,
//! declined, or in doubt.

use domain::notice::Wording;
use std::time::Duration;

use jiff::SignedDuration;
use platform::account::Token;
use platform::gateway::esms::Esms;
use platform::gateway::speedsms::SpeedSms;
use platform::gateway::zalo::{Zalo, ZaloLogin};
use platform::gateway::{Address, Gateway, Verdict, http_client};
use platform::port::{Renewal, TokenIssuer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::support::call::Call;
use crate::support::world::{FixedToken, NOW, World, at};

/// Long enough for loopback, short enough for a test that waits for it to run out.
const TIMEOUT: Duration = Duration::from_millis(900);

fn address(url: &str) -> Address {
    Address::try_from(url).unwrap()
}

/// What eSMS at `url` makes of a real notice.
async fn esms(world: &World, url: String) -> Verdict {
    let http = http_client(TIMEOUT).unwrap();
    let text = String::new;
    let (api_key, secret_key, brandname) = (text(), text(), text());
    let url = address(&url);
    send(world, &Esms { http, url, api_key, secret_key, brandname, callback_url: None }).await
}

/// What Zalo at `url` makes of it.
async fn zalo(world: &World, url: String) -> Verdict {
    let tokens = FixedToken(Token::new("a token"));
    send(world, &Zalo { http: http_client(TIMEOUT).unwrap(), url: address(&url), tokens }).await
}

async fn send(world: &World, gateway: &impl Gateway) -> Verdict {
    let code = Call::submit("k").at_submit(&world.intake, world, at(NOW)).await.code();
    let dossier = world.dossier(&code).await;
    let templates = world.catalogue.templates();
    let notice = templates
        .compose(&dossier, &dossier.history[0], Wording::First, Default::default())
        .unwrap();
    gateway.send(&notice, dossier.applicant.as_ref().unwrap().phone.as_ref().unwrap()).await
}

/// Reads a request to the end of what has come.
async fn request(stream: &mut TcpStream) {
    let mut bytes = vec![0; 16 * 1024];
    let read = stream.read(&mut bytes).await.unwrap();
    assert!(read > 0, "an empty request");
}

/// A gateway that reads a request and writes `answer`, over and over; nothing written is a
/// connection closed.
async fn answering(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            request(&mut stream).await;
            // Whoever has gone meanwhile needs no answer.
            let _gone = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

fn reply(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn not_taken(instead: &str, seconds: Option<i64>) -> Verdict {
    Verdict::NotTaken {
        instead: instead.to_owned(),
        retry_after: seconds.map(SignedDuration::from_secs),
    }
}

fn in_doubt(instead: &str) -> Verdict {
    Verdict::Unknown { instead: instead.to_owned() }
}

#[tokio::test]
async fn an_address_that_never_answers_the_handshake_has_not_taken_the_message() {
    let world = World::new().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    // Nobody accepts, and the queue of connections is full: what comes then gets no answer at all.
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut fillers = Vec::new();
    while let Ok(filler) = tokio::time::timeout(TIMEOUT / 4, TcpStream::connect(address)).await {
        fillers.push(filler.unwrap());
    }
    assert_eq!(zalo(&world, format!("http://{address}")).await, not_taken("unreachable", None));
}

#[tokio::test]
async fn an_address_where_nobody_listens_has_not_taken_the_message() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(esms(&world, url).await, not_taken("unreachable", None));
}

#[tokio::test]
async fn a_gateway_that_reads_the_message_and_hangs_or_hangs_up_may_have_it() {
    let world = World::new().await;
    assert_eq!(zalo(&world, answering(String::new()).await).await, in_doubt("broken-off"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        std::future::pending::<()>().await;
    });
    assert_eq!(zalo(&world, url).await, in_doubt("timed-out"));
}

#[tokio::test]
async fn an_answer_that_is_none_may_come_after_the_message_was_taken() {
    let world = World::new().await;
    for (answer, instead) in [
        (reply("500 Internal Server Error", "", ""), "http-500"),
        (reply("502 Bad Gateway", "", ""), "http-502"),
        (reply("408 Request Timeout", "", ""), "http-408"),
        (reply("200 OK", "", "<html>"), "unreadable"),
        (reply("200 OK", "", "{}"), "unreadable"),
    ] {
        assert_eq!(esms(&world, answering(answer).await).await, in_doubt(instead));
    }
}

#[tokio::test]
async fn a_gateway_that_turns_us_away_unread_says_for_how_long_in_seconds_or_by_its_own_clock() {
    let world = World::new().await;
    let date = "date: Tue, 17 Nov 2026 02:00:00 GMT\r\n";
    for (status, headers, instead, wait) in [
        ("429 Too Many Requests", "retry-after: 90\r\n", "http-429", Some(90)),
        ("503 Service Unavailable", "retry-after:  90 \r\n", "http-503", Some(90)),
        (
            "503 Service Unavailable",
            &format!("{date}retry-after: Tue, 17 Nov 2026 02:10:00 GMT\r\n"),
            "http-503",
            Some(600),
        ),
        // It is over by its own clock, whatever ours says.
        (
            "503 Service Unavailable",
            &format!("{date}retry-after: Tue, 17 Nov 2026 01:00:00 GMT\r\n"),
            "http-503",
            Some(0),
        ),
        (
            "503 Service Unavailable",
            "retry-after: Tue, 17 Nov 2026 02:10:00 GMT\r\n",
            "http-503",
            None,
        ),
        ("429 Too Many Requests", "retry-after: tomorrow\r\n", "http-429", None),
        ("429 Too Many Requests", "retry-after: 4000000000\r\n", "http-429", Some(6 * 3_600)),
        ("401 Unauthorized", "", "http-401", None),
    ] {
        let verdict = esms(&world, answering(reply(status, headers, "")).await).await;
        assert_eq!(verdict, not_taken(instead, wait), "{headers}");
    }
}

#[test]
fn our_tokens_go_to_encrypted_addresses_and_to_this_machine_alone() {
    for good in [
        "https://business.openapi.zalo.me",
        "https://rest.esms.vn/",
        "https://sms.example:8443/a/b",
        "http://localhost:4000/zalo",
        "http://127.0.0.1:4000",
        "http://[::1]:4000/vnpt",
    ] {
        assert_eq!(address(good).to_string(), good.trim_end_matches('/'));
    }
    for bad in [
        "",
        "rest.esms.vn",
        "//rest.esms.vn",
        "http://rest.esms.vn",
        "http://10.0.0.1",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "http://localhost@rest.esms.vn",
        "https://user:password@rest.esms.vn",
        "https://rest.esms.vn?to=elsewhere",
        "https://rest.esms.vn#elsewhere",
        "ftp://rest.esms.vn",
        "file:///etc/passwd",
        "data:text/plain,a",
        "https://",
    ] {
        assert!(Address::try_from(bad).is_err(), "{bad}");
    }
}

/// A gateway that counts who comes.
async fn counting() -> (String, std::sync::Arc<std::sync::atomic::AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = std::sync::Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let _gone = stream.write_all(reply("200 OK", "", "{}").as_bytes()).await;
        }
    });
    (url, seen)
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_takes_no_token_elsewhere() {
    let world = World::new().await;
    let (elsewhere, seen) = counting().await;
    let to = format!("location: {elsewhere}/stolen\r\n");
    for (status, expected) in [
        ("301 Moved Permanently", in_doubt("http-301")),
        ("302 Found", in_doubt("http-302")),
        ("303 See Other", in_doubt("http-303")),
        ("307 Temporary Redirect", not_taken("http-307", None)),
        ("308 Permanent Redirect", not_taken("http-308", None)),
    ] {
        let url = answering(reply(status, &to, "")).await;
        assert_eq!(esms(&world, url.clone()).await, expected, "esms {status}");
        assert_eq!(zalo(&world, url.clone()).await, expected, "zalo {status}");
        let login = ZaloLogin {
            http: http_client(TIMEOUT).unwrap(),
            url: address(&url),
            app_id: "an app".to_owned(),
            secret_key: "a secret".to_owned(),
        };
        let renewal = login.renew(&Token::new("a refresh token")).await;
        assert!(matches!(renewal, Renewal::Unanswered { .. }), "login {status}: {renewal:?}");
    }
    assert_eq!(seen.load(std::sync::atomic::Ordering::SeqCst), 0, "somebody else was asked");
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_its_end() {
    let world = World::new().await;
    let long = reply(
        "200 OK",
        "",
        &format!("{{\"CodeResult\":\"100\",\"x\":\"{}\"}}", "a".repeat(64 * 1024)),
    );
    assert_eq!(esms(&world, answering(long).await).await, in_doubt("too-long"));
    // It never ends, as fast as we read, or a byte now and then.
    for pause in [Duration::ZERO, TIMEOUT / 10] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            request(&mut stream).await;
            let mut piece = "HTTP/1.1 200 OK\r\n\r\n{".to_owned();
            let more = if pause.is_zero() { " ".repeat(1_024) } else { " ".to_owned() };
            while stream.write_all(piece.as_bytes()).await.is_ok() {
                piece.clone_from(&more);
                tokio::time::sleep(pause).await;
            }
        });
        let expected = if pause.is_zero() { "too-long" } else { "timed-out" };
        assert_eq!(zalo(&world, url).await, in_doubt(expected));
    }
}

#[tokio::test]
async fn a_gateway_s_name_for_a_message_is_read_as_text_or_number_and_nothing_else_is_a_name() {
    let world = World::new().await;
    let accepted = |name: Option<&str>| Verdict::Accepted { message: name.map(str::to_owned) };
    for (written, name) in [
        ("\"8a2f-1\"", Some("8a2f-1")),
        ("9007199254740993", Some("9007199254740993")),
        ("18446744073709551615", Some("18446744073709551615")),
        ("1.5", None),
        ("\"\"", None),
        ("\"a b\"", None),
        ("\"\\u0000\"", None),
        ("null", None),
        ("[]", None),
        (&format!("\"{}\"", "a".repeat(101)), None),
    ] {
        let body = format!("{{\"CodeResult\":\"100\",\"SMSID\":{written}}}");
        assert_eq!(
            esms(&world, answering(reply("200 OK", "", &body)).await).await,
            accepted(name),
            "esms {written}"
        );
        let body = format!("{{\"error\":0,\"data\":{{\"msg_id\":{written}}}}}");
        let expected = name.map_or_else(|| in_doubt("unreadable"), |name| accepted(Some(name)));
        assert_eq!(
            zalo(&world, answering(reply("200 OK", "", &body)).await).await,
            expected,
            "zalo {written}"
        );
        let body = format!("{{\"status\":\"success\",\"data\":{{\"tranId\":{written}}}}}");
        let speedsms = SpeedSms {
            http: http_client(TIMEOUT).unwrap(),
            url: address(&answering(reply("200 OK", "", &body)).await),
            token: "a token".to_owned(),
            sender: "MOTCUA".to_owned(),
        };
        assert_eq!(send(&world, &speedsms).await, expected, "speedsms {written}");
    }
}
