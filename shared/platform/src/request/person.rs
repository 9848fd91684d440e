//! People and businesses in bodies.

use domain::Violation;
use domain::applicant::{Applicant, ApplicantKind, Email, FullName, IdNumber, Phone};
use domain::catalogue::Catalogue;
use serde::Deserialize;

use super::kept;

/// Who applies, as clients write it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ApplicantBody {
    kind: ApplicantKind,
    full_name: String,
    #[serde(default)]
    id_kind: Option<String>,
    id_number: String,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

impl ApplicantBody {
    /// The number by the rules of `catalogue`, where it keeps them.
    pub(super) fn id_number(&self, catalogue: &Catalogue) -> Option<IdNumber> {
        let read = catalogue.identities().read(self.kind, self.id_kind.as_deref(), &self.id_number);
        read.ok()
    }

    /// Whether it names a telephone, right or wrong.
    pub(super) fn names_phone(&self) -> bool {
        self.phone.is_some()
    }

    /// The applicant by the rules of `catalogue`; none where something of it is wrong, each of which
    /// goes to `found`.
    pub(super) fn read(
        self,
        catalogue: &Catalogue,
        found: &mut Vec<Violation>,
    ) -> Option<Applicant> {
        let mut broken = Vec::new();
        let full_name = kept(FullName::try_from(self.full_name), &mut broken);
        let number =
            catalogue.identities().read(self.kind, self.id_kind.as_deref(), &self.id_number);
        let id_number = kept(number, &mut broken);
        let phone = self.phone.and_then(|phone| kept(Phone::try_from(phone), &mut broken));
        let email = self.email.and_then(|email| kept(Email::try_from(email), &mut broken));
        let whole = broken.is_empty();
        found.extend(broken.into_iter().map(|violation| violation.within("applicant")));
        let (full_name, id_number) = (full_name?, id_number?);
        whole.then_some(Applicant { kind: self.kind, full_name, id_number, phone, email })
    }
}

/// A person or business, named by their number in a body: a number never stands in an address.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonBody {
    kind: ApplicantKind,
    #[serde(default)]
    id_kind: Option<String>,
    id_number: String,
}

impl PersonBody {
    /// The number by the rules of `catalogue`. Fails with the field that breaks one.
    pub fn judged(&self, catalogue: &Catalogue) -> Result<IdNumber, Violation> {
        catalogue.identities().read(self.kind, self.id_kind.as_deref(), &self.id_number)
    }
}
