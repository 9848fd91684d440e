//! Where a result is wanted by post, as clients write it.

use domain::Violation;
use domain::applicant::{FullName, Phone};
use domain::post::{PostalAddress, PostalWish, ProvinceNumber};
use serde::{Deserialize, Deserializer};

use super::kept;

/// An address, with the recipient and their telephone where they are not the applicant's.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultToBody {
    #[serde(default)]
    recipient: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    address: String,
    province: String,
}

/// A wish where a body may say that there is none any more: with `null`. Left out, it stays.
pub(super) fn or_null<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<Option<ResultToBody>>, D::Error> {
    Option::deserialize(source).map(Some)
}

impl ResultToBody {
    /// The cleaned fields; none where something of them is wrong, each of which goes to `found`.
    pub(super) fn read(self, found: &mut Vec<Violation>) -> Option<PostalWish> {
        let mut broken = Vec::new();
        let recipient = self.recipient.and_then(|name| {
            let read = FullName::try_from(name).map_err(|violation| violation.named("recipient"));
            kept(read, &mut broken)
        });
        let phone = self.phone.and_then(|phone| kept(Phone::try_from(phone), &mut broken));
        let address = kept(PostalAddress::try_from(self.address), &mut broken);
        let province = kept(ProvinceNumber::try_from(self.province), &mut broken);
        found.extend(broken.into_iter().map(|violation| violation.within("resultTo")));
        Some(PostalWish { recipient, phone, address: address?, province: province? })
    }
}
