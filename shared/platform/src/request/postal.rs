//! Where an order of the post is, as its integrator writes it.

use domain::post::{Carried, PostalItem, PostalState};
use domain::text;
use jiff::Timestamp;
use serde::Deserialize;

/// The data of the event "an order of the post has moved".
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostalBody {
    order: String,
    what: Carried,
    state: PostalState,
}

impl PostalBody {
    /// What it says, of the moment `at`.
    pub fn at(self, at: Timestamp) -> PostalItem {
        let Self { order, what, state } = self;
        PostalItem { order: text::line(&order), what, state, at }
    }
}
