//! Object storage: addresses signed for others, and what a function fetches for itself. Requests
//! are signed by the crate that the clients of tables and queues carry anyway; a client of object
//! storage would be megabytes for three calls (ADR 44).

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::upload::{Declared, UPLOAD_WITHIN, UploadId};
use jiff::Timestamp;
use reqwest::StatusCode;
use serde::Serialize;
use url::Url;

use crate::Failure;
use crate::gateway::http_client;
use crate::port::Contents;

/// The tag of an object that no dossier has claimed: the bucket's lifecycle removes what has it.
pub const UNCLAIMED: (&str, &str) = ("claimed", "no");

/// The tag in which the platform's scanner for malware says what it found (Amazon GuardDuty).
const SCANNED: &str = "GuardDutyMalwareScanStatus";

/// The validity of an address that a function uses at once.
const OWN_CALL: Duration = Duration::from_secs(60);

/// The longest list of tags that is read, in bytes: ten tags of 128 and 256 characters fit.
const TAGS_BYTES_MAX: u64 = 64 * 1024;

/// Where objects are, and as whom requests are signed.
#[derive(Debug, Clone)]
pub struct Bucket {
    credentials: SharedCredentialsProvider,
    region: String,
    place: Url,
}

/// How a document is to be uploaded: exactly so, or the storage refuses it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedUpload {
    /// The method, always `PUT`.
    pub method: &'static str,
    /// The address, which is a secret until it expires.
    pub url: String,
    /// The headers to send, with these values: they are signed.
    pub headers: Vec<SignedHeader>,
    /// The upload has to begin before.
    pub expires_at: Timestamp,
}

/// A header of an upload.
#[derive(Debug, Serialize)]
pub struct SignedHeader {
    /// The name in lower case.
    pub name: &'static str,
    /// The value that was signed.
    pub value: String,
}

impl Bucket {
    /// The bucket at `place`, with the credentials and the region of `config`. Fails where these
    /// are missing or `place` is no address.
    pub fn open(config: &SdkConfig, place: &str) -> Result<Self, Failure> {
        let missing = |what: &str| Failure::Defect(format!("no {what} for object storage"));
        let credentials = config.credentials_provider().ok_or_else(|| missing("credentials"))?;
        let region = config.region().ok_or_else(|| missing("region"))?;
        Self::new(credentials, region.as_ref(), place)
    }

    /// The bucket at `place` in `region`, signed as `credentials`.
    pub fn new(
        credentials: SharedCredentialsProvider,
        region: &str,
        place: &str,
    ) -> Result<Self, Failure> {
        let place = Url::parse(place).map_err(|error| Failure::Defect(error.to_string()))?;
        Ok(Self { credentials, region: region.to_owned(), place })
    }

    /// An address by which whoever has it may upload the document `id`, once it is what was
    /// `declared`: type, length and checksum are signed, and so is the tag of what is unclaimed.
    pub async fn upload(
        &self,
        id: &UploadId,
        declared: &Declared,
        now: Timestamp,
    ) -> Result<SignedUpload, Failure> {
        let (tag, value) = UNCLAIMED;
        let headers = vec![
            SignedHeader {
                name: "content-type",
                value: declared.media_type.media_type().to_owned(),
            },
            SignedHeader { name: "content-length", value: declared.bytes.to_string() },
            SignedHeader { name: "x-amz-checksum-sha256", value: checksum(&declared.sha256)? },
            SignedHeader { name: "x-amz-tagging", value: format!("{tag}={value}") },
        ];
        let address = self.address(id, &[]);
        let signed: Vec<(&str, &str)> =
            headers.iter().map(|header| (header.name, header.value.as_str())).collect();
        let lives = UPLOAD_WITHIN.unsigned_abs();
        let url = self.sign("PUT", address, &signed, lives, now).await?;
        let expires_at = now.saturating_add(UPLOAD_WITHIN).unwrap_or(now);
        Ok(SignedUpload { method: "PUT", url, headers, expires_at })
    }

    fn address(&self, id: &UploadId, query: &[(&str, &str)]) -> Url {
        let mut address = self.place.clone();
        let folder = address.path().trim_end_matches('/').to_owned();
        address.set_path(&format!("{folder}/{}", id.object_key()));
        if !query.is_empty() {
            address.query_pairs_mut().extend_pairs(query);
        }
        address
    }

    /// The address with a signature in its query (AWS Signature Version 4), valid for `lives`.
    async fn sign(
        &self,
        method: &str,
        mut address: Url,
        headers: &[(&str, &str)],
        lives: Duration,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let credentials = self.credentials.provide_credentials().await;
        let credentials =
            credentials.map_err(|error| Failure::unavailable("credentials", error))?;
        let defect = |error: &dyn std::error::Error| Failure::Defect(error.to_string());
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.signature_location = SignatureLocation::QueryParams;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.expires_in = Some(lives);
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(now.into())
            .settings(settings)
            .build()
            .map_err(|error| defect(&error))?
            .into();
        let request = SignableRequest::new(
            method,
            address.as_str(),
            headers.iter().copied(),
            SignableBody::UnsignedPayload,
        )
        .map_err(|error| defect(&error))?;
        let (signed, _) = sign(request, &parameters).map_err(|error| defect(&error))?.into_parts();
        address.query_pairs_mut().extend_pairs(signed.params());
        Ok(address.into())
    }
}

/// The digest as the storage wants it: base64 of the bytes.
fn checksum(sha256: &str) -> Result<String, Failure> {
    let digit = |place: usize| sha256.get(place..place + 2);
    let bytes: Option<Vec<u8>> = (0..sha256.len())
        .step_by(2)
        .map(|place| u8::from_str_radix(digit(place)?, 16).ok())
        .collect();
    let bytes = bytes.ok_or_else(|| Failure::Defect("a digest is not hexadecimal".to_owned()))?;
    Ok(STANDARD.encode(bytes))
}

/// A bucket from which a function fetches.
#[derive(Debug, Clone)]
pub struct Fetched {
    bucket: Bucket,
    http: reqwest::Client,
    clock: fn() -> Timestamp,
}

impl Fetched {
    /// From `bucket`, each answer within `timeout`, signed at the time by `clock`.
    pub fn new(
        bucket: Bucket,
        timeout: Duration,
        clock: fn() -> Timestamp,
    ) -> Result<Self, Failure> {
        Ok(Self { bucket, http: http_client(timeout)?, clock })
    }

    async fn get(&self, address: Url, bytes_max: u64) -> Result<Vec<u8>, Failure> {
        const PART: &str = "object storage";
        let url = self.bucket.sign("GET", address, &[], OWN_CALL, (self.clock)()).await?;
        // The error would name the address, which is signed.
        let broken = |error: reqwest::Error| Failure::unavailable(PART, error.without_url());
        let mut response = self.http.get(url).send().await.map_err(broken)?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            return Err(Failure::unavailable(PART, format!("answered {status}")));
        }
        let mut content = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            content.extend_from_slice(&chunk);
            if u64::try_from(content.len()).is_ok_and(|length| length > bytes_max) {
                break;
            }
        }
        Ok(content)
    }
}

impl Contents for Fetched {
    async fn content(
        &self,
        id: &UploadId,
        version: &str,
        bytes_max: u64,
    ) -> Result<Vec<u8>, Failure> {
        self.get(self.bucket.address(id, &[("versionId", version)]), bytes_max).await
    }

    async fn scanned(&self, id: &UploadId, version: &str) -> Result<Option<String>, Failure> {
        let address = self.bucket.address(id, &[("tagging", ""), ("versionId", version)]);
        let tags = self.get(address, TAGS_BYTES_MAX).await?;
        Ok(tag(&String::from_utf8_lossy(&tags), SCANNED).map(str::to_owned))
    }
}

/// The value of the tag `name` in the storage's list of tags (XML). Names and values of a scanner
/// are plain words, so that nothing in them is escaped.
fn tag<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    let tags = list.split("<Tag>").skip(1);
    let mut named = tags.filter(|tag| tag.contains(&format!("<Key>{name}</Key>")));
    let (_, value) = named.next()?.split_once("<Value>")?;
    value.split_once("</Value>").map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scanner_s_tag_is_found_among_others_and_nothing_is_made_of_none() {
        let list = "<Tagging><TagSet><Tag><Key>claimed</Key><Value>no</Value></Tag>\
                    <Tag><Key>GuardDutyMalwareScanStatus</Key><Value>THREATS_FOUND</Value></Tag>\
                    </TagSet></Tagging>";
        assert_eq!(tag(list, SCANNED), Some("THREATS_FOUND"));
        assert_eq!(tag(list, "claimed"), Some("no"));
        assert_eq!(tag("<Tagging><TagSet/></Tagging>", SCANNED), None);
    }
}
