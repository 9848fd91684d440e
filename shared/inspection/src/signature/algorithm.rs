//! Digests and signatures that are accepted. SHA-1 and MD5 are not among them.

use der::oid::ObjectIdentifier;
use ring::digest;
use rustls_pki_types::{SignatureVerificationAlgorithm, alg_id};
use webpki::{EndEntityCert, ring as verify};

use super::asn1::{NULL, OBJECT_IDENTIFIER, Values};
use crate::Rule;

/// A digest that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// Its object identifier (RFC 5754 §2).
    fn identifier(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        })
    }

    /// The digest that the inside of an `AlgorithmIdentifier` names. Parameters are absent or
    /// NULL.
    pub(super) fn named(algorithm: &[u8]) -> Result<Self, Rule> {
        let mut values = Values::of(algorithm).ok_or(Rule::SignatureUnreadable)?;
        let own = values.expect(OBJECT_IDENTIFIER).ok_or(Rule::SignatureUnreadable)?;
        if values.optional(NULL).is_some_and(|null| !null.value.is_empty()) || !values.is_done() {
            return Err(Rule::SignatureUnreadable);
        }
        let known = Self::ALL.into_iter().find(|digest| digest.identifier().as_bytes() == own);
        known.ok_or(Rule::AlgorithmNotAccepted)
    }

    /// The digest of all parts, one behind the other.
    pub(super) fn of(self, parts: &[&[u8]]) -> digest::Digest {
        let mut context = digest::Context::new(match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        });
        for part in parts {
            context.update(part);
        }
        context.finish()
    }
}

type Verifier = &'static dyn SignatureVerificationAlgorithm;

/// Every signature algorithm that is accepted, with the digest that it signs.
static METHODS: &[(Verifier, Digest)] = &[
    (verify::RSA_PKCS1_2048_8192_SHA256, Digest::Sha256),
    (verify::RSA_PKCS1_2048_8192_SHA384, Digest::Sha384),
    (verify::RSA_PKCS1_2048_8192_SHA512, Digest::Sha512),
    (verify::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS, Digest::Sha256),
    (verify::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS, Digest::Sha384),
    (verify::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS, Digest::Sha512),
    (verify::RSA_PSS_2048_8192_SHA256_LEGACY_KEY, Digest::Sha256),
    (verify::RSA_PSS_2048_8192_SHA384_LEGACY_KEY, Digest::Sha384),
    (verify::RSA_PSS_2048_8192_SHA512_LEGACY_KEY, Digest::Sha512),
    (verify::ECDSA_P256_SHA256, Digest::Sha256),
    (verify::ECDSA_P256_SHA384, Digest::Sha384),
    (verify::ECDSA_P384_SHA256, Digest::Sha256),
    (verify::ECDSA_P384_SHA384, Digest::Sha384),
];

/// Those with which certificates may be signed.
pub(super) fn of_certificates() -> Vec<Verifier> {
    METHODS.iter().map(|(verifier, _)| *verifier).collect()
}

/// Verifies `signature` over `message` with the key of `certificate`, by the algorithm that the
/// inside of an `AlgorithmIdentifier` names. `rsaEncryption` alone names PKCS #1 v1.5 with the
/// signer's digest (RFC 3370 §3.2).
pub(super) fn verify(
    algorithm: &[u8],
    digest: Digest,
    certificate: &EndEntityCert<'_>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Rule> {
    let plain_rsa = algorithm == alg_id::RSA_ENCRYPTION.as_ref();
    let named = METHODS.iter().filter(|(verifier, own)| {
        let own_name = verifier.signature_alg_id();
        let plain = plain_rsa && own_name.as_ref() == plain_name(digest);
        *own == digest && (plain || own_name.as_ref() == algorithm)
    });
    let mut refused = Rule::AlgorithmNotAccepted;
    for (verifier, _) in named {
        match certificate.verify_signature(*verifier, message, signature) {
            Ok(()) => return Ok(()),
            Err(webpki::Error::InvalidSignatureForPublicKey) => refused = Rule::SignatureInvalid,
            // The key is not one of this algorithm: the next one may be of its curve.
            Err(_) => {}
        }
    }
    Err(refused)
}

fn plain_name(digest: Digest) -> &'static [u8] {
    match digest {
        Digest::Sha256 => &alg_id::RSA_PKCS1_SHA256,
        Digest::Sha384 => &alg_id::RSA_PKCS1_SHA384,
        Digest::Sha512 => &alg_id::RSA_PKCS1_SHA512,
    }
}
