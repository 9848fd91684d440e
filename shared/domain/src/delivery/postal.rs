//! What is agreed with the public post (bưu chính công ích) about results that it brings home: what
//! its protocol leaves open, and where it fetches them.

use serde::Deserialize;

use crate::RuleName;
use crate::phone::Phone;
use crate::post::ProvinceNumber;
use crate::row::RowChecks;

/// Where the post fetches results, as an order names it; the name is that of the dossier's agency.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostalSender {
    /// House, street and ward of the one-stop shop.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub address: String,
    /// The province, by its two digits in the national list.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^\d{2}$")))]
    pub province: String,
    /// Where the postman calls before they come.
    pub phone: Phone,
}

/// What is agreed with the post, and how its protocol is spoken there: the names of the calls and of
/// most fields are in print, all of this is not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostTerms {
    /// Where a token is got (`GetToken`), behind the address of the account.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^/\S*$")))]
    pub token_path: String,
    /// The field of the answer that has the token.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub token_field: String,
    /// Where an order is asked after (`GetOrderTracking`).
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^/\S*$")))]
    pub tracking_path: String,
    /// Where an order is placed (`PostOrder`).
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^/\S*$")))]
    pub order_path: String,
    /// What `Status` is where the post did what it was asked to.
    #[cfg_attr(feature = "schema", schemars(length(min = 1), extend("uniqueItems" = true)))]
    pub done: Vec<String>,
    /// What `Status` is where an order was placed of which the post has that number already.
    #[cfg_attr(feature = "schema", schemars(length(min = 1), extend("uniqueItems" = true)))]
    pub known_order: Vec<String>,
    /// What `Status` is where the post has no order of that number. Anything else is neither: then
    /// nothing is ordered.
    #[cfg_attr(feature = "schema", schemars(length(min = 1), extend("uniqueItems" = true)))]
    pub unknown_order: Vec<String>,
    /// What is sent, as the post lists it (`ItemCode`).
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub item_code: String,
    /// How the post is to come by it (`FlagConfig`): 2 has it fetched from the sender.
    pub flag_config: u8,
    /// Where it fetches results.
    pub sender: PostalSender,
}

impl PostTerms {
    /// Checks what types do not.
    pub(super) fn check(&self, row: &mut RowChecks<'_>) {
        for (field, path) in [
            ("post.tokenPath", &self.token_path),
            ("post.trackingPath", &self.tracking_path),
            ("post.orderPath", &self.order_path),
        ] {
            let plain = path.starts_with('/') && !path.contains(char::is_whitespace);
            row.check(field, RuleName::Format, plain, "must begin with / and have no blanks");
        }
        for (field, text) in [
            ("post.tokenField", &self.token_field),
            ("post.itemCode", &self.item_code),
            ("post.sender.address", &self.sender.address),
        ] {
            row.check(field, RuleName::Present, !text.trim().is_empty(), "is empty");
        }
        let digits = ProvinceNumber::is_written(&self.sender.province);
        row.check("post.sender.province", RuleName::Format, digits, "must be two digits");
        row.check("post.done", RuleName::Present, !self.done.is_empty(), "one is needed");
        let other =
            |status: &String| !self.done.contains(status) && !self.known_order.contains(status);
        let apart = self.unknown_order.iter().all(other);
        let named = !self.unknown_order.is_empty() && apart;
        let detail = "one is needed that is neither in done nor in knownOrder";
        row.check("post.unknownOrder", RuleName::Present, named, detail);
    }
}
