//! By which way a notice goes on when gateways fail, refuse our account, or leave it in doubt; and
//! what the record keeps of it.

use domain::calendar::date_of;
use domain::notice::policy::{NoticePolicy, Reach};
use domain::notice::{
    DeliveryOutcome, DeliveryReport, NoticeChannel, NoticeClass, Provider, Wording,
};
use domain::procedure::Channel;
use domain::thread::{
    Answer, AttemptOutcome, Call, Charge, Heard, NoticeReason, NoticeRecord, NoticeThread, Routing,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::world::{at, catalogue, played};

pub(super) const MORNING: &str = "2026-11-17T09:00";

/// One notice on its way, as the handler of the queue moves it.
pub(super) struct Telling {
    pub(super) thread: NoticeThread,
    pub(super) reach: Reach,
    pub(super) providers: Vec<Provider>,
    pub(super) now: Timestamp,
    pub(super) calls: u32,
    pub(super) asked: Vec<&'static str>,
}

impl Telling {
    pub(super) fn new(class: NoticeClass) -> Self {
        let dossier = played("2 working-day", Channel::Online, "submit 2026-11-16T08:00");
        let mut thread = NoticeThread::new(dossier.code.clone(), dossier.agency.clone());
        let providers = vec![Provider::Zalo, Provider::Esms];
        let now = at(MORNING);
        thread.sync(
            &dossier.history,
            |_| Some(class),
            &catalogue().notice_policy(date_of(now)),
            now,
        );
        Self { thread, reach: Reach::default(), providers, now, calls: 0, asked: Vec::new() }
    }

    /// A notice that the law wants, to somebody whose number is remembered as one without Zalo.
    pub(super) fn without_zalo() -> Self {
        let mut telling = Self::new(NoticeClass::Legal);
        let far = at(MORNING).saturating_add(SignedDuration::from_hours(24 * 30)).unwrap();
        telling.reach.unreachable = vec![(NoticeChannel::Zalo, far)];
        telling
    }

    pub(super) fn policy(&self) -> NoticePolicy {
        catalogue().notice_policy(date_of(self.now)).with_providers(self.providers.clone())
    }

    pub(super) fn notice(&self) -> &NoticeRecord {
        self.thread.notice(1).unwrap()
    }

    pub(super) fn after(&mut self, minutes: i64) -> &mut Self {
        self.now = self.now.saturating_add(SignedDuration::from_mins(minutes)).unwrap();
        self
    }

    /// Does what is due now, where a gateway that is asked answers `answer`; gives who was asked.
    pub(super) fn goes(
        &mut self,
        answer: impl Fn(Provider) -> (Answer, &'static str),
    ) -> &mut Self {
        let policy = self.policy();
        let mut before = None;
        while before.as_ref() != Some(self.notice()) {
            before = Some(self.notice().clone());
            self.thread.settle(&policy, self.now);
            let Some(notice) = self.thread.due(self.now).cloned() else {
                break;
            };
            match notice.route(&policy, &self.reach, self.now, 0) {
                Routing::Wait { until, reason } => self.thread.put_off(1, until, reason, self.now),
                Routing::Mend { until } => self.thread.mend(1, until, self.now),
                Routing::Refuse { reason } => self.thread.refuse(1, reason, self.now),
                Routing::Ask { channel, only } => {
                    let may = |by: &&Provider| by.channel() == channel && notice.may_go_by(**by);
                    let provider =
                        only.or_else(|| self.providers.iter().find(may).copied()).unwrap();
                    self.call(provider, &answer(provider));
                }
            }
        }
        self
    }

    pub(super) fn lease(&mut self, provider: Provider) -> String {
        self.calls += 1;
        let holder = self.calls.to_string();
        let until = self.now.saturating_add(SignedDuration::from_mins(1)).unwrap();
        self.thread.lease(1, (&holder, provider), Some(price(provider)), (self.now, until));
        self.asked.push(provider.name());
        holder
    }

    pub(super) fn call(&mut self, provider: Provider, answer: &(Answer, &str)) {
        let holder = self.lease(provider);
        self.conclude(&holder, provider, answer);
    }

    pub(super) fn conclude(
        &mut self,
        holder: &str,
        provider: Provider,
        (answer, code): &(Answer, &str),
    ) {
        let (policy, wording) = (self.policy(), self.notice().wording);
        let call = Call { holder, provider, wording, price_vnd: Some(price(provider)) };
        self.thread.conclude(1, &call, (answer, code), &policy, (self.now, 0));
    }

    pub(super) fn report(
        &mut self,
        provider: Provider,
        message: &str,
        outcome: DeliveryOutcome,
    ) -> Heard {
        let wording = self.notice().wording;
        self.hears(
            wording,
            &DeliveryReport {
                provider,
                message: message.to_owned(),
                outcome,
                at: self.now,
                price: None,
            },
        )
    }

    /// Takes in a report about the first wording, or about that of a repetition.
    pub(super) fn hears(&mut self, wording: Wording, report: &DeliveryReport) -> Heard {
        let policy = self.policy();
        self.thread.report((1, wording), report, &policy, self.now)
    }

    /// Where it stands, and why.
    pub(super) fn stands(&self) -> (&'static str, &str) {
        (self.notice().state.name(), self.notice().reason.as_ref().map_or("", NoticeReason::name))
    }

    /// What the record keeps of the calls.
    pub(super) fn record(&self) -> Vec<(&'static str, AttemptOutcome, &str)> {
        let line = |call: &'_ domain::thread::Attempt| (call.provider.name(), call.outcome);
        self.notice()
            .attempts
            .iter()
            .map(|call| (line(call).0, line(call).1, call.code.as_str()))
            .collect()
    }
}

pub(super) fn price(provider: Provider) -> u64 {
    if provider == Provider::Zalo { 150 } else { 850 }
}

pub(super) fn accepted(_: Provider) -> (Answer, &'static str) {
    (Answer::Accepted { message: Some("m1".to_owned()) }, "accepted")
}

fn no_balance(_: Provider) -> (Answer, &'static str) {
    (Answer::NextProvider, "103")
}

pub(super) fn down(_: Provider) -> (Answer, &'static str) {
    (Answer::Again { not_taken: true, after: None }, "unreachable")
}

pub(super) fn silent(provider: Provider) -> (Answer, &'static str) {
    match provider.recognises_repetition() {
        true => (Answer::Again { not_taken: false, after: None }, "timed-out"),
        false => (Answer::Unknown, "timed-out"),
    }
}

// ---------------------------------------------------------------------------------- an account that is refused

#[test]
fn trouble_with_our_account_lets_a_notice_wait_though_its_other_channel_does_not_reach_the_number()
{
    let mut telling = Telling::without_zalo();
    telling.goes(no_balance);
    assert_eq!(
        (telling.stands(), telling.asked.as_slice()),
        (("waiting", "103"), ["esms"].as_slice())
    );
    telling.after(1).goes(accepted);
    assert_eq!(
        (telling.stands().0, telling.asked.as_slice()),
        ("sent", ["esms", "esms"].as_slice())
    );
}

#[test]
fn trouble_with_our_account_ends_no_service_notice_either() {
    let mut telling = Telling::new(NoticeClass::Information);
    telling.reach.preferred = vec![NoticeChannel::Sms];
    telling.goes(no_balance).after(1).goes(accepted);
    assert_eq!(
        (telling.stands().0, telling.asked.as_slice()),
        ("sent", ["esms", "esms"].as_slice())
    );
}

#[test]
fn a_channel_that_declines_the_number_does_not_end_what_the_other_one_refused_for_our_account() {
    let mut telling = Telling::new(NoticeClass::Legal);
    telling.reach.preferred = vec![NoticeChannel::Sms, NoticeChannel::Zalo];
    telling.goes(|provider| match provider {
        Provider::Zalo => (Answer::NextChannel, "-118"),
        Provider::Esms | Provider::Speedsms | Provider::Vnpt => no_balance(provider),
    });
    assert_eq!(
        (telling.stands().0, telling.asked.as_slice()),
        ("waiting", ["esms", "zalo"].as_slice())
    );
    telling.after(2).goes(accepted);
    assert_eq!(telling.asked, ["esms", "zalo", "esms"]);
}

#[test]
fn an_account_that_nobody_mends_is_held_for_the_operators_after_a_day() {
    let mut telling = Telling::without_zalo();
    for _ in 0..40 {
        telling.goes(no_balance).after(60);
    }
    assert_eq!(telling.stands(), ("held", "103"));
}

#[test]
fn what_the_law_wants_waits_for_a_provider_and_is_held_where_none_comes() {
    let mut telling = Telling::without_zalo();
    telling.providers = vec![Provider::Zalo];
    telling.goes(accepted);
    assert_eq!(telling.stands(), ("waiting", "no-provider"));
    telling.after(27 * 60).goes(accepted);
    assert_eq!((telling.stands(), telling.asked.len()), (("held", "no-provider"), 0));
}

#[test]
fn a_number_that_no_channel_reaches_is_refused() {
    let mut telling = Telling::without_zalo();
    telling.goes(|_| (Answer::NextChannel, "99"));
    assert_eq!(telling.stands(), ("refused", "no-channel"));
}

// ------------------------------------------------------------------------------------------ a channel that is down

#[test]
fn what_the_law_wants_leaves_a_channel_that_takes_nothing_for_a_quarter_of_an_hour() {
    let mut telling = Telling::new(NoticeClass::Legal);
    for _ in 0..14 {
        telling.goes(down).after(1);
    }
    assert!(telling.asked.iter().all(|provider| *provider == "zalo"), "{:?}", telling.asked);
    telling.after(60).goes(accepted);
    assert_eq!((telling.stands().0, telling.asked.last()), ("sent", Some(&"esms")));
}

#[test]
fn a_service_notice_waits_two_hours_before_it_costs_an_sms() {
    let mut telling = Telling::new(NoticeClass::Information);
    telling.goes(down).after(119).goes(down);
    assert_eq!(telling.asked, ["zalo", "zalo"]);
    telling.after(60).goes(accepted);
    assert_eq!(telling.asked.last(), Some(&"esms"));
}

#[test]
fn where_every_channel_is_down_all_of_them_are_asked_until_one_is_back() {
    let mut telling = Telling::new(NoticeClass::Legal);
    for _ in 0..8 {
        telling.goes(down).after(60);
    }
    assert!(telling.asked.contains(&"esms"), "{:?}", telling.asked);
    telling.goes(
        |provider| if provider == Provider::Zalo { accepted(provider) } else { down(provider) },
    );
    assert_eq!(telling.stands().0, "sent");
}

#[test]
fn what_the_law_wants_goes_by_a_channel_that_was_not_chosen_where_the_chosen_one_is_down() {
    let mut telling = Telling::new(NoticeClass::Legal);
    telling.reach.preferred = vec![NoticeChannel::Sms];
    telling.goes(down).after(20).goes(accepted);
    assert_eq!(telling.asked, ["esms", "zalo"]);
}

#[test]
fn the_night_does_not_overrule_the_applicants_choice() {
    let mut telling = Telling::new(NoticeClass::Legal);
    telling.reach.preferred = vec![NoticeChannel::Sms];
    telling.now = at("2026-11-17T21:30");
    telling.goes(accepted);
    assert_eq!((telling.stands(), telling.asked.len()), (("waiting", "quiet-hours"), 0));
}

// -------------------------------------------------------------------------------------------- what is in doubt

#[test]
fn an_sms_in_doubt_is_sent_again_by_another_sms_gateway_where_zalo_does_not_reach_the_number() {
    let mut telling = Telling::without_zalo();
    telling.providers.push(Provider::Speedsms);
    telling.goes(silent).after(31).goes(accepted);
    assert_eq!(
        (telling.stands().0, telling.asked.as_slice()),
        ("sent", ["esms", "speedsms"].as_slice())
    );
    assert_eq!(telling.notice().wording, Wording::Repetition);
}

#[test]
fn what_may_have_arrived_ends_as_unknown_and_never_as_refused() {
    let mut telling = Telling::without_zalo();
    // Past the time for which eSMS knows it again, nobody can be asked.
    telling.goes(silent).after(23 * 60).goes(accepted);
    assert_eq!(
        (telling.stands(), telling.asked.as_slice()),
        (("unknown", "left-unknown"), ["esms"].as_slice())
    );
    assert!(telling.notice().state.is_end());
}

#[test]
fn a_gateway_in_doubt_that_has_no_time_for_us_stays_the_only_one_that_is_asked() {
    let mut telling = Telling::without_zalo();
    telling.providers.push(Provider::Speedsms);
    telling.goes(silent).after(2).goes(|_| (Answer::Again { not_taken: true, after: None }, "160"));
    telling.after(4).goes(accepted);
    assert_eq!(telling.asked, ["esms", "esms", "esms"]);
}

#[test]
fn a_gateway_in_doubt_that_refuses_our_account_leaves_the_doubt() {
    let mut telling = Telling::without_zalo();
    telling.providers.push(Provider::Speedsms);
    telling.goes(silent).after(2).goes(no_balance);
    assert_eq!(telling.stands(), ("unknown", "103"));
    telling.after(31).goes(accepted);
    assert_eq!(telling.notice().wording, Wording::Repetition, "told again as if nobody had it");
    assert_eq!(telling.asked, ["esms", "esms", "speedsms"]);
}

// ------------------------------------------------------------------------------------------ records and money

#[test]
fn a_call_cut_off_and_then_known_by_the_gateway_is_one_message_and_is_charged_once() {
    let mut telling = Telling::without_zalo();
    telling.lease(Provider::Esms);
    telling.after(2).goes(|_| (Answer::Accepted { message: None }, "124"));
    assert_eq!(telling.record(), [("esms", AttemptOutcome::Accepted, "124")]);
    assert_eq!((telling.stands().0, telling.notice().cost_vnd()), ("sent", 850));
}

#[test]
fn a_call_cut_off_that_the_gateway_never_saw_is_not_charged() {
    let mut telling = Telling::without_zalo();
    telling.lease(Provider::Esms);
    telling.after(2).goes(accepted);
    let expected = [
        ("esms", AttemptOutcome::NotTaken, "abandoned"),
        ("esms", AttemptOutcome::Accepted, "accepted"),
    ];
    assert_eq!(
        (telling.record().as_slice(), telling.notice().cost_vnd()),
        (expected.as_slice(), 850)
    );
}

#[test]
fn a_record_that_is_written_twice_counts_once() {
    let mut telling = Telling::new(NoticeClass::Information);
    let holder = telling.lease(Provider::Zalo);
    for _ in 0..2 {
        telling.conclude(&holder, Provider::Zalo, &accepted(Provider::Zalo));
    }
    assert_eq!(telling.thread.charge(), Charge { vnd: 150, services: 1, left_unknown: 0 });
}

#[test]
fn a_report_before_the_answer_and_its_copy_after_it_are_one_message() {
    let mut telling = Telling::new(NoticeClass::Legal);
    let holder = telling.lease(Provider::Zalo);
    telling.report(Provider::Zalo, "m1", DeliveryOutcome::Delivered);
    telling.conclude(&holder, Provider::Zalo, &accepted(Provider::Zalo));
    telling.report(Provider::Zalo, "m1", DeliveryOutcome::Delivered);
    assert_eq!(telling.record(), [("zalo", AttemptOutcome::Delivered, "delivered")]);
    assert_eq!((telling.stands().0, telling.notice().cost_vnd()), ("delivered", 150));
}

#[test]
fn a_notice_that_its_policy_held_back_is_late_from_the_opening_on() {
    let mut telling = Telling::new(NoticeClass::Information);
    telling.now = at("2026-11-17T22:30");
    telling.goes(accepted);
    assert_eq!(telling.thread.unsent_since(), Some(at("2026-11-18T07:00")));
    let on_time = Telling::new(NoticeClass::Information);
    assert_eq!(on_time.thread.unsent_since(), Some(on_time.notice().changed_at));
}

// ------------------------------------------------------------------------------------------------ at random

fn an_answer(number: u8) -> (Answer, &'static str) {
    let answer = match number {
        0 => Answer::Accepted { message: Some("m1".to_owned()) },
        1 => Answer::Accepted { message: None },
        2..=3 => Answer::Again { not_taken: true, after: None },
        4 => Answer::Again { not_taken: false, after: None },
        5 => Answer::NextProvider,
        6 => Answer::NextChannel,
        _ => Answer::Unknown,
    };
    (answer, "code")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_the_law_wants_is_refused_or_expires_only_where_nobody_may_have_it_and_no_provider_could_yet_take_it(
        steps in prop::collection::vec((0_u8..8, 0_u8..8, 1_i64..300), 1..60),
        zalo_unreachable: bool, speedsms: bool, sms_alone: bool,
    ) {
        let mut telling = if zalo_unreachable { Telling::without_zalo() } else { Telling::new(NoticeClass::Legal) };
        if speedsms {
            telling.providers.push(Provider::Speedsms);
        }
        if sms_alone {
            telling.reach.preferred = vec![NoticeChannel::Sms];
        }
        for (zalo, sms, minutes) in steps {
            telling.goes(|provider| an_answer(if provider == Provider::Zalo { zalo } else { sms })).after(minutes);
        }
        let ended = matches!(telling.stands().0, "refused" | "expired");
        let doubted = telling.record().iter().any(|(_, outcome, _)| *outcome == AttemptOutcome::Unknown);
        prop_assert!(!ended || !doubted, "{:?} {:?}", telling.stands(), telling.record());
        let closed = &telling.notice().closed_channels;
        let out = closed.contains(&NoticeChannel::Sms) && (zalo_unreachable || closed.contains(&NoticeChannel::Zalo));
        prop_assert!(telling.stands().0 != "refused" || out, "{:?} {:?}", telling.stands(), telling.record());
        // Who may have it under one wording never gets it in that wording from somebody else.
        let unsettled = telling.notice().attempts.iter().filter(|call| call.outcome == AttemptOutcome::Unknown);
        for doubt in unsettled {
            let others = telling.notice().attempts.iter().filter(|call| {
                call.wording == doubt.wording && call.provider != doubt.provider && call.at > doubt.at
            });
            prop_assert_eq!(others.count(), 0, "{:?}", telling.record());
        }
    }
}
