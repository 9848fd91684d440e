//! The page that the question's link leads to: it asks, takes the answer, and tells nobody the
//! token.

use super::*;
use crate::support::browser::Browser;
use crate::support::site::Site;
use crate::tracking::{MISSED, prove};

/// A site with a dossier whose result was handed over, and its code.
async fn site() -> (Site, String) {
    let world = few_agencies().await;
    let code = returned(&world, "k").await;
    (Site::of(world).await, code)
}

fn link(site: &Site, code: &str, until: &str) -> (String, String) {
    let token = proof_key().survey_token(&code.parse().unwrap(), at(until));
    (format!("{}/tra-cuu#{code}!{token}", site.address), token)
}

/// Chooses a level and sends it.
async fn answer(browser: &mut Browser, level: &str) {
    browser.until("document.getElementById('answer-survey')").await;
    let choose = format!(
        "document.querySelector('input[value={level}]').click(); document.getElementById('answer-survey').click()"
    );
    browser.says(&choose).await;
}

#[tokio::test]
async fn who_comes_by_the_link_is_asked_answers_with_a_press_and_the_token_is_told_to_nobody() {
    let (site, code) = site().await;
    let (address, token) = link(&site, &code, TOO_LATE);
    let mut browser = Browser::open(390).await;
    browser.go(&address).await;
    browser.until("document.getElementById('answer-survey')").await;
    assert_eq!(browser.says("location.hash").await, format!("#{code}"), "the token is taken out");
    assert_eq!(browser.says(MISSED).await, json!([]));
    browser.picture("survey.png").await;
    answer(&mut browser, "unsatisfied").await;
    browser.until("document.querySelector('#question h2')?.textContent.startsWith('Cảm ơn')").await;
    assert_eq!(browser.says("document.activeElement.tagName").await, "H2");
    assert_eq!(counted(&site.world).await, 1);
    let asked = site.asked.lock().unwrap().join("\n");
    assert!(!asked.contains(&token) && asked.contains("/v1/own/"), "{asked}");
    let shown = browser.says("document.documentElement.outerHTML").await;
    assert!(!shown.as_str().unwrap().contains(&token), "nor does it stand on the page");
    let kept = browser.says("[document.cookie, localStorage.length, sessionStorage.length]").await;
    assert_eq!(kept, json!(["", 0, 0]));
}

#[tokio::test]
async fn a_link_that_is_over_or_of_another_says_so_and_counts_nothing() {
    let (site, code) = site().await;
    let (over, _) = link(&site, &code, NOW);
    let (_, of_another) = link(&site, "H20.03-261117-7777", TOO_LATE);
    for address in [over, format!("{}/tra-cuu#{code}!{of_another}", site.address)] {
        let mut browser = Browser::open(390).await;
        browser.go(&address).await;
        answer(&mut browser, "satisfied").await;
        browser.until("document.getElementById('question').textContent.includes('Đã quá')").await;
    }
    assert_eq!(counted(&site.world).await, 0);
}

#[tokio::test]
async fn who_has_proved_that_the_dossier_is_theirs_is_asked_there() {
    let (site, code) = site().await;
    let mut browser = Browser::open(1280).await;
    prove(&mut browser, &site, &code).await;
    assert_eq!(browser.says(MISSED).await, json!([]));
    answer(&mut browser, "very-satisfied").await;
    browser.until("document.getElementById('owner').textContent.includes('Cảm ơn')").await;
    assert_eq!(counted(&site.world).await, 1);
}
