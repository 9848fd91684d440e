//! Who tells: where the catalogue leaves it to another system, that system once it has the change,
//! and we where it does not get it in time.

use std::collections::BTreeMap;
use std::sync::Mutex;

use domain::catalogue::Catalogue;
use domain::delivery::SystemId;
use domain::id::DossierCode;
use domain::notice::Provider;
use notify_applicant::{Desk, Limits};
use platform::Failure;
use platform::catalogue::{Texts, UndecidedYears};
use platform::port::Acknowledgements;
use serde_json::{Value, json};

use super::{minute, state, submitted};
use crate::support::file;
use crate::support::teller::{LEASE, accepted, changed, not_taken, pool, woken};
use crate::support::world::{NOW, Scripted, World, at};

/// What the portal of the country has acknowledged of every dossier.
struct Acknowledged(Mutex<u64>);

impl Acknowledgements for Acknowledged {
    async fn acknowledged(&self, _: &DossierCode, system: &SystemId) -> Result<u64, Failure> {
        assert_eq!(system.as_str(), "national-portal");
        Ok(*self.0.lock().unwrap())
    }
}

/// The shipped catalogue, in which the portal tells of what was handed in on-line.
fn the_portal_tells() -> Catalogue {
    let mut notices: Value = serde_json::from_str(&file("infra/data/notices.json")).unwrap();
    notices["policies"][0]["tellers"] =
        json!([{"channel": "online", "tells": "them", "system": "national-portal"}]);
    let changed = BTreeMap::from([("notices.json".to_owned(), notices.to_string())]);
    Texts::built_in().with(changed).unwrap().assemble(UndecidedYears::Refused).unwrap()
}

async fn tell(world: &World, ledger: &Acknowledged, gateways: &Scripted, message: &str, now: &str) {
    let catalogue = &the_portal_tells();
    let desk = Desk {
        dossiers: &world.dossiers,
        feedback: &world.office.feedback,
        book: &world.notices,
        contacts: &world.contacts,
        gateways,
        ledger,
        catalogue,
        pool: &pool(catalogue, now),
        lease: LEASE,
        limits: Limits::Kept,
        questions: None,
    };
    notify_applicant::tell(message, &desk, || at(now)).await.unwrap();
}

#[tokio::test]
async fn a_change_that_the_portal_has_is_told_by_the_portal_alone() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([], []);
    let message = changed(&world, &code, 1).await;
    tell(&world, &Acknowledged(Mutex::new(1)), &gateways, &message, NOW).await;
    assert_eq!(state(&world, &code, 1).await, "told-elsewhere");
    assert!(gateways.asked().is_empty());
    assert_eq!(minute(&world, "2026-11-18T02:00:00Z").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_change_that_the_portal_does_not_get_in_time_is_told_by_us_and_then_by_nobody_else() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m1")], []);
    let ledger = Acknowledged(Mutex::new(0));
    tell(&world, &ledger, &gateways, &changed(&world, &code, 1).await, NOW).await;
    let notice = world.notice(&code, 1).await;
    assert_eq!(
        (notice.state.name(), notice.reason.unwrap().name()),
        ("waiting", "system-may-tell")
    );
    // Ten minutes later it is looked at again, and still nobody has told.
    assert_eq!(minute(&world, "2026-11-17T02:10:00Z").await.len(), 1);
    tell(&world, &ledger, &gateways, &woken(&code), "2026-11-17T02:10:00Z").await;
    assert!(gateways.asked().is_empty());
    tell(&world, &ledger, &gateways, &woken(&code), "2026-11-17T06:00:00Z").await;
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/1"))]);
    // The portal has it after all: what we told stays told by us.
    *ledger.0.lock().unwrap() = 1;
    tell(&world, &ledger, &gateways, &woken(&code), "2026-11-17T06:01:00Z").await;
    assert_eq!(state(&world, &code, 1).await, "sent");
    assert_eq!(gateways.asked().len(), 1);
}

#[tokio::test]
async fn a_change_that_the_portal_gets_while_we_wait_is_left_to_it() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([], []);
    let ledger = Acknowledged(Mutex::new(0));
    tell(&world, &ledger, &gateways, &changed(&world, &code, 1).await, NOW).await;
    *ledger.0.lock().unwrap() = 1;
    tell(&world, &ledger, &gateways, &woken(&code), "2026-11-17T02:10:00Z").await;
    assert_eq!(state(&world, &code, 1).await, "told-elsewhere");
    assert!(gateways.asked().is_empty());
}

#[tokio::test]
async fn a_change_that_we_began_to_tell_is_told_by_us_to_the_end() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([not_taken()], [accepted("s1")]);
    let ledger = Acknowledged(Mutex::new(0));
    let message = changed(&world, &code, 1).await;
    let late = "2026-11-17T06:00:00Z";
    tell(&world, &ledger, &gateways, &message, late).await;
    assert_eq!(gateways.asked()[0].0, Provider::Zalo.name());
    *ledger.0.lock().unwrap() = 1;
    let at_least = "2026-11-17T06:20:00Z";
    tell(&world, &ledger, &gateways, &woken(&code), at_least).await;
    assert_ne!(state(&world, &code, 1).await, "told-elsewhere");
}
