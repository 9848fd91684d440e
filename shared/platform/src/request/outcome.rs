//! The result and the handover of a transition, as clients write them.

use std::collections::BTreeSet;

use domain::applicant::FullName;
use domain::outcome::{GivenResult, Handover, HandoverWay, ResultDocument, ResultKind};
use domain::upload::{Claimable, UploadClaim, UploadId};
use domain::{RuleName, Violation, text};
use serde::Deserialize;

use super::uploaded;

/// The result that `finish` gives.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultBody {
    kind: ResultKind,
    #[serde(default)]
    upload: Option<String>,
    #[serde(default)]
    sha256: Option<String>,
}

/// How `return-result` hands the result over.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HandoverBody {
    how: HandoverWay,
    #[serde(default)]
    to: Option<String>,
}

impl ResultBody {
    /// The upload that it names, as far as its id can be read.
    pub(super) fn named_upload(&self) -> Option<UploadId> {
        self.upload.as_deref().and_then(|id| text::bare(id).parse().ok())
    }

    /// The result; none where something of it is wrong, which goes to `found`, where its inspection
    /// is not over, which `under_inspection` names, and where uploads were not looked up.
    pub(super) fn read(
        self,
        uploads: Option<&Claimable<'_>>,
        under_inspection: &mut BTreeSet<UploadId>,
        found: &mut Vec<Violation>,
    ) -> Option<GivenResult> {
        let mut broken = Vec::new();
        let result = match self.kind {
            ResultKind::Electronic => self.electronic(uploads, under_inspection, &mut broken),
            ResultKind::Paper => self.bare(GivenResult::Paper, &mut broken),
            ResultKind::Nothing => self.bare(GivenResult::Nothing, &mut broken),
        };
        found.extend(broken.into_iter().map(|violation| violation.within("result")));
        result
    }

    fn electronic(
        self,
        uploads: Option<&Claimable<'_>>,
        under_inspection: &mut BTreeSet<UploadId>,
        broken: &mut Vec<Violation>,
    ) -> Option<GivenResult> {
        let Some(id) = self.upload else {
            broken.push(Violation::required("upload"));
            return None;
        };
        match uploaded(&id, self.sha256.as_deref(), uploads, broken)? {
            UploadClaim::Ready(content) => {
                let found = uploads.and_then(|uploads| uploads.known.get(&content.upload));
                let signature = found.and_then(|upload| upload.state.signature()).cloned();
                let document = ResultDocument { version: 1, content, signature };
                Some(GivenResult::Electronic(Box::new(document)))
            }
            UploadClaim::UnderInspection(id) => {
                under_inspection.insert(id);
                None
            }
        }
    }

    /// A result without a document; what names one all the same is `broken`.
    fn bare(self, result: GivenResult, broken: &mut Vec<Violation>) -> Option<GivenResult> {
        for (field, given) in [("upload", self.upload.is_some()), ("sha256", self.sha256.is_some())]
        {
            if given {
                let detail = "is named for an electronic result alone";
                broken.push(Violation::new(field, RuleName::ResultContent, detail));
            }
        }
        Some(result)
    }
}

impl HandoverBody {
    /// The handover; none where the name is none, which goes to `found`.
    pub(super) fn read(self, found: &mut Vec<Violation>) -> Option<Handover> {
        let to = match self.to.map(FullName::try_from).transpose() {
            Ok(to) => to,
            Err(violation) => {
                found.push(violation.named("to").within("handover"));
                return None;
            }
        };
        Some(Handover { version: 1, how: self.how, to })
    }
}
