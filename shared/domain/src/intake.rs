//! Rules for input (`intake.json`): kinds of identity numbers, telephone ranges, hosts of
//! documents, types of files, how feedback is handled, and how often what may be asked for.

use crate::Violation;
use crate::data_file::data_file;
use crate::document::{DocumentHost, DocumentHosts};
use crate::feedback_rule::{FeedbackRule, FeedbackRules};
use crate::identity::{CitizenNumbers, Identities, IdentityKind, TaxCodes};
use crate::limit::{LimitRule, Limits};
use crate::phone::{NoMobileRange, Telephones};
use crate::signature::{ResultSignature, ResultSignatures, TrustAnchor, TrustedAuthorities};
use crate::upload::{AcceptedType, DocumentTypes};

data_file! {
    /// The data file `intake.json`: kinds of identity numbers, telephones that can get messages, hosts
    /// that may hold documents.
    IntakeFile {
        #[cfg_attr(feature = "schema", schemars(length(min = 1), extend("allOf" = [{"contains": {"properties": {"kind": {"const": "citizen-id"}}}}, {"contains": {"properties": {"kind": {"const": "enterprise"}}}}])))]
        identities: Vec<IdentityKind>,
        citizen_number: CitizenNumbers,
        tax_code: TaxCodes,
        no_mobile_ranges: Vec<NoMobileRange>,
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        document_hosts: Vec<DocumentHost>,
        /// None in editions of before documents were uploaded: nothing is accepted then.
        #[serde(default)]
        document_types: Vec<AcceptedType>,
        /// Authorities whose certificates are trusted. Without any no signature holds.
        #[serde(default)]
        trust_anchors: Vec<TrustAnchor>,
        /// Whether electronic results have to be signed: without a row they have to be.
        #[serde(default)]
        result_signatures: Vec<ResultSignature>,
        /// How feedback is handled. None in editions of before it was: none is taken then.
        #[serde(default)]
        feedback: Vec<FeedbackRule>,
        /// How often what may be asked for. What no row names has the limit that this release knows.
        #[serde(default)]
        limits: Vec<LimitRule>,
    }
}

/// What is taken at the doors.
#[derive(Debug)]
pub struct IntakeRules {
    /// Numbers by which applicants are known.
    pub identities: Identities,
    /// The ranges of numbers that can get messages.
    pub telephones: Telephones,
    /// The hosts that may hold documents.
    pub hosts: DocumentHosts,
    /// The types of files that are accepted.
    pub types: DocumentTypes,
    /// Authorities whose certificates are trusted.
    pub authorities: TrustedAuthorities,
    /// Whether electronic results have to be signed.
    pub result_signatures: ResultSignatures,
    /// How feedback is handled, by day.
    pub feedback: FeedbackRules,
    /// How often what may be asked for, by day.
    pub limits: Limits,
}

impl IntakeRules {
    /// Puts the parts together; refused whole, with every reason.
    pub(crate) fn assemble(file: IntakeFile) -> Result<Self, Vec<Violation>> {
        let identities = Identities::assemble(file.identities, file.citizen_number, file.tax_code);
        let telephones = Telephones::assemble(file.no_mobile_ranges);
        let hosts = DocumentHosts::assemble(file.document_hosts);
        let types = DocumentTypes::assemble(file.document_types);
        let authorities = TrustedAuthorities::assemble(file.trust_anchors);
        let signatures = ResultSignatures::assemble(file.result_signatures);
        let feedback = FeedbackRules::assemble(file.feedback);
        let limits = Limits::assemble(file.limits);
        match (identities, telephones, hosts, types, authorities, signatures, feedback, limits) {
            (
                Ok(identities),
                Ok(telephones),
                Ok(hosts),
                Ok(types),
                Ok(authorities),
                Ok(result_signatures),
                Ok(feedback),
                Ok(limits),
            ) => Ok(Self {
                identities,
                telephones,
                hosts,
                types,
                authorities,
                result_signatures,
                feedback,
                limits,
            }),
            (identities, telephones, hosts, types, authorities, signatures, feedback, limits) => {
                let reasons = [
                    identities.err(),
                    telephones.err(),
                    hosts.err(),
                    types.err(),
                    authorities.err(),
                    signatures.err(),
                    feedback.err(),
                    limits.err(),
                ];
                Err(reasons.into_iter().flatten().flatten().collect())
            }
        }
    }
}
