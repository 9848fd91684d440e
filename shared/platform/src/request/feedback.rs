//! Who has sent a feedback and where something was seen, as clients and integrators write it.

use domain::Violation;
use domain::applicant::{FullName, Phone};
use domain::feedback::content::{PLACE_CHARACTERS_MAX, written};
use domain::feedback::{Author, Place};
use serde::Deserialize;

/// Who has sent a feedback.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorBody {
    full_name: String,
    phone: String,
    address: String,
}

impl AuthorBody {
    /// The author; none where something is wrong with them, which is added to `found`.
    pub fn judged(self, found: &mut Vec<Violation>) -> Option<Author> {
        let full_name = FullName::try_from(self.full_name);
        let phone = Phone::try_from(self.phone);
        let address = written("address", &self.address, PLACE_CHARACTERS_MAX);
        match (full_name, phone, address) {
            (Ok(full_name), Ok(phone), Ok(address)) => Some(Author { full_name, phone, address }),
            (full_name, phone, address) => {
                let broken = [full_name.err(), phone.err(), address.err()];
                let named = broken.into_iter().flatten();
                found.extend(named.map(|broken| broken.within("author")));
                None
            }
        }
    }
}

/// Where something was seen.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceBody {
    words: String,
    #[serde(default)]
    latitude: Option<f64>,
    #[serde(default)]
    longitude: Option<f64>,
}

impl PlaceBody {
    /// The place; none where something is wrong with it, which is added to `found`.
    pub fn judged(self, found: &mut Vec<Violation>) -> Option<Place> {
        let Self { words, latitude, longitude } = self;
        let place = Place { words, latitude, longitude }.judged();
        let within = |broken: Violation| broken.within("place");
        place.map_err(|broken| found.extend(broken.into_iter().map(within))).ok()
    }
}
