//! Where a result is wanted by post, as clients write it.

use domain::Violation;
use domain::applicant::{Applicant, FullName, Phone};
use domain::post::{PostalAddress, ProvinceNumber, ResultTo};
use serde::Deserialize;

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

/// The same, cleaned and checked.
pub(super) struct ResultToRead {
    recipient: Option<FullName>,
    phone: Option<Phone>,
    address: PostalAddress,
    province: ProvinceNumber,
}

impl ResultToBody {
    /// The cleaned fields; none where something of them is wrong, each of which goes to `found`.
    pub(super) fn read(self, found: &mut Vec<Violation>) -> Option<ResultToRead> {
        let mut broken = Vec::new();
        let recipient = self.recipient.and_then(|name| {
            let read = FullName::try_from(name).map_err(|violation| violation.named("recipient"));
            kept(read, &mut broken)
        });
        let phone = self.phone.and_then(|phone| kept(Phone::try_from(phone), &mut broken));
        let address = kept(PostalAddress::try_from(self.address), &mut broken);
        let province = kept(ProvinceNumber::try_from(self.province), &mut broken);
        found.extend(broken.into_iter().map(|violation| violation.within("resultTo")));
        Some(ResultToRead { recipient, phone, address: address?, province: province? })
    }
}

impl ResultToRead {
    /// Where it goes: to the applicant, unless somebody else was named.
    pub(super) fn of(self, applicant: &Applicant) -> ResultTo {
        let Self { recipient, phone, address, province } = self;
        ResultTo {
            recipient: recipient.unwrap_or_else(|| applicant.full_name.clone()),
            phone: phone.unwrap_or_else(|| applicant.phone.clone()),
            address,
            province,
        }
    }
}
