//! What the portal, the network and our own processes do to it.

use std::sync::Mutex;

use domain::dossier::Dossier;
use domain::id::DossierCode;
use platform::Failure;
use platform::port::{Advance, DossierStore, Stored};

use super::*;
use crate::support::national::Mortal;

#[tokio::test]
async fn a_process_that_dies_between_call_and_record_loses_nothing_and_doubles_nothing() {
    for after_the_write in [false, true] {
        let world = World::new().await;
        let national = National::new(&world).await;
        let code = with_moves(&world, "a", 2).await;
        let all = messages(&world, &code).await;
        let ledger = Mortal::new(&national.ledger, after_the_write);
        let ends = national.sync_over(&world.dossiers, &ledger, &all, after(10)).await;
        assert!(ends.iter().any(Result::is_err), "the message comes again");
        // It comes while the dead one's lease runs, and once more by the minute's wake.
        taken(&national, &all, after(20)).await;
        let line = national.line(&code).await;
        if let Some(due) = line.due_at() {
            national.minute(due).await;
        }
        assert_eq!(national.statuses(&code), ["1", "2", "4"], "{after_the_write}");
        assert!(!national.line(&code).await.is_behind());
        assert_eq!(national.portal.counts().disorders, 0);
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again_and_the_portal_has_each_step_once() {
    let world = World::new().await;
    let national = National::new(&world).await;
    for (place, service) in ["DongBoHoSoMC", "CapNhatTienDoHoSoMC"].into_iter().enumerate() {
        let code = with_moves(&world, &format!("k{place}"), 2).await;
        let fault = json!({ "mode": "drop-after", "service": service, "times": 1 });
        national.portal.fault(&fault).unwrap();
        taken(&national, &messages(&world, &code).await, after(10)).await;
        let line = national.line(&code).await;
        assert_eq!(line.last_error().map(|error| error.kind), Some(ErrorKind::Unavailable));
        national.minute(line.due_at().unwrap()).await;
        assert_eq!(national.statuses(&code), ["1", "2", "4"], "{service}");
        assert!(!national.line(&code).await.is_behind(), "{service}");
    }
    assert_eq!(national.portal.counts().disorders, 0);
}

#[tokio::test]
async fn a_request_that_comes_twice_or_behind_the_next_one_does_no_harm() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 1).await;
    national.portal.fault(&json!({ "mode": "duplicate" })).unwrap();
    taken(&national, &messages(&world, &code).await, after(10)).await;
    assert_eq!(national.statuses(&code), ["1", "2"]);
    national.portal.mend();
    // Answered, and carried out behind the call for the steps.
    national
        .portal
        .fault(&json!({ "mode": "late", "service": "DongBoHoSoMC", "times": 1 }))
        .unwrap();
    moves_on(&world, &code, after(20)).await;
    taken(&national, &[changed(&world, &code, 3).await], after(21)).await;
    assert_eq!(national.statuses(&code), ["1", "2", "4"]);
    assert_eq!(national.field(&code, "TrangThaiHoSo"), "4");
    assert_eq!(national.portal.counts().disorders, 0);
}

#[tokio::test]
async fn a_retry_never_carries_what_came_later_as_an_earlier_step() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 1).await;
    national.portal.fault(&json!({ "mode": "outage", "service": "CapNhatTienDoHoSoMC" })).unwrap();
    taken(&national, &messages(&world, &code).await, after(10)).await;
    assert_eq!(national.statuses(&code), [""; 0]);
    for second in 20..26 {
        moves_on(&world, &code, after(second)).await;
    }
    national.portal.mend();
    let due = national.line(&code).await.due_at().unwrap();
    national.minute(due).await;
    let dossier = world.dossier(&code).await;
    let kept = national.portal.dossier(&code).unwrap();
    let steps = kept["steps"].as_array().unwrap();
    assert_eq!(steps.len(), dossier.history.len());
    for (step, entry) in steps.iter().zip(&dossier.history) {
        let at = entry.at + SignedDuration::from_hours(7);
        assert_eq!(step["ThoiDiemXuLy"], at.strftime("%Y%m%d%H%M%S").to_string());
        assert_eq!(step["TrangThai"], entry.status.code().to_string());
    }
}

/// Gives out the dossier as it was once, and then as it is.
struct Stale<'a> {
    inner: &'a platform::dynamo::Dossiers,
    old: Mutex<Option<Dossier>>,
}

impl DossierStore for Stale<'_> {
    async fn dossier(&self, code: &DossierCode) -> Result<Option<Dossier>, Failure> {
        let old = self.old.lock().unwrap().take();
        match old {
            Some(old) => Ok(Some(old)),
            None => self.inner.dossier(code).await,
        }
    }

    async fn advance(&self, dossier: &Dossier) -> Result<Advance, Failure> {
        self.inner.advance(dossier).await
    }

    async fn assign(&self, dossier: &Dossier) -> Result<Stored, Failure> {
        self.inner.assign(dossier).await
    }
}

#[tokio::test]
async fn a_process_that_was_slow_overwrites_nothing_newer() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 1).await;
    let old = world.dossier(&code).await;
    moves_on(&world, &code, after(5)).await;
    // The newer one is owed by now, and the portal did not take it yet.
    national.portal.fault(&json!({ "mode": "outage", "times": 1 })).unwrap();
    taken(&national, &[changed(&world, &code, 3).await], after(6)).await;
    let due = national.line(&code).await.due_at().unwrap();
    let stale = Stale { inner: &world.dossiers, old: Mutex::new(Some(old)) };
    let late = [changed(&world, &code, 2).await];
    for end in national.sync_over(&stale, &national.ledger, &late, due).await {
        end.unwrap();
    }
    assert_eq!(national.portal.dossier(&code), None);
    national.minute(due).await;
    assert_eq!(national.field(&code, "TrangThaiHoSo"), "4");
    assert_eq!(national.statuses(&code), ["1", "2", "4"]);
}

#[tokio::test]
async fn an_outage_of_a_day_costs_a_probe_at_a_time_and_ends_with_everything_in_step() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let mut codes = Vec::new();
    national.portal.fault(&json!({ "mode": "outage" })).unwrap();
    let day = 24 * 60;
    // Every fifth minute: a probe is due every ten.
    for minute in (0..day).step_by(5) {
        let now = after(60 * minute);
        // Dossiers come all day and move on.
        if minute % 60 == 0 {
            let code = handed_in(&world, &format!("k{minute}"), now).await;
            taken(&national, &messages(&world, &code).await, now).await;
            codes.push(code);
        }
        if minute % 60 == 30 {
            for code in &codes {
                let before = world.dossier(code).await.version;
                moves_on(&world, code, now).await;
                if world.dossier(code).await.version > before {
                    let news = changed(&world, code, usize::try_from(before + 1).unwrap()).await;
                    taken(&national, &[news], now).await;
                }
            }
        }
        national.minute(now).await;
    }
    let asked = national.portal.counts().requests;
    assert!(asked < 250, "{asked} requests to a system that was away for a day");
    let behind = national.ledger.behind(&portal_id()).await.unwrap();
    assert_eq!((behind.lines, behind.since), (24, Some(at(NOW))));
    national.portal.mend();
    let mut minutes = 0;
    while national.ledger.behind(&portal_id()).await.unwrap().lines > 0 {
        minutes += 1;
        assert!(minutes < 30, "{:?}", national.portal.counts());
        national.minute(after(60 * (day + minutes))).await;
    }
    for code in &codes {
        assert_eq!(national.statuses(code), history(&world, code).await, "{code}");
    }
    let counts = national.portal.counts();
    assert_eq!((counts.disorders, counts.refused), (0, 0));
}
