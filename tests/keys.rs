//! A key that hashes people is changed, and nothing is forgotten: at first the new one is known
//! beside the old, then it is in force, and what was kept is found all the while.

use domain::applicant::{IdNumber, Phone};
use domain::notice::NoticeChannel;
use domain::thread::Charge;
use jiff::{SignedDuration, Timestamp};
use platform::dynamo::{ContactBook, IntakeTable, NoticePreference, People, Person};
use platform::keyed_hash::KeyedHash;
use platform::port::Contacts;

use crate::support::call::{CITIZEN, Call};
use crate::support::world::{NOW, World, at, dossier_tables};

/// The key of years, and the secret while it is changed and afterwards.
const BEFORE: &str = "the key of years";
const KNOWN: &str = "the key of years\nthe next key";
const CHANGED: &str = "the next key\nthe key of years\n";

fn book(world: &World, secret: &str) -> ContactBook {
    let hash = KeyedHash::new(secret.to_owned());
    ContactBook::new(world.client.clone(), "ContactsTable".to_owned(), hash)
}

fn applicant() -> IdNumber {
    IdNumber::try_from(CITIZEN.to_owned()).unwrap()
}

fn phone() -> Phone {
    Phone::try_from("0912345678".to_owned()).unwrap()
}

fn only(channel: NoticeChannel) -> NoticePreference {
    NoticePreference { channels: vec![channel], ..NoticePreference::default() }
}

#[tokio::test]
async fn what_applicants_prefer_is_known_under_the_next_key_and_a_new_wish_under_both() {
    let world = World::new().await;
    let (before, known, changed) =
        (book(&world, BEFORE), book(&world, KNOWN), book(&world, CHANGED));
    before.prefer(&applicant(), &only(NoticeChannel::Sms)).await.unwrap();
    for book in [&known, &changed] {
        assert_eq!(book.preference(&applicant()).await.unwrap(), only(NoticeChannel::Sms));
    }
    // Processes with either secret run side by side for minutes: each sees what the other keeps.
    changed.prefer(&applicant(), &only(NoticeChannel::Zalo)).await.unwrap();
    assert_eq!(known.preference(&applicant()).await.unwrap(), only(NoticeChannel::Zalo));
    known.prefer(&applicant(), &only(NoticeChannel::Sms)).await.unwrap();
    assert_eq!(changed.preference(&applicant()).await.unwrap(), only(NoticeChannel::Sms));
    // Whoever does not know the key finds nothing.
    let other = book(&world, "another key");
    assert_eq!(other.preference(&applicant()).await.unwrap(), NoticePreference::default());
}

#[tokio::test]
async fn a_number_that_is_not_reached_and_what_it_got_today_count_under_any_key() {
    let world = World::new().await;
    let (before, changed) = (book(&world, BEFORE), book(&world, CHANGED));
    let until = at(NOW) + SignedDuration::from_hours(24);
    let charge = Charge { vnd: 300, services: 1, left_unknown: 0 };
    before.remember_unreachable(&phone(), NoticeChannel::Zalo, until).await.unwrap();
    before.count(Some(&phone()), charge, at(NOW)).await.unwrap();
    changed.count(Some(&phone()), charge, at(NOW)).await.unwrap();
    changed.remember_unreachable(&phone(), NoticeChannel::Sms, until).await.unwrap();
    let reach = changed.reach(&phone(), None, at(NOW)).await.unwrap();
    assert_eq!(reach.sent_today, 2);
    // The newer memory is under both keys, the older one under the old key alone; whichever is in
    // force, neither hides the other.
    for secret in [KNOWN, CHANGED] {
        let reach = book(&world, secret).reach(&phone(), None, at(NOW)).await.unwrap();
        let channels: Vec<_> = reach.unreachable.iter().map(|(channel, _)| *channel).collect();
        assert_eq!(channels, [NoticeChannel::Zalo, NoticeChannel::Sms], "{secret}");
    }
}

/// Hands in at this minute, under this secret.
async fn handed_in(world: &World, secret: &str, minute: i64) -> String {
    let people = KeyedHash::new(secret.to_owned());
    let intake =
        IntakeTable::new(world.client.clone(), dossier_tables(), "IntakeTable".to_owned(), people)
            .claiming("DocumentsTable".to_owned());
    let then: Timestamp = at(NOW) + SignedDuration::from_mins(minute);
    Call::submit(&format!("k{minute}")).at_submit(&intake, world, then).await.code()
}

#[tokio::test]
async fn dossiers_of_both_keys_are_one_list_the_newest_first_and_page_by_page() {
    let world = World::new().await;
    let mut handed = Vec::new();
    for (minute, secret) in [BEFORE, KNOWN, CHANGED, BEFORE, CHANGED].into_iter().enumerate() {
        handed.insert(0, handed_in(&world, secret, i64::try_from(minute).unwrap()).await);
    }
    for secret in [KNOWN, CHANGED] {
        let hash = KeyedHash::new(secret.to_owned());
        let people = People::new(world.client.clone(), "DossiersTable".to_owned(), hash);
        for person in [Person::Applicant(applicant()), Person::Phone(phone())] {
            for limit in 1..=6 {
                let (mut found, mut after) = (Vec::new(), None);
                loop {
                    let page = people.find(&person, limit, after.as_ref(), |_| true).await.unwrap();
                    assert!(page.codes.len() <= limit);
                    found.extend(page.codes.iter().map(ToString::to_string));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(found, handed, "{limit} at a time");
            }
        }
    }
}
