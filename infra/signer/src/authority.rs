//! Authorities, certificates and signatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::oid::ObjectIdentifier;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding, RsaKeyPair,
};
use rustls_pki_types::{PrivatePkcs8KeyDer, alg_id};

/// The name of what is signed as plain content.
pub const DATA: &str = "1.2.840.113549.1.7.1";
/// The name of what a timestamp signs (RFC 3161).
pub const TIMESTAMP_INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// A tag, a length, and these parts as the value.
pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let length = match value.len() {
        short @ 0..=0x7f => vec![u8::try_from(short).unwrap()],
        long => {
            let bytes = long.to_be_bytes();
            let bytes: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            [vec![0x80 | u8::try_from(bytes.len()).unwrap()], bytes].concat()
        }
    };
    [vec![tag], length, value].concat()
}

/// A name in dotted numbers, as DER writes it.
pub fn oid(dotted: &str) -> Vec<u8> {
    tlv(6, &[ObjectIdentifier::new_unwrap(dotted).as_bytes()])
}

/// How a holder signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384,
    /// RSA (PKCS #1) with SHA-256.
    Rsa256,
    /// RSA (PKCS #1) with SHA-384.
    Rsa384,
    /// RSA (PKCS #1) with SHA-512.
    Rsa512,
    /// `rsaEncryption`, which names no digest.
    RsaPlain,
    /// RSA-PSS with SHA-256.
    Pss256,
    /// RSA-PSS with SHA-384.
    Pss384,
    /// RSA-PSS with SHA-512.
    Pss512,
}

impl Method {
    /// Every method that is accepted.
    pub const ALL: [Self; 9] = [
        Self::EcdsaP256,
        Self::EcdsaP384,
        Self::Rsa256,
        Self::Rsa384,
        Self::Rsa512,
        Self::RsaPlain,
        Self::Pss256,
        Self::Pss384,
        Self::Pss512,
    ];

    fn digest(self) -> (&'static Algorithm, &'static str) {
        match self {
            Self::EcdsaP256 | Self::Rsa256 | Self::RsaPlain | Self::Pss256 => {
                (&SHA256, "2.16.840.1.101.3.4.2.1")
            }
            Self::EcdsaP384 | Self::Rsa384 | Self::Pss384 => (&SHA384, "2.16.840.1.101.3.4.2.2"),
            Self::Rsa512 | Self::Pss512 => (&SHA512, "2.16.840.1.101.3.4.2.3"),
        }
    }

    fn algorithm(self) -> Vec<u8> {
        let inside = match self {
            Self::EcdsaP256 => alg_id::ECDSA_SHA256,
            Self::EcdsaP384 => alg_id::ECDSA_SHA384,
            Self::Rsa256 => alg_id::RSA_PKCS1_SHA256,
            Self::Rsa384 => alg_id::RSA_PKCS1_SHA384,
            Self::Rsa512 => alg_id::RSA_PKCS1_SHA512,
            Self::RsaPlain => alg_id::RSA_ENCRYPTION,
            Self::Pss256 => alg_id::RSA_PSS_SHA256,
            Self::Pss384 => alg_id::RSA_PSS_SHA384,
            Self::Pss512 => alg_id::RSA_PSS_SHA512,
        };
        tlv(0x30, &[inside.as_ref()])
    }

    fn key(self) -> KeyPair {
        match self {
            Self::EcdsaP256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap(),
            Self::EcdsaP384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap(),
            Self::Rsa256
            | Self::Rsa384
            | Self::Rsa512
            | Self::RsaPlain
            | Self::Pss256
            | Self::Pss384
            | Self::Pss512 => {
                let key = PrivatePkcs8KeyDer::from(STANDARD.decode(RSA_KEY).unwrap());
                KeyPair::from_pkcs8_der_and_sign_algo(&key, &rcgen::PKCS_RSA_SHA256).unwrap()
            }
        }
    }

    fn sign(self, pkcs8: &[u8], message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let ecdsa = |algorithm| {
            let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8, &random).unwrap();
            key.sign(&random, message).unwrap().as_ref().to_vec()
        };
        let rsa = |encoding: &'static dyn RsaEncoding| {
            let key = RsaKeyPair::from_pkcs8(pkcs8).unwrap();
            let mut signature = vec![0; key.public().modulus_len()];
            key.sign(encoding, &random, message, &mut signature).unwrap();
            signature
        };
        match self {
            Self::EcdsaP256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING),
            Self::EcdsaP384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING),
            Self::Rsa256 | Self::RsaPlain => rsa(&RSA_PKCS1_SHA256),
            Self::Rsa384 => rsa(&RSA_PKCS1_SHA384),
            Self::Rsa512 => rsa(&RSA_PKCS1_SHA512),
            Self::Pss256 => rsa(&RSA_PSS_SHA256),
            Self::Pss384 => rsa(&RSA_PSS_SHA384),
            Self::Pss512 => rsa(&RSA_PSS_SHA512),
        }
    }
}

/// Somebody who gives out certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, in DER.
    pub certificate: Vec<u8>,
    /// The authorities between this one and the anchor.
    chain: Vec<Vec<u8>>,
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params
}

impl Authority {
    /// An authority of its own, the anchor.
    pub fn anchor(name: &str) -> Self {
        let key = Method::EcdsaP256.key();
        let params = authority_params(name);
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        Self { issuer: Issuer::new(params, key), certificate, chain: Vec::new() }
    }

    /// An authority below this one, changed by `change`.
    pub fn below(&self, name: &str, change: impl Fn(&mut CertificateParams)) -> Self {
        let key = Method::EcdsaP256.key();
        let mut params = authority_params(name);
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().to_vec();
        let chain = [vec![certificate.clone()], self.chain.clone()].concat();
        Self { issuer: Issuer::new(params, key), certificate, chain }
    }

    /// A certificate for an officer of Sở Tư pháp, valid in 2026, changed by `change`.
    pub fn holder(&self, method: Method, change: impl Fn(&mut CertificateParams)) -> Holder {
        let key = method.key();
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Sở Tư pháp");
        params.distinguished_name.push(DnType::CommonName, "Nguyễn Văn Ký");
        params.serial_number = Some(vec![0x2a, 0x01].into());
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 12, 31);
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
        let key_identifier = tlv(4, &[&[7; 20]]);
        params.custom_extensions =
            vec![CustomExtension::from_oid_content(&[2, 5, 29, 14], key_identifier)];
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().to_vec();
        Holder { method, key: key.serialize_der(), certificate, chain: self.chain.clone() }
    }

    /// A timestamp authority.
    pub fn clock(&self, change: impl Fn(&mut CertificateParams)) -> Holder {
        self.holder(Method::EcdsaP256, |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::TimeStamping];
            change(params);
        })
    }
}

/// Somebody with a certificate.
pub struct Holder {
    method: Method,
    key: Vec<u8>,
    /// The certificate, in DER.
    pub certificate: Vec<u8>,
    chain: Vec<Vec<u8>>,
}

/// How one signature is made.
#[derive(Clone)]
pub struct Making {
    /// The name of what is signed: [`DATA`] or [`TIMESTAMP_INFO`].
    pub content_type: &'static str,
    /// The signing-time attribute, as an ASN.1 `UTCTime`.
    pub time: Option<&'static str>,
    /// Bytes whose hash the signing-certificate attribute has.
    pub bound: Option<Vec<u8>>,
    /// The content, where it goes inside.
    pub inside: Option<Vec<u8>>,
    /// Whether the signer's own certificate stays away.
    pub without_certificates: bool,
    /// Name of the digest, where it is not that of the method.
    pub digest_name: Option<&'static str>,
    /// Whether the signer is named by their key, and not by issuer and serial number.
    pub by_key: bool,
}

impl Default for Making {
    fn default() -> Self {
        Self {
            content_type: DATA,
            time: Some("261120080000Z"),
            bound: None,
            inside: None,
            without_certificates: false,
            digest_name: None,
            by_key: false,
        }
    }
}

impl Holder {
    /// Signs `content`: a `ContentInfo` with signed data.
    pub fn sign(&self, content: &[u8], making: &Making) -> Vec<u8> {
        self.sign_and_stamp(content, making, |_| None)
    }

    /// The same, with the timestamp that `stamp` makes of the signature's value.
    pub fn sign_and_stamp(
        &self,
        content: &[u8],
        making: &Making,
        stamp: impl Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> Vec<u8> {
        let (algorithm, name) = self.method.digest();
        let name = making.digest_name.unwrap_or(name);
        let digest_algorithm = tlv(0x30, &[&oid(name), &[5, 0]]);
        let attribute = |name: &str, value: &[u8]| tlv(0x30, &[&oid(name), &tlv(0x31, &[value])]);
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", &oid(making.content_type)),
            attribute("1.2.840.113549.1.9.4", &tlv(4, &[digest(algorithm, content).as_ref()])),
        ];
        if let Some(time) = making.time {
            attributes.push(attribute("1.2.840.113549.1.9.5", &tlv(0x17, &[time.as_bytes()])));
        }
        if let Some(bound) = &making.bound {
            let hash = tlv(4, &[digest(&SHA256, bound).as_ref()]);
            let list = tlv(0x30, &[&tlv(0x30, &[&tlv(0x30, &[&hash])])]);
            attributes.push(attribute("1.2.840.113549.1.9.16.2.47", &list));
        }
        attributes.sort();
        let attributes = attributes.concat();
        let signature = self.method.sign(&self.key, &tlv(0x31, &[&attributes]));
        let unsigned = stamp(&signature).map_or(Vec::new(), |token| {
            tlv(0xa1, &[&attribute("1.2.840.113549.1.9.16.2.14", &token)])
        });
        let (version, signer) =
            if making.by_key { (3, self.by_key()) } else { (1, self.by_serial()) };
        let signer = tlv(
            0x30,
            &[
                &tlv(2, &[&[version]]),
                &signer,
                &digest_algorithm,
                &tlv(0xa0, &[&attributes]),
                &self.method.algorithm(),
                &tlv(4, &[&signature]),
                &unsigned,
            ],
        );
        let mut certificates = self.chain.concat();
        if !making.without_certificates {
            certificates.extend(&self.certificate);
        }
        let inside =
            making.inside.as_ref().map_or(Vec::new(), |inside| tlv(0xa0, &[&tlv(4, &[inside])]));
        let version = if making.by_key || making.content_type != DATA { 3 } else { 1 };
        let data = tlv(
            0x30,
            &[
                &tlv(2, &[&[version]]),
                &tlv(0x31, &[&digest_algorithm]),
                &tlv(0x30, &[&oid(making.content_type), &inside]),
                &tlv(0xa0, &[&certificates]),
                &tlv(0x31, &[&signer]),
            ],
        );
        tlv(0x30, &[&oid("1.2.840.113549.1.7.2"), &tlv(0xa0, &[&data])])
    }

    /// A timestamp of this value (RFC 3161).
    pub fn stamp(&self, value: &[u8], time: &str) -> Vec<u8> {
        let imprint = tlv(
            0x30,
            &[
                &tlv(0x30, &[&oid("2.16.840.1.101.3.4.2.1")]),
                &tlv(4, &[digest(&SHA256, value).as_ref()]),
            ],
        );
        let info = tlv(
            0x30,
            &[
                &tlv(2, &[&[1]]),
                &oid("1.3.6.1.4.1.99999.1"),
                &imprint,
                &tlv(2, &[&[7]]),
                &tlv(0x18, &[time.as_bytes()]),
            ],
        );
        let making = Making {
            content_type: TIMESTAMP_INFO,
            time: None,
            inside: Some(info.clone()),
            ..Making::default()
        };
        self.sign(&info, &making)
    }

    /// Issuer and serial number as the certificate has them.
    fn by_serial(&self) -> Vec<u8> {
        // Version, serial number, algorithm, issuer, each behind the other.
        let mut rest = inside(inside(&self.certificate));
        let mut parts = Vec::new();
        while parts.len() < 4 {
            let (part, behind) = rest.split_at(whole(rest));
            parts.push(part);
            rest = behind;
        }
        tlv(0x30, &[parts[3], parts[1]])
    }

    fn by_key(&self) -> Vec<u8> {
        let name = oid("2.5.29.14");
        let at = self.certificate.windows(name.len()).position(|part| part == name).unwrap();
        let octets = inside(&self.certificate[at + name.len()..]);
        tlv(0x80, &[inside(octets)])
    }
}

/// Length of the first value with its tag and length.
fn whole(bytes: &[u8]) -> usize {
    let (header, length) = header(bytes);
    header + length
}

/// What is inside the first value.
fn inside(bytes: &[u8]) -> &[u8] {
    let (header, length) = header(bytes);
    &bytes[header..header + length]
}

fn header(bytes: &[u8]) -> (usize, usize) {
    match usize::from(bytes[1]) {
        short @ 0..=0x7f => (2, short),
        long => {
            let count = long - 0x80;
            let length =
                bytes[2..2 + count].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (2 + count, length)
        }
    }
}

/// A key for these tests alone: `ring` makes none of RSA. PKCS #8 in base64.
const RSA_KEY: &str = "\
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC9fdljipbY4/cp3vtMerlwKizNt+r3G3eR23DfBxaGt8sk\
kl4ZqHH00at7G5+vrInRfStT/a8dFuCpIvpohTCnVLDbOcJeztMtOY0x7YpLL1jTm7xtq8pjujjdSpjciMr3fn+BUFJIg4mu\
5ggohlN2JjElsPVAbmZTk5zqU8Syp6j1wkJ3QkH39hLLyRD9prdUeRWiB/YQb/H0UFWY+bTORW50uoDMi8yTo6kE7iyWWiM8\
lRQgOcGtEeXU//50BoPQqxN8PnqLo9d/qVgOnF2kJTNycWfG9Vh4rkZDGe2itsZZWVWJdZTVupuRIT1h96EHmrH4d8i/nN6F\
fC4VHPB9AgMBAAECggEAHpAuYIZJd1kpk/jRqo++2i8LQ/EOtmWZPw7YYTio8vixDMiI4fWPz8+Dq5sUgga/wejA9M6dkIEQ\
omcwYWxeIRchYXKq/ZS5bfly4yMvo5nS52qelUfYoIY4RsUR67wqlIm0MhzM8MI6klmq5jJoQs29LpmgrRBBc+iCri7tsmzd\
lpmtNcA1gPniBzlzNKrfje78YNt2/7yaQQ4e6GQRLCM6bEmeY7GUljpCK/i3oSr3Cxkh960gtav97g2xIb4FQqZCjWQxhR8D\
kI0oQoGnBag4Ap7ROz4Duc4IExmdlmN2FZNd1np/pM8UAEK/iAPXL7cMHL2TbGK0GDriwyHt0QKBgQD/mnKBXhOIjJHpB0Vt\
21JH3BRTFqXdLlf0k4I8GmQWlFW/VFq1BhNjc+4zTWVkGFN4ykwlBbn6Ozi1hYwADnzckTN4CSv8wjZBjgEL3S6EI2hB+OYb\
zBpFrDSh4pco/93yXvuFjvOrgW6W8gVZgRWAr2pwi/vbNKKkuiY/gdNZ6QKBgQC9ySKj3lut8pfI0apQzQ4csljcdj6PbVWp\
eEmssXra8ugBYjkN8b/Pxyh/2MO6aX+q6sqGVu8HX7dRIAfXnM/4oSnciFqtIEYzwt/SoAlRjs2W3aFvmoiP846tu/RlYqGA\
e/8PbBhwBjYtfm6vgxOfruWItzFwvycdbJHcRA1xdQKBgC0f5Ss1opkux+ut3vIAEEyja+snSmz764dAK3PU7OqXkXPPvpvK\
0M10AA+KkGXVbZcbj8nRcv3cSqyxQQAZjq2Z7M46QEvFNbLpEQI5MCcf4R4UhPtPUywNtNUHncwdL9/EKP9xN0+F8DIx1APz\
KAqp7U6lR/dxGW2fd3UqxFdRAoGAXRxGA3F/Nzsy3pKG5beEue2CDT9x9/ojMc7TDofQh4Tu8GbZKQ83FOBX7UlS1a0WtqsU\
i44xHUQHcySs1EqZ+hhPqmO3YQLZjmGIYBSmHb5a/S5lGpUNdNqAYJo7EFawd5HeFBnrb2KMyAskkLVVNl2fPVDrT65oqVXv\
xcoZclUCgYEAxPyQA8P7hIkLXhhrydX8ZaIB2WVCozpdZf6eKuU36gkdLuDN95nDjEM0KlXo5eiir9DeHpWuu9ZjYifvQIsd\
GYl2VLWONgVBgnILBDtn0sO1ARsgpeLQlwfLyuiO2bxNce5dGnz4oJskoHsjg87mFEHvbWgLKOIOSWlny/UVlko=";
