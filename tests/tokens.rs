//! The official account's tokens: renewed in time, by one process at a time, and not lost by any
//! death that can be survived.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::account::{AccountTokens, Token};
use platform::live_token::LiveToken;
use platform::port::{AccessTokens, Renewal, Stored, TokenIssuer, TokenStore};
use refresh_token::{Order, Standing, refresh};
use serde_json::json;

use crate::support::log::Log;
use crate::support::world::{Death, Mortal, NOW, World, at};

/// As Zalo issues tokens: each refresh token works once and brings the next pair.
struct Issuer {
    good: Mutex<BTreeSet<String>>,
    asked: Mutex<u32>,
    silent: Mutex<bool>,
}

impl Issuer {
    fn knowing(token: &str) -> Self {
        Self {
            good: Mutex::new([token.to_owned()].into()),
            asked: Mutex::new(0),
            silent: Mutex::new(false),
        }
    }

    fn asked(&self) -> u32 {
        *self.asked.lock().unwrap()
    }
}

impl TokenIssuer for Issuer {
    async fn renew(&self, refresh: &Token) -> Renewal {
        *self.asked.lock().unwrap() += 1;
        // Others get their turn while the issuer thinks.
        tokio::task::yield_now().await;
        if *self.silent.lock().unwrap() {
            return Renewal::Unanswered { instead: "timed-out".to_owned() };
        }
        let mut good = self.good.lock().unwrap();
        if !good.remove(refresh.reveal()) {
            return Renewal::Refused { code: -14014 };
        }
        let next = format!("{}'", refresh.reveal());
        good.insert(next.clone());
        Renewal::Granted {
            access: Token::new(format!("access of {}", refresh.reveal())),
            lives: SignedDuration::from_hours(25),
            refresh: Token::new(next),
        }
    }
}

/// A table without a network: on a clock that jumps, a call over one would run out of time, and a
/// month of calls takes long.
#[derive(Default)]
struct Drawer(Mutex<Option<AccountTokens>>);

impl TokenStore for Drawer {
    async fn tokens(&self) -> Result<Option<AccountTokens>, Failure> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn keep(&self, tokens: &AccountTokens) -> Result<Stored, Failure> {
        let mut held = self.0.lock().unwrap();
        let version = held.as_ref().map_or(0, |held| held.version());
        if tokens.version() != version + 1 {
            return Ok(Stored::AnotherWasFirst);
        }
        *held = Some(tokens.clone());
        Ok(Stored::Yes)
    }
}

/// A table whose first answers are lost, behind a client that asks again by itself.
#[derive(Default)]
struct AskedTwice(Drawer);

impl TokenStore for AskedTwice {
    async fn tokens(&self) -> Result<Option<AccountTokens>, Failure> {
        self.0.tokens().await
    }

    async fn keep(&self, tokens: &AccountTokens) -> Result<Stored, Failure> {
        self.0.keep(tokens).await?;
        self.0.keep(tokens).await
    }
}

impl Drawer {
    fn access(&self) -> String {
        self.0.lock().unwrap().clone().unwrap().access().unwrap().token.reveal().to_owned()
    }
}

fn later(hours: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_hours(hours)
}

fn signed_in(token: &str) -> Order {
    Order { refresh_token: Some(Token::new(token)) }
}

async fn run(world: &World, issuer: &Issuer, order: Order, now: Timestamp) -> Standing {
    refresh(order, &world.accounts, issuer, now).await.unwrap().standing
}

async fn access(world: &World) -> String {
    world.accounts.tokens().await.unwrap().unwrap().access().unwrap().token.reveal().to_owned()
}

#[tokio::test]
async fn who_signs_in_once_never_has_to_again() {
    let (store, issuer) = (&Drawer::default(), &Issuer::knowing("r"));
    let standing =
        |order, now| async move { refresh(order, store, issuer, now).await.unwrap().standing };
    assert_eq!(standing(signed_in("r"), at(NOW)).await, Standing::Renewed);
    // A month of quarter hours.
    for quarter in 1..30 * 24 * 4 {
        let now = at(NOW) + SignedDuration::from_mins(15 * quarter);
        let standing = standing(Order::default(), now).await;
        assert!([Standing::Fresh, Standing::Renewed].contains(&standing), "{now}: {standing:?}");
        let until = store.tokens().await.unwrap().unwrap().access().unwrap().until;
        assert!(
            now.duration_until(until) > SignedDuration::from_hours(4),
            "{now}: the token ends at {until}"
        );
    }
    // Every twenty hours.
    assert_eq!(issuer.asked(), 36);
}

#[tokio::test]
async fn who_leased_the_tokens_and_heard_nothing_of_it_renews_them() {
    let (store, issuer) = (&AskedTwice::default(), &Issuer::knowing("r"));
    for (order, now) in [(signed_in("r"), at(NOW)), (Order::default(), later(21))] {
        let outcome = refresh(order, store, issuer, now).await.unwrap();
        assert_eq!(outcome.standing, Standing::Renewed, "{now}");
    }
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn of_ten_runs_at_once_one_renews() {
    let (world, issuer) = (World::new().await, Issuer::knowing("r"));
    run(&world, &issuer, signed_in("r"), at(NOW)).await;
    let runs = (0..10).map(|_| run(&world, &issuer, Order::default(), later(21)));
    let ends = futures::future::join_all(runs).await;
    assert_eq!(
        ends.iter().filter(|standing| **standing == Standing::Renewed).count(),
        1,
        "{ends:?}"
    );
    assert_eq!(issuer.asked(), 2, "the refresh token was shown once");
    assert!(!ends.contains(&Standing::SignInNeeded));
}

#[tokio::test]
async fn before_anybody_has_signed_in_every_run_says_so() {
    let log = Log::kept();
    let (world, issuer) = (World::new().await, Issuer::knowing("r"));
    for _ in 0..2 {
        assert_eq!(run(&world, &issuer, Order::default(), at(NOW)).await, Standing::SignInNeeded);
    }
    let told = log
        .errors()
        .iter()
        .filter(|line| line["message"] == "an administrator has to sign in to Zalo again")
        .count();
    assert_eq!((told, issuer.asked()), (2, 0));
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_asked_again_and_the_old_token_works_on() {
    let (world, issuer) = (World::new().await, Issuer::knowing("r"));
    run(&world, &issuer, signed_in("r"), at(NOW)).await;
    *issuer.silent.lock().unwrap() = true;
    let log = Log::kept();
    assert_eq!(run(&world, &issuer, Order::default(), later(21)).await, Standing::Unanswered);
    assert_eq!((access(&world).await.as_str(), log.errors().len()), ("access of r", 0));
    assert_eq!(run(&world, &issuer, Order::default(), later(26)).await, Standing::Unanswered);
    assert_eq!(log.errors().len(), 1, "the token has run out, and somebody is told");
    *issuer.silent.lock().unwrap() = false;
    assert_eq!(run(&world, &issuer, Order::default(), later(27)).await, Standing::Renewed);
}

#[tokio::test]
async fn a_process_that_dies_before_the_call_loses_nothing() {
    let (world, issuer) = (World::new().await, Issuer::knowing("r"));
    run(&world, &issuer, signed_in("r"), at(NOW)).await;
    // Dead with the lease in its hand.
    let tokens = world.accounts.tokens().await.unwrap().unwrap();
    world.accounts.keep(&tokens.leased("a dead process", later(21))).await.unwrap();
    let soon = later(21) + SignedDuration::from_secs(60);
    assert_eq!(run(&world, &issuer, Order::default(), soon).await, Standing::ByAnother);
    let next = later(21) + SignedDuration::from_mins(15);
    assert_eq!(run(&world, &issuer, Order::default(), next).await, Standing::Renewed);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_away_for_seconds_does_not_cost_the_new_pair() {
    let issuer = Issuer::knowing("r");
    for death in [Death::Before, Death::After] {
        issuer.good.lock().unwrap().insert("r".to_owned());
        let store = Mortal::new(Drawer::default(), death);
        store.inner.keep(&AccountTokens::signed_in(None, Token::new("r"))).await.unwrap();
        let (outcome, ()) =
            tokio::join!(refresh(Order::default(), &store, &issuer, at(NOW)), async {
                tokio::time::sleep(Duration::from_secs(5)).await;
                store.revive();
            });
        assert_eq!(outcome.unwrap().standing, Standing::Renewed);
        assert_eq!(store.inner.access(), "access of r");
        assert_eq!(
            refresh(Order::default(), &store, &issuer, at(NOW)).await.unwrap().standing,
            Standing::Fresh
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_could_not_be_stored_is_lost_aloud_and_a_sign_in_mends_it() {
    let issuer = Issuer::knowing("r");
    let store = Mortal::new(Drawer::default(), Death::Before);
    store.inner.keep(&AccountTokens::signed_in(None, Token::new("r"))).await.unwrap();
    let log = Log::kept();
    assert!(refresh(Order::default(), &store, &issuer, at(NOW)).await.is_err());
    assert_eq!(
        log.errors().last().unwrap()["message"],
        "the new tokens could not be stored and are lost"
    );
    store.revive();
    let next = at(NOW) + SignedDuration::from_mins(15);
    assert_eq!(
        refresh(Order::default(), &store, &issuer, next).await.unwrap().standing,
        Standing::SignInNeeded
    );
    issuer.good.lock().unwrap().insert("s".to_owned());
    assert_eq!(
        refresh(signed_in("s"), &store, &issuer, next).await.unwrap().standing,
        Standing::Renewed
    );
    assert_eq!(store.inner.access(), "access of s");
}

#[tokio::test]
async fn who_signs_in_during_a_renewal_is_not_overwritten() {
    /// An issuer in whose office somebody signs in while a renewal waits.
    struct Busy<'a>(&'a World, Issuer);
    impl TokenIssuer for Busy<'_> {
        async fn renew(&self, shown: &Token) -> Renewal {
            let order = signed_in("brought");
            refresh(order, &self.0.accounts, &self.1, later(21)).await.unwrap();
            self.1.renew(shown).await
        }
    }
    let (world, issuer) = (World::new().await, Issuer::knowing("r"));
    run(&world, &issuer, signed_in("r"), at(NOW)).await;
    issuer.good.lock().unwrap().insert("brought".to_owned());
    let busy = Busy(&world, issuer);
    refresh(Order::default(), &world.accounts, &busy, later(21)).await.unwrap();
    assert_eq!(access(&world).await, "access of brought");
    assert_eq!(run(&world, &busy.1, Order::default(), later(42)).await, Standing::Renewed);
}

#[tokio::test]
async fn a_sender_reads_the_token_once_and_again_when_it_is_refused() {
    let (world, issuer) = (World::new().await, Issuer::knowing("r"));
    let sender = LiveToken::new(world.accounts.clone());
    assert_eq!(sender.token(None).await.unwrap(), None, "nobody has signed in");
    run(&world, &issuer, signed_in("r"), at(NOW)).await;
    let first = sender.token(None).await.unwrap().unwrap();
    run(&world, &issuer, Order::default(), later(21)).await;
    assert_eq!(
        sender.token(None).await.unwrap().unwrap(),
        first,
        "a renewal does not end the old one"
    );
    let second = sender.token(Some(&first)).await.unwrap().unwrap();
    assert_eq!((first.reveal(), second.reveal()), ("access of r", "access of r'"));
    assert_eq!(sender.token(Some(&second)).await.unwrap(), None, "there is no other");
}

#[tokio::test]
async fn a_token_that_the_gateway_withdraws_is_renewed_by_the_next_run_and_not_at_its_end() {
    let (world, issuer) = (World::new().await, Issuer::knowing("r"));
    run(&world, &issuer, signed_in("r"), at(NOW)).await;
    let sender = LiveToken::new(world.accounts.clone());
    let withdrawn = sender.token(None).await.unwrap().unwrap();
    for _ in 0..2 {
        assert_eq!(sender.token(Some(&withdrawn)).await.unwrap(), None);
    }
    assert_eq!(run(&world, &issuer, Order::default(), later(1)).await, Standing::Renewed);
    assert_eq!(sender.token(Some(&withdrawn)).await.unwrap().unwrap().reveal(), "access of r'");
    assert_eq!(run(&world, &issuer, Order::default(), later(2)).await, Standing::Fresh);
}

#[test]
fn a_token_is_not_printed() {
    assert_eq!(format!("{:?}", signed_in("a secret")), "Order { refresh_token: Some(***) }");
}

#[test]
fn tokens_that_cannot_have_been_are_not_read_and_the_reason_quotes_none_of_them() {
    let fresh = AccountTokens::signed_in(None, Token::new("a secret")).leased("me", at(NOW));
    let stored = serde_json::to_value(&fresh).unwrap();
    assert_eq!(serde_json::from_value::<AccountTokens>(stored.clone()).unwrap(), fresh);
    for (field, value, reason) in [
        ("version", json!(0), "tokens are stored with version 0"),
        ("accessRefused", json!(true), "an access token is refused that there is not"),
        ("lease", json!({ "holder": "", "until": NOW }), "tokens are leased to nobody"),
    ] {
        let mut spoilt = stored.clone();
        spoilt[field] = value;
        let error = serde_json::from_value::<AccountTokens>(spoilt).unwrap_err().to_string();
        assert_eq!(error, format!("an impossible row: {reason}"));
    }
}
