//! What goes by the public post (bưu chính công ích) for a dossier: the result that is sent home, or
//! documents that are fetched, and where each is.

mod result_to;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use result_to::{
    ADDRESS_CHARACTERS_MAX, PostalAddress, PostalOrder, PostalWish, ProvinceNumber, ResultTo,
    ResultWish,
};

use crate::{RuleName, Violation};

/// The most orders of one dossier: whoever needs more has another matter.
pub const ORDERS_MAX: usize = 20;

/// Longest number of an order, in bytes.
const ORDER_BYTES_MAX: usize = 64;

/// What is carried, and by that in which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carried {
    /// Documents, from the applicant to the agency.
    Documents,
    /// The result, from the agency to the applicant.
    Result,
}

/// Where it is, in the order in which it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PostalState {
    /// The post has the order.
    Ordered,
    /// The post has fetched it.
    Collected,
    /// It is on its way.
    InTransit,
    /// The postman has it.
    OutForDelivery,
    /// Nobody took it; it is tried again.
    NotDelivered,
    /// It went back to its sender.
    Returned,
    /// The order was called off.
    Cancelled,
    /// Whom it is for has taken it.
    Delivered,
}

impl PostalState {
    /// Every state, so that the contract can be compared with the code.
    pub const ALL: [Self; 8] = [
        Self::Ordered,
        Self::Collected,
        Self::InTransit,
        Self::OutForDelivery,
        Self::NotDelivered,
        Self::Returned,
        Self::Cancelled,
        Self::Delivered,
    ];
}

/// One order, as far as it has come.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalItem {
    /// The number of the order, as the post has it: 1 to 64 visible ASCII characters.
    pub order: String,
    /// What is carried by it.
    pub what: Carried,
    /// Where it is, as the post says.
    pub state: PostalState,
    /// Since when it is there, by the clock of the post.
    pub at: Timestamp,
}

/// With the number anybody sees at the post where it goes.
impl fmt::Debug for PostalItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostalItem(***, {:?} at {})", self.state, self.at)
    }
}

/// Everything that goes by post for a dossier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// How often it was changed.
    pub version: u64,
    /// The orders, in the order in which they were first heard of.
    pub items: Vec<PostalItem>,
}

impl Post {
    /// Whether nothing goes by post.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Hears where an order is; whether that is news. What is newer by the post's clock holds,
    /// whenever it comes; of one moment, what is further on. Fails where the number is none, or one
    /// order too many.
    pub fn hear(&mut self, heard: PostalItem) -> Result<bool, Violation> {
        let form = (1..=ORDER_BYTES_MAX).contains(&heard.order.len())
            && heard.order.bytes().all(|byte| byte.is_ascii_graphic());
        if !form {
            let detail = "must be 1 to 64 visible ASCII characters";
            return Err(Violation::new("order", RuleName::Format, detail));
        }
        let full = self.items.len() >= ORDERS_MAX;
        let known = self.items.iter_mut().find(|item| item.order == heard.order);
        match known {
            Some(item) if (heard.at, heard.state) > (item.at, item.state) => *item = heard,
            Some(_) => return Ok(false),
            None if full => {
                let detail = "the dossier has 20 postal orders already";
                return Err(Violation::new("order", RuleName::ItemCount, detail));
            }
            None => self.items.push(heard),
        }
        self.version += 1;
        Ok(true)
    }

    /// The most bytes that it takes in the store.
    pub fn stored_bytes(&self) -> usize {
        self.items.iter().map(|item| item.order.len() + 150).sum()
    }
}
