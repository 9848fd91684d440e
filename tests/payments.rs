//! Paying through the platform: what is owed is paid once whatever is lost, repeated or overtaken on
//! the way, and everybody sees what is owed back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::dossier::DossierStatus;
use domain::payment::PaidHow;
use domain::payment::online::{AttemptState, Heard};
use jiff::{SignedDuration, Timestamp};
use local::http::{listen, serve};
use local::payment_platform::PaymentPlatform as StandIn;
use platform::Failure;
use platform::dynamo::Payments;
use platform::gateway::http_client;
use platform::paying::Till;
use platform::payment_platform::{PaymentAccountSettings, PaymentPlatform};
use platform::port::{DuePayment, PaymentBook, PaymentGateway, PaymentOrder, Stored, Trouble};
use serde_json::{Value, json};
use settle_payments::{Order, Outcome, settle};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call};
use crate::support::judge::served;
use crate::support::world::{Death, NOW, World, at};

/// Another citizen than the owner of the dossiers here.
const NEIGHBOUR: &str = "087199000001";

/// The fee of the dossiers here.
const OWED: u64 = 60_000;

/// The platform as a test has it: what became of each attempt, and what is wrong today.
#[derive(Default)]
struct Platform {
    paid: Mutex<BTreeMap<String, Heard>>,
    asked: Mutex<Vec<String>>,
    refunds: Mutex<Vec<(String, u64)>>,
    away: Mutex<bool>,
    refunds_are_on: bool,
    is_missing: bool,
}

impl Platform {
    fn say(&self, reference: &str, heard: Heard) {
        self.paid.lock().unwrap().insert(reference.to_owned(), heard);
    }

    fn away(&self, away: bool) {
        *self.away.lock().unwrap() = away;
    }

    fn answers(&self) -> Result<(), Trouble> {
        let code = "timed-out".to_owned();
        let away = *self.away.lock().unwrap();
        if away { Err(Trouble::Unavailable { code, retry_after: None }) } else { Ok(()) }
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl PaymentGateway for Platform {
    fn is_offered(&self) -> bool {
        !self.is_missing
    }

    async fn start(&self, order: PaymentOrder<'_>) -> Result<String, Trouble> {
        self.answers()?;
        self.say(order.reference, Heard::Nothing);
        Ok(format!("https://pay.example/{}", order.reference))
    }

    async fn query(&self, reference: &str, _now: Timestamp) -> Result<Heard, Trouble> {
        self.answers()?;
        self.asked.lock().unwrap().push(reference.to_owned());
        let code = "01".to_owned();
        self.paid.lock().unwrap().get(reference).copied().ok_or(Trouble::Refused { code })
    }

    fn refunds(&self) -> bool {
        self.refunds_are_on
    }

    async fn refund(&self, reference: &str, amount: u64, _now: Timestamp) -> Result<(), Trouble> {
        self.answers()?;
        self.refunds.lock().unwrap().push((reference.to_owned(), amount));
        Ok(())
    }

    fn signed<'a>(&self, data: &'a str, _code: &str, signature: &str) -> Option<&'a str> {
        (signature == "good").then_some(data)
    }
}

/// A world with a dossier that owes its fee.
struct Paying {
    world: World,
    book: Payments,
    platform: Platform,
    code: String,
}

/// So many minutes after [`NOW`].
fn after(minutes: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_mins(minutes)
}

impl Paying {
    async fn new() -> Self {
        let world = World::new().await;
        let table = "PaymentsTable".to_owned();
        let book = Payments::new(world.client.clone(), table, world.dossiers.clone());
        let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
        for (version, action) in [(1, "receive"), (2, "request-payment")] {
            let call = Call::transition(&code, action, version);
            let answer = call.at_change(&world.dossiers, &world, at(NOW)).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        Self { world, book, platform: Platform::default(), code }
    }

    async fn over(&self, call: Call, book: &impl PaymentBook, now: Timestamp) -> Answer {
        let till = Till {
            book,
            store: &self.world.dossiers,
            gateway: &self.platform,
            catalogue: &self.world.catalogue,
        };
        let handler = |request| take_payment::handle(request, &till, now);
        served(call.event(), handler).await.into()
    }

    async fn at(&self, call: Call, now: Timestamp) -> Answer {
        self.over(call, &self.book, now).await
    }

    fn pay(&self) -> Call {
        Call::new("POST /v1/dossiers/{code}/payments").code(&self.code).citizen(CITIZEN)
    }

    fn back(&self, reference: &str, signature: &str) -> Call {
        let call = Call::new("GET /v1/callbacks/payment").nobody().query("data", reference);
        call.query("responseCode", "00").query("secureCode", signature)
    }

    /// Begins an attempt; its reference.
    async fn begun(&self, now: Timestamp) -> String {
        let answer = self.at(self.pay(), now).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["reference"].as_str().unwrap().to_owned()
    }

    async fn settled(&self, now: Timestamp) -> Outcome {
        let (store, gateway) = (&self.world.dossiers, &self.platform);
        let till = Till { book: &self.book, store, gateway, catalogue: &self.world.catalogue };
        settle(&Order {}, &till, now).await.unwrap()
    }

    /// What the payer sees.
    async fn line(&self) -> Value {
        let call = Call::new("GET /v1/dossiers/{code}/payments").code(&self.code);
        let answer = self.at(call.citizen(CITIZEN), at(NOW)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["items"][0].clone()
    }

    async fn confirmed_by_hand(&self) {
        let call = Call::transition(&self.code, "confirm-payment", 3);
        let answer = call.at_change(&self.world.dossiers, &self.world, at(NOW)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Version and status of the dossier, and how often it was confirmed on-line.
    async fn stands(&self) -> (u64, DossierStatus, usize) {
        let dossier = self.world.dossier(&self.code).await;
        let online = dossier.receipts.iter().filter(|receipt| receipt.how == PaidHow::Online);
        (dossier.version, dossier.status, online.count())
    }
}

const WAITS: (u64, DossierStatus, usize) = (3, DossierStatus::PaymentRequested, 0);
const PAID: (u64, DossierStatus, usize) = (4, DossierStatus::Processing, 1);

#[tokio::test]
async fn a_return_counts_only_where_it_is_signed_and_the_platform_says_so_when_it_is_asked() {
    let paying = Paying::new().await;
    let reference = paying.begun(at(NOW)).await;
    let line = paying.line().await;
    assert_eq!((&line["state"], &line["owed"]), (&json!("pending"), &json!(true)));
    let forged = paying.at(paying.back(&reference, "forged"), after(1)).await;
    assert_eq!((forged.status, paying.platform.asked()), (401, 0), "nobody is asked for that");
    // The address says that all is well; the platform does not.
    let early = paying.at(paying.back(&reference, "good"), after(1)).await;
    assert_eq!((early.status, &early.body["state"]), (200, &json!("pending")));
    assert_eq!(paying.stands().await, WAITS);
    paying.platform.say(&reference, Heard::Paid(OWED));
    for _ in 0..3 {
        let paid = paying.at(paying.back(&reference, "good"), after(2)).await;
        assert_eq!((paid.status, &paid.body["state"]), (200, &json!("paid")));
        assert_eq!(paying.stands().await, PAID);
    }
    let line = paying.line().await;
    assert_eq!((&line["state"], &line["owed"]), (&json!("paid"), &json!(false)));
    assert_eq!(line["attempts"][0]["paidVnd"], OWED);
    let again = paying.at(paying.pay(), after(3)).await;
    assert_eq!((again.status, again.broken()), (400, ("code", "nothing-owed")));
    let unknown = paying.at(paying.back("dvcH2090", "good"), after(3)).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_payer_who_comes_back_with_a_browser_is_shown_their_dossier() {
    let paying = Paying::new().await;
    let reference = paying.begun(at(NOW)).await;
    paying.platform.say(&reference, Heard::Paid(OWED));
    let browser = paying.back(&reference, "good").header("accept", "text/html,*/*;q=0.8");
    let (book, store, gateway) = (&paying.book, &paying.world.dossiers, &paying.platform);
    let till = Till { book, store, gateway, catalogue: &paying.world.catalogue };
    let handler = |request| take_payment::handle(request, &till, after(2));
    let sent_on = served(browser.event(), handler).await;
    let location = sent_on.headers.get("location").map(|value| value.to_str().unwrap());
    let page = format!("../../tra-cuu#{}", paying.code);
    assert_eq!((sent_on.status_code, location), (302, Some(page.as_str())));
    assert_eq!(paying.stands().await, PAID);
}

#[tokio::test]
async fn where_no_payment_is_taken_on_line_the_payer_is_sent_to_the_counter_and_nothing_is_begun() {
    let mut paying = Paying::new().await;
    paying.platform.is_missing = true;
    let refused = paying.at(paying.pay(), after(0)).await;
    assert_eq!((refused.status, refused.broken()), (400, ("code", "online-payment")));
    assert_eq!(paying.world.count("PaymentsTable").await, 0);
    assert_eq!(paying.stands().await, WAITS);
}

#[tokio::test]
async fn a_payment_whose_return_was_lost_is_found_and_compared_once_more_at_night() {
    let paying = Paying::new().await;
    let reference = paying.begun(at(NOW)).await;
    assert_eq!(paying.settled(after(1)).await, Outcome::default(), "it is not time yet");
    let asked = paying.settled(after(2)).await;
    assert_eq!((asked.due, asked.asked, asked.counted), (1, 1, 0));
    paying.platform.say(&reference, Heard::Paid(OWED));
    assert_eq!(paying.settled(after(30)).await.counted, 1);
    assert_eq!(paying.stands().await, PAID);
    assert_eq!(paying.settled(after(60)).await.due, 0);
    let night = at("2026-11-17T19:46:00Z");
    assert_eq!(paying.settled(night).await.asked, 1);
    assert_eq!(paying.settled(night + SignedDuration::from_hours(48)).await.due, 0);
    assert_eq!(paying.stands().await, PAID);
}

#[tokio::test]
async fn a_second_click_goes_on_with_the_first_and_a_later_one_asks_before_it_begins_anew() {
    let paying = Paying::new().await;
    let first = paying.begun(at(NOW)).await;
    assert_eq!(paying.begun(after(14)).await, first);
    let second = paying.begun(after(16)).await;
    assert_ne!(second, first);
    paying.platform.say(&first, Heard::Paid(OWED));
    let late = paying.at(paying.pay(), after(40)).await;
    assert_eq!(late.broken(), ("code", "nothing-owed"), "it was paid by the first");
    assert_eq!(paying.stands().await, PAID);
    // The payer had both pages open.
    paying.platform.say(&second, Heard::Paid(OWED));
    paying.settled(after(120)).await;
    let line = paying.line().await;
    assert_eq!((&line["state"], &line["owedBackVnd"]), (&json!("paid-twice"), &json!(OWED)));
    assert_eq!(paying.stands().await, PAID, "it counts once");
}

#[tokio::test]
async fn two_returns_at_once_count_once() {
    let paying = Paying::new().await;
    let reference = paying.begun(at(NOW)).await;
    paying.platform.say(&reference, Heard::Paid(OWED));
    let back = || paying.at(paying.back(&reference, "good"), after(2));
    let (one, other) = futures::join!(back(), back());
    assert!([one.status, other.status].iter().all(|status| [200, 503].contains(status)));
    paying.at(paying.back(&reference, "good"), after(3)).await;
    assert_eq!(paying.stands().await, PAID);
    assert_eq!(paying.line().await["owedBackVnd"], 0);
}

#[tokio::test]
async fn the_payer_s_return_and_an_officer_s_receipt_at_once_move_the_dossier_once_and_lose_no_money()
 {
    for round in 0..4 {
        let paying = Paying::new().await;
        let reference = paying.begun(at(NOW)).await;
        paying.platform.say(&reference, Heard::Paid(OWED));
        let by_hand = Call::transition(&paying.code, "confirm-payment", 3);
        let back = paying.at(paying.back(&reference, "good"), after(2));
        let moved = by_hand.at_change(&paying.world.dossiers, &paying.world, after(2));
        let (back, moved) = if round % 2 == 0 {
            futures::join!(back, moved)
        } else {
            let (moved, back) = futures::join!(moved, back);
            (back, moved)
        };
        assert!([200, 503].contains(&back.status), "{back:?}");
        // Whoever got no answer comes again; the page does so by itself.
        paying.at(paying.back(&reference, "good"), after(3)).await;
        let (version, status, online) = paying.stands().await;
        assert_eq!((version, status), (4, DossierStatus::Processing), "one move");
        assert_eq!(online == 0, moved.status == 200, "one of them made it: {moved:?}");
        let owed_back = if online == 1 { 0 } else { OWED };
        assert_eq!(paying.line().await["owedBackVnd"], owed_back, "and the other's is owed back");
    }
}

#[tokio::test]
async fn what_was_paid_beside_a_receipt_of_the_counter_or_in_another_sum_is_owed_back() {
    let paying = Paying::new().await;
    let reference = paying.begun(at(NOW)).await;
    paying.confirmed_by_hand().await;
    paying.platform.say(&reference, Heard::Paid(OWED));
    paying.at(paying.back(&reference, "good"), after(2)).await;
    let line = paying.line().await;
    assert_eq!((&line["state"], &line["owedBackVnd"]), (&json!("paid-twice"), &json!(OWED)));
    assert_eq!(paying.stands().await, (4, DossierStatus::Processing, 0));
    let paying = Paying::new().await;
    let reference = paying.begun(at(NOW)).await;
    paying.platform.say(&reference, Heard::Paid(OWED - 1));
    paying.at(paying.back(&reference, "good"), after(2)).await;
    assert_eq!(paying.line().await["owedBackVnd"], OWED - 1);
    assert_eq!(paying.stands().await, WAITS, "the fee is still owed");
}

#[tokio::test]
async fn what_is_owed_back_is_given_back_once_where_the_platform_may_be_asked_for_it() {
    let mut paying = Paying::new().await;
    paying.platform.refunds_are_on = true;
    let reference = paying.begun(at(NOW)).await;
    paying.confirmed_by_hand().await;
    paying.platform.say(&reference, Heard::Paid(OWED));
    paying.settled(after(3)).await;
    assert_eq!(*paying.platform.refunds.lock().unwrap(), [(reference.clone(), OWED)]);
    assert_eq!(paying.line().await["state"], "refunding");
    paying.platform.say(&reference, Heard::Refunded);
    paying.settled(after(60 * 24)).await;
    let line = paying.line().await;
    assert_eq!((&line["state"], &line["owedBackVnd"]), (&json!("refunded"), &json!(0)));
    assert_eq!(line["attempts"][0]["refundedVnd"], OWED);
    assert_eq!(paying.settled(after(60 * 48)).await.due, 0);
}

#[tokio::test]
async fn while_the_platform_is_away_nothing_begins_and_nothing_is_lost() {
    let paying = Paying::new().await;
    paying.platform.away(true);
    let refused = paying.at(paying.pay(), at(NOW)).await;
    assert_eq!((refused.status, refused.problem()), (503, "unavailable"));
    let run = paying.settled(after(5)).await;
    assert!(run.away && run.asked == 1, "{run:?}");
    paying.platform.away(false);
    let reference = paying.begun(after(20)).await;
    paying.platform.away(true);
    assert_eq!(paying.at(paying.back(&reference, "good"), after(21)).await.status, 503);
    paying.platform.away(false);
    paying.platform.say(&reference, Heard::Paid(OWED));
    paying.settled(after(40)).await;
    assert_eq!(paying.stands().await, PAID);
}

#[tokio::test]
async fn only_whoever_may_see_the_dossier_pays_for_it_or_sees_what_was_paid() {
    let paying = Paying::new().await;
    let routes = ["POST /v1/dossiers/{code}/payments", "GET /v1/dossiers/{code}/payments"];
    for route in routes {
        let call = || Call::new(route).code(&paying.code);
        for (call, expected) in [
            (call().citizen(CITIZEN), 200),
            (call().portal(), 200),
            (call().officer(AGENCY), 200),
            (call().citizen(NEIGHBOUR), 404),
            (call().officer("H20.05"), 404),
            (call().nobody(), 401),
        ] {
            assert_eq!(paying.at(call, at(NOW)).await.status, expected, "{route}");
        }
    }
}

/// A book whose process dies around its writes.
struct MortalBook<'a> {
    inner: &'a Payments,
    death: Mutex<Option<(Death, u32)>>,
}

impl MortalBook<'_> {
    /// Dies around the write whose turn it is.
    async fn write(
        &self,
        write: impl Future<Output = Result<Stored, Failure>>,
    ) -> Result<Stored, Failure> {
        let dead = || Failure::unavailable("test", "the process dies here");
        let now = {
            let mut death = self.death.lock().unwrap();
            match death.as_mut() {
                Some((kind, 0)) => Some(*kind),
                Some((_, left)) => {
                    *left -= 1;
                    None
                }
                None => None,
            }
        };
        match now {
            None => write.await,
            Some(Death::Before) => Err(dead()),
            Some(Death::After) => {
                write.await?;
                Err(dead())
            }
        }
    }
}

impl PaymentBook for MortalBook<'_> {
    async fn payment(
        &self,
        code: &domain::id::DossierCode,
        demand: u64,
    ) -> Result<Option<domain::payment::online::OnlinePayment>, Failure> {
        self.inner.payment(code, demand).await
    }

    async fn named(
        &self,
        reference: &str,
    ) -> Result<Option<(domain::id::DossierCode, u64)>, Failure> {
        self.inner.named(reference).await
    }

    async fn keep(
        &self,
        payment: &domain::payment::online::OnlinePayment,
        before: u64,
        begins: Option<&str>,
    ) -> Result<Stored, Failure> {
        self.write(self.inner.keep(payment, before, begins)).await
    }

    async fn settle(
        &self,
        payment: &domain::payment::online::OnlinePayment,
        before: u64,
        dossier: &domain::dossier::Dossier,
    ) -> Result<Stored, Failure> {
        self.write(self.inner.settle(payment, before, dossier)).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<DuePayment>, Failure> {
        self.inner.due(now, limit).await
    }

    async fn postpone(
        &self,
        due: &DuePayment,
        now: Timestamp,
        length: SignedDuration,
    ) -> Result<bool, Failure> {
        self.inner.postpone(due, now, length).await
    }
}

#[tokio::test]
async fn whatever_call_a_process_dies_at_the_money_counts_once_and_the_dossier_moves_with_it() {
    for death in [Death::Before, Death::After] {
        for turn in 0..3 {
            let paying = Paying::new().await;
            let mortal =
                |turn| MortalBook { inner: &paying.book, death: Mutex::new(Some((death, turn))) };
            // The attempt begins: it, its name and its address.
            paying.over(paying.pay(), &mortal(turn), at(NOW)).await;
            let begun = paying.platform.paid.lock().unwrap().keys().next().cloned();
            let reference = match begun {
                Some(reference) => reference,
                // The platform never heard of it: the payer tries again.
                None => paying.begun(after(1)).await,
            };
            paying.platform.say(&reference, Heard::Paid(OWED));
            // The payer comes back, and the process dies with what the platform said.
            paying.over(paying.back(&reference, "good"), &mortal(0), after(2)).await;
            for minutes in [10, 30, 90] {
                paying.settled(after(minutes)).await;
            }
            let case = format!("{turn}");
            assert_eq!(paying.stands().await, PAID, "{case}");
            let line = paying.line().await;
            assert_eq!((&line["state"], &line["owedBackVnd"]), (&json!("paid"), &json!(0)));
        }
    }
}

fn account(url: &str) -> PaymentAccountSettings {
    PaymentAccountSettings {
        url: url.try_into().unwrap(),
        partner: "DT87".to_owned(),
        secret: "a secret of nobody".to_owned(),
        ip: "203.0.113.7".to_owned(),
        account: "3714|Kho bạc|VTB".to_owned(),
        address_field: "urlThanhToan".to_owned(),
        state_field: "TrangThai".to_owned(),
        refund_type: Some("REFUND".to_owned()),
    }
}

/// The address of an account that nobody calls.
const ADDRESS: &str = "https://platform.example/api";

#[tokio::test]
async fn over_http_an_attempt_is_begun_asked_after_and_given_back_and_a_lost_answer_is_made_up_for()
{
    let stand_in = Arc::new(StandIn::new("a secret of nobody"));
    let listener = listen(0).await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener, Arc::clone(&stand_in)));
    let http = || http_client(Duration::from_secs(5)).unwrap();
    let platform = PaymentPlatform::over(http(), account(&url));
    let paying = Paying::new().await;
    let till = Till {
        book: &paying.book,
        store: &paying.world.dossiers,
        gateway: &platform,
        catalogue: &paying.world.catalogue,
    };
    let dossier = async || paying.world.dossier(&paying.code).await;
    // The platform took it, and its answer was lost: the payer begins anew.
    stand_in.drop_answers(1);
    assert!(till.begin(dossier().await, at(NOW)).await.is_err());
    let begun = till.begin(dossier().await, after(1)).await.unwrap();
    assert!(begun.address.ends_with(&begun.reference), "{}", begun.address);
    assert!(stand_in.pay(&begun.reference, None));
    let secure = stand_in.secure_code(&begun.reference, "00");
    assert_eq!(platform.signed(&begun.reference, "00", &secure), Some(begun.reference.as_str()));
    for minutes in [5, 10, 20] {
        settle(&Order {}, &till, after(minutes)).await.unwrap();
    }
    assert_eq!(paying.stands().await, PAID);
    // The first one is paid, too, from another window: it is given back.
    let code = paying.code.parse().unwrap();
    let payment = paying.book.payment(&code, 3).await.unwrap().unwrap();
    assert!(stand_in.pay(&payment.attempts[0].reference, None));
    for hours in [3, 30, 60] {
        settle(&Order {}, &till, after(60 * hours)).await.unwrap();
    }
    let payment = paying.book.payment(&code, 3).await.unwrap().unwrap();
    let states: Vec<AttemptState> = payment.attempts.iter().map(|it| it.state).collect();
    assert_eq!(states, [AttemptState::Refunded, AttemptState::Paid]);
    // Whose secret is another is refused, and nothing of it counts.
    let stranger = PaymentAccountSettings { secret: "another".to_owned(), ..account(&url) };
    let stranger = PaymentPlatform::over(http(), stranger);
    let refused = stranger.query(&begun.reference, at(NOW)).await;
    assert_eq!(refused, Err(Trouble::Refused { code: "97".to_owned() }));
    server.abort();
}

/// The faults that a test switches on, each with the message that meets it.
const FAULTS: [(&str, &str); 10] = [
    ("outage", "INIT"),
    ("http-500", "INIT"),
    ("wrong-code", "INIT"),
    ("drop-after", "INIT"),
    ("lost", "INIT"),
    ("duplicate", "INIT"),
    ("outage", "GET_BILL"),
    ("http-500", "GET_BILL"),
    ("wrong-code", "GET_BILL"),
    ("duplicate", "GET_BILL"),
];

#[tokio::test]
async fn whatever_the_platform_does_once_to_a_message_who_tries_again_pays_once() {
    for (mode, message) in FAULTS {
        // Dossiers of two worlds have the same code, and a name is taken once.
        let stand_in = Arc::new(StandIn::new("a secret of nobody"));
        let listener = listen(0).await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(serve(listener, Arc::clone(&stand_in)));
        let http = http_client(Duration::from_secs(5)).unwrap();
        let platform = PaymentPlatform::over(http.clone(), account(&format!("{root}/api")));
        let fault = json!({ "mode": mode, "message": message, "times": 1 });
        let put = http.put(format!("{root}/fault")).json(&fault).send().await.unwrap();
        assert_eq!(put.status(), 204, "{fault}");
        let paying = Paying::new().await;
        let till = Till {
            book: &paying.book,
            store: &paying.world.dossiers,
            gateway: &platform,
            catalogue: &paying.world.catalogue,
        };
        // Until the payer is led to a page that there is; past its quarter of an hour it is another.
        let mut paid = None;
        for minutes in [0, 1, 20, 40] {
            let dossier = paying.world.dossier(&paying.code).await;
            if let Ok(begun) = till.begin(dossier, after(minutes)).await
                && stand_in.pay(&begun.reference, None)
            {
                paid = Some(begun.reference);
                break;
            }
        }
        let paid = paid.unwrap_or_else(|| panic!("{fault}: nobody could pay"));
        for minutes in [50, 60, 120, 240] {
            // While it is away nothing comes of it, and it is asked again.
            settle(&Order {}, &till, after(minutes)).await.unwrap();
        }
        assert_eq!(paying.stands().await, PAID, "{fault}");
        let line = paying.line().await;
        assert_eq!((&line["state"], &line["owedBackVnd"]), (&json!("paid"), &json!(0)), "{fault}");
        let counted = line["attempts"].as_array().unwrap().iter();
        let counted: Vec<&Value> = counted.filter(|it| it["state"] == "paid").collect();
        assert_eq!(counted.len(), 1, "{fault}");
        assert_eq!(counted[0]["reference"], paid.as_str(), "{fault}");
        server.abort();
    }
}

#[tokio::test]
async fn messages_are_signed_as_the_protocol_says_with_hours_to_twenty_four() {
    let paying = Paying::new().await;
    let dossier = paying.world.dossier(&paying.code).await;
    let afternoon = at("2026-11-17T08:05:09Z");
    let message = account(ADDRESS).init(PaymentOrder {
        reference: "dvcH2003",
        dossier: &dossier,
        demand: dossier.owed().unwrap(),
        catalogue: &paying.world.catalogue,
        now: afternoon,
    });
    assert_eq!(message["ThoiGianGD"], "20261117150509");
    assert_eq!((&message["SoTien"], &message["PhienBan"]), (&json!("60000"), &json!("1.0.6")));
    let about = message["ThongTinGiaoDich"].as_str().unwrap();
    let signed = format!(
        "INIT|1.0.6|DT87|dvcH2003|60000|PAY|1|1|vi-VN|VND|PAYMENT|{about}|20261117150509|\
         203.0.113.7|a secret of nobody"
    );
    let digest = inspection::sha256(signed.as_bytes());
    assert_eq!(message["MaXacThuc"], digest);
    let bill = &message["ThongTinBienLai"];
    assert_eq!(bill["MaHoSo"], paying.code.as_str());
    assert_eq!((&bill["TKThuHuong"], &bill["MaNHThuHuong"]), (&json!("3714"), &json!("VTB")));
    assert!(!about.contains("Mẫu"), "what is signed and shown names no person");
    let http = http_client(Duration::from_secs(1)).unwrap();
    let platform = PaymentPlatform::over(http, account(ADDRESS));
    let secure = inspection::sha256(b"dvcH2003|00|a secret of nobody");
    assert_eq!(platform.signed("dvcH2003", "00", &secure.to_uppercase()), Some("dvcH2003"));
    for (data, code) in [("dvcH2003", "01"), ("dvcH2004", "00")] {
        assert_eq!(platform.signed(data, code, &secure), None);
    }
    assert_eq!(platform.signed("dvcH2003", "00", ""), None);
}

#[tokio::test]
async fn no_row_of_the_payments_table_holds_a_name_or_a_number_of_the_payer() {
    let paying = Paying::new().await;
    let reference = paying.begun(at(NOW)).await;
    paying.platform.say(&reference, Heard::Paid(OWED));
    paying.settled(after(5)).await;
    let rows = paying.world.client.scan().table_name("PaymentsTable").send().await.unwrap();
    let rows = format!("{:?}", rows.items());
    assert!(rows.contains(&reference));
    for personal in [CITIZEN, "0912345678", "Mẫu", "Trần"] {
        assert!(!rows.contains(personal), "{personal}");
    }
    let (code, version) = (paying.code.parse().unwrap(), 3);
    let payment = paying.book.payment(&code, version).await.unwrap().unwrap();
    assert_eq!(payment.attempts[0].state, AttemptState::Paid);
}
