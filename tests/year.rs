//! A published year, replayed: what `make replay` does, over four weeks with Tết among them and a
//! hundred dossiers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::calendar::date_of;
use domain::dossier::Action;
use jiff::civil::date;
use replay::edition::catalogue;
use replay::model::{Quotas, Replayed, Scale};
use replay::outage::outage;
use replay::plan::{Life, plan};
use replay::play::{Progress, Stage, play};
use replay::portal::Bridge;
use replay::told::{answer, compare, period, synchronised};

use crate::support::world::at;

fn hai_duong() -> Replayed {
    Replayed::named("hai-duong").unwrap()
}

fn scale(text: &str) -> Scale {
    text.parse().unwrap()
}

#[tokio::test]
async fn what_is_played_comes_out_as_published() {
    // From the Monday before Tết to the Sunday two weeks after it.
    let replayed = Replayed { first: date(2019, 1, 28), last: date(2019, 2, 24), ..hai_duong() };
    let catalogue = catalogue(&replayed);
    let quotas = Quotas::of(&replayed.model, scale("0.0004"));
    let lives = plan(&replayed, &catalogue, &quotas);
    let events: usize = lives.iter().map(|life| life.steps.len()).sum();
    let (stage, progress) = (Arc::new(Stage::new(catalogue).await), Arc::new(Progress::default()));
    play(&stage, None, lives, (replayed.first, replayed.last), &progress).await;
    assert_eq!(progress.done.load(Ordering::Relaxed), u64::try_from(events).unwrap());

    let told = answer(&stage, &period(&replayed), "agency", at("2019-02-25T00:00:00Z")).await;
    assert_eq!(told["complete"], true, "{told}");
    for line in compare(&replayed, &quotas, &told, &stage) {
        assert!(line.holds(), "{line:?}");
    }
    let one_more = Quotas { late: quotas.late + 1, ..quotas };
    let differing: Vec<&str> = compare(&replayed, &one_more, &told, &stage)
        .into_iter()
        .filter(|line| !line.holds())
        .map(|line| line.figure)
        .collect();
    assert_eq!(
        differing,
        ["resolved", "on time, % of resolved", "late"],
        "another figure is found out"
    );
}

#[tokio::test]
async fn every_status_of_the_half_year_of_tien_giang_is_at_the_portal() {
    // Ten days around the holidays of the spring, whose portal has a trouble each weekday.
    let replayed = Replayed {
        first: date(2022, 4, 4),
        last: date(2022, 4, 15),
        ..Replayed::named("tien-giang").unwrap()
    };
    let catalogue = catalogue(&replayed);
    let quotas = Quotas::of(&replayed.model, scale("0.0005"));
    let lives = plan(&replayed, &catalogue, &quotas);
    let codes: Vec<String> = lives.iter().map(|life| life.code.clone()).collect();
    let (stage, progress) = (Arc::new(Stage::new(catalogue).await), Arc::new(Progress::default()));
    let bridge = Bridge::new().await;
    let days = (replayed.first, replayed.last);
    play(&stage, Some(&bridge), lives, days, &progress).await;
    for line in synchronised(&replayed, &codes, &stage, &bridge).await {
        assert!(line.holds(), "{line:?}");
    }
    // What the portal has lost is found out.
    bridge.portal.lose(&codes[0]);
    let lines = synchronised(&replayed, &codes, &stage, &bridge).await;
    let differing: Vec<&str> =
        lines.iter().filter(|line| !line.holds()).map(|line| line.figure).collect();
    assert_eq!(differing, ["in step, % of dossiers"]);
}

#[tokio::test]
async fn a_day_on_which_the_portal_is_away_ends_with_each_of_its_changes_there_in_order() {
    let catalogue = catalogue(&Replayed::named("tien-giang").unwrap());
    let stage = Stage::new(catalogue).await;
    let bridge = Bridge::new().await;
    let came = outage(&stage, &bridge, 75, 10, || 0).await;
    assert_eq!((came.changes, came.in_step), (300, 75), "{came:?}");
    assert_eq!((came.disorders, came.refused), (0, 0), "{came:?}");
    // A probe is due every ten minutes; it has a dossier, and perhaps a session, to ask for.
    assert!(came.asked_while_away <= 150, "{came:?}");
    // A look-up of each dossier, and lists of twenty; probes and what is left of lists besides.
    assert!(came.asked_since <= 75 + 4 * 15, "{came:?}");
    assert!(came.minutes <= 20, "{came:?}");
}

#[test]
fn at_scale_one_the_dossiers_are_as_many_as_published() {
    let quotas = Quotas::of(&hai_duong().model, scale("1"));
    assert_eq!((quotas.received, quotas.resolved(), quotas.open), (265_740, 258_000, 7_740));
    assert_eq!((quotas.early + quotas.on_time, quotas.late), (242_520, 15_480));
    let half = Quotas::of(&hai_duong().model, scale("0.5"));
    assert_eq!((half.received, half.resolved(), half.open), (132_870, 129_000, 3_870));
    let tay_ninh = Quotas::of(&Replayed::named("tay-ninh").unwrap().model, scale("1"));
    assert_eq!(
        (tay_ninh.early + tay_ninh.on_time) * 1_000 / tay_ninh.resolved(),
        989,
        "nearly 99 %"
    );
}

#[test]
fn a_scale_is_a_number_up_to_one() {
    for (text, written) in
        [("1", "1"), ("0.02", "0.02"), (".5", "0.5"), ("1.0", "1"), ("0.000001", "0.000001")]
    {
        assert_eq!(scale(text).to_string(), written);
    }
    for text in ["", "0", "1.1", "-1", "0.0000001", "0,02", "1e-2", "2", "."] {
        assert!(text.parse::<Scale>().is_err(), "{text}");
    }
}

#[test]
fn the_same_model_gives_the_same_dossiers_with_everything_that_happens_to_them() {
    let replayed = hai_duong();
    let catalogue = catalogue(&replayed);
    let quotas = Quotas::of(&replayed.model, scale("0.002"));
    let lives = plan(&replayed, &catalogue, &quotas);
    let told = |lives: &[Life]| format!("{lives:?}");
    assert_eq!(told(&lives), told(&plan(&replayed, &catalogue, &quotas)));

    let codes: BTreeSet<&str> = lives.iter().map(|life| life.code.as_str()).collect();
    assert_eq!(codes.len(), lives.len(), "every code is one dossier's");
    assert!(
        codes.iter().all(|code| code.starts_with("000.00.") && code.contains(".H23-19")),
        "as codes were in 2019"
    );
    let happened: BTreeSet<&str> =
        lives.iter().flat_map(|life| &life.steps).map(|step| step.action.name()).collect();
    for action in [
        Action::Receive,
        Action::Refuse,
        Action::RequestSupplement,
        Action::Supplement,
        Action::Process,
        Action::RequestPayment,
        Action::ConfirmPayment,
        Action::Suspend,
        Action::Resume,
        Action::Forward,
        Action::HandBack,
        Action::Apologise,
        Action::Finish,
        Action::ReturnResult,
    ] {
        assert!(happened.contains(action.name()), "{} does not happen", action.name());
    }
    for life in &lives {
        assert!(life.steps.windows(2).all(|pair| pair[0].at < pair[1].at), "{life:?}");
        let days = life.steps.iter().map(|step| date_of(step.at));
        assert!(days.clone().all(|day| replayed.first <= day && day <= replayed.last), "{life:?}");
    }
}
