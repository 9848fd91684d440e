//! Object storage: addresses signed for others, and what a function fetches for itself. Requests
//! are signed by the crate that the clients of tables and queues carry anyway; a client of object
//! storage would be megabytes for three calls (ADR 44).

use std::sync::OnceLock;
use std::time::Duration;

use aws_sdk_dynamodb::config::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::upload::{Declared, READ_WITHIN, UPLOAD_WITHIN, UploadId, UploadedDocument};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use rustls::ClientConfig;
use serde::Serialize;
use url::Url;

use crate::Failure;
use crate::cloud::Cloud;
use crate::gateway::http_client_over;
use crate::port::{Contents, Eraser, Keeper, Shelves};

/// The tag of an object that no dossier has claimed: the bucket's lifecycle removes what has it.
pub const UNCLAIMED: (&str, &str) = ("claimed", "no");

/// The tag in which the platform's scanner for malware says what it found (Amazon GuardDuty).
const SCANNED: &str = "GuardDutyMalwareScanStatus";

/// The validity of an address that a function uses at once.
const OWN_CALL: Duration = Duration::from_secs(60);

/// How long the storage may take to answer a function that a client waits for.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// The longest list of tags that is read, in bytes: ten tags of 128 and 256 characters fit.
const TAGS_BYTES_MAX: u64 = 64 * 1024;

/// The longest list of versions that is read at once, in bytes: what is behind it is in the next.
const VERSIONS_BYTES_MAX: u64 = 1024 * 1024;

/// How often the versions of an object are listed until none is left: a thousand come at a time, and
/// an object has one or two.
const LISTS_MAX: u32 = 5;

/// Where objects are, and as whom requests are signed.
#[derive(Debug, Clone)]
pub struct Bucket {
    credentials: Credentials,
    region: String,
    place: Url,
    tls: ClientConfig,
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

/// How a document is to be fetched.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedDownload {
    /// The address, which is a secret until it expires.
    pub url: String,
    /// The fetching has to begin before.
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
    /// The bucket at `place`, in the region of `cloud` and signed as it is. Fails where `place` is
    /// no address.
    pub fn open(cloud: &Cloud, place: &str) -> Result<Self, Failure> {
        let place = Url::parse(place).map_err(|error| Failure::Defect(error.to_string()))?;
        let (credentials, region) = (cloud.credentials().clone(), cloud.region().to_owned());
        Ok(Self { credentials, region, place, tls: cloud.tls().clone() })
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
        let mut headers = described(declared)?;
        headers.push(SignedHeader { name: "x-amz-tagging", value: format!("{tag}={value}") });
        let url = self.sign_put(id, &headers, UPLOAD_WITHIN.unsigned_abs(), now)?;
        let expires_at = now.saturating_add(UPLOAD_WITHIN).unwrap_or(now);
        Ok(SignedUpload { method: "PUT", url, headers, expires_at })
    }

    /// An address by which whoever has it may fetch this version of a document for
    /// [`READ_WITHIN`], as a file and never as a page. The file is named by its id: the names that
    /// applicants give are kept nowhere.
    pub async fn download(
        &self,
        document: &UploadedDocument,
        now: Timestamp,
    ) -> Result<SignedDownload, Failure> {
        let ending = document.declared.media_type.ending();
        let named = format!("attachment; filename=\"{}.{ending}\"", document.upload);
        let query = [
            ("versionId", document.object_version.as_str()),
            ("response-content-disposition", named.as_str()),
            ("response-cache-control", "no-store"),
        ];
        let address = self.address(&document.upload, &query);
        let url = self.sign("GET", address, &[], READ_WITHIN.unsigned_abs(), now)?;
        let expires_at = now.saturating_add(READ_WITHIN).unwrap_or(now);
        Ok(SignedDownload { url, expires_at })
    }

    /// An address to which the document `id` is put with these headers.
    fn sign_put(
        &self,
        id: &UploadId,
        headers: &[SignedHeader],
        lives: Duration,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let signed: Vec<(&str, &str)> =
            headers.iter().map(|header| (header.name, header.value.as_str())).collect();
        self.sign("PUT", self.address(id, &[]), &signed, lives, now)
    }

    fn address(&self, id: &UploadId, query: &[(&str, &str)]) -> Url {
        self.within(&id.object_key(), query)
    }

    /// The address of what is called `key`; of the bucket itself where it has no letter.
    fn within(&self, key: &str, query: &[(&str, &str)]) -> Url {
        let mut address = self.place.clone();
        let folder = address.path().trim_end_matches('/').to_owned();
        address.set_path(&format!("{folder}/{key}"));
        if !query.is_empty() {
            address.query_pairs_mut().extend_pairs(query);
        }
        address
    }

    /// The address with a signature in its query (AWS Signature Version 4), valid for `lives`.
    fn sign(
        &self,
        method: &str,
        mut address: Url,
        headers: &[(&str, &str)],
        lives: Duration,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let defect = |error: &dyn std::error::Error| Failure::Defect(error.to_string());
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.signature_location = SignatureLocation::QueryParams;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.expires_in = Some(lives);
        let identity = self.credentials.clone().into();
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

/// What is sent along with a content, by which the storage checks it.
fn described(declared: &Declared) -> Result<Vec<SignedHeader>, Failure> {
    let media_type = declared.media_type.media_type().to_owned();
    Ok(vec![
        SignedHeader { name: "content-type", value: media_type },
        SignedHeader { name: "content-length", value: declared.bytes.to_string() },
        SignedHeader { name: "x-amz-checksum-sha256", value: checksum(&declared.sha256)? },
    ])
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

/// A bucket that a function calls itself.
#[derive(Debug)]
pub struct Objects {
    bucket: Bucket,
    http: OnceLock<reqwest::Client>,
    timeout: Duration,
    clock: fn() -> Timestamp,
}

/// The name of the storage in failures.
const PART: &str = "object storage";

/// The failure without its address, which is signed.
fn broken(error: reqwest::Error) -> Failure {
    Failure::unavailable(PART, error.without_url())
}

impl Objects {
    /// Those of `bucket`, each answer within `timeout`, signed at the time by `clock`.
    pub fn new(bucket: Bucket, timeout: Duration, clock: fn() -> Timestamp) -> Self {
        Self { bucket, http: OnceLock::new(), timeout, clock }
    }

    /// Calls `address`; every answer but `expected` is a failure.
    async fn call(
        &self,
        method: Method,
        address: Url,
        expected: StatusCode,
    ) -> Result<Response, Failure> {
        let url = self.bucket.sign(method.as_str(), address, &[], OWN_CALL, (self.clock)())?;
        answered(self.http()?.request(method, url), expected).await
    }

    /// Made when it is first needed: it reads the roots of trust, and most requests of a function
    /// that takes dossiers in name no upload.
    fn http(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let made = http_client_over(self.bucket.tls.clone(), self.timeout)?;
        Ok(self.http.get_or_init(|| made))
    }

    async fn get(&self, address: Url, bytes_max: u64) -> Result<Vec<u8>, Failure> {
        let mut response = self.call(Method::GET, address, StatusCode::OK).await?;
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

/// The answer to `request`; every one but `expected` is a failure.
async fn answered(request: RequestBuilder, expected: StatusCode) -> Result<Response, Failure> {
    let response = request.send().await.map_err(broken)?;
    if response.status() != expected {
        let status = response.status().as_u16();
        return Err(Failure::unavailable(PART, format!("answered {status}")));
    }
    Ok(response)
}

impl Shelves for Objects {
    async fn put(
        &self,
        id: &UploadId,
        declared: &Declared,
        content: Vec<u8>,
    ) -> Result<(), Failure> {
        let headers = described(declared)?;
        let url = self.bucket.sign_put(id, &headers, OWN_CALL, (self.clock)())?;
        let request = headers
            .into_iter()
            .fold(self.http()?.put(url), |request, SignedHeader { name, value }| {
                request.header(name, value)
            });
        answered(request.body(content), StatusCode::OK).await.map(drop)
    }
}

impl Keeper for Objects {
    async fn keep(&self, id: &UploadId, version: &str) -> Result<(), Failure> {
        let address = self.bucket.address(id, &[("tagging", ""), ("versionId", version)]);
        self.call(Method::DELETE, address, StatusCode::NO_CONTENT).await.map(drop)
    }
}

impl Eraser for Objects {
    async fn erase(&self, id: &UploadId) -> Result<(), Failure> {
        let key = id.object_key();
        for _ in 0..LISTS_MAX {
            let list = self.bucket.within("", &[("versions", ""), ("prefix", &key)]);
            let list = self.get(list, VERSIONS_BYTES_MAX).await?;
            let versions = versions(&String::from_utf8_lossy(&list), &key);
            if versions.is_empty() {
                return Ok(());
            }
            for version in versions {
                let address = self.bucket.address(id, &[("versionId", &version)]);
                self.call(Method::DELETE, address, StatusCode::NO_CONTENT).await?;
            }
        }
        Err(Failure::Held("an object that is written anew"))
    }
}

impl Contents for Objects {
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

/// The versions of the object `key` in the storage's list of versions (XML), those that only say
/// that it was deleted among them. Keys and versions of ours are plain words.
fn versions(list: &str, key: &str) -> Vec<String> {
    let entries = ["<Version>", "<DeleteMarker>"].map(|kind| list.split(kind).skip(1));
    let of_key = |entry: &&str| entry.contains(&format!("<Key>{key}</Key>"));
    let each = entries.into_iter().flatten().filter(of_key);
    each.filter_map(|entry| {
        let (_, version) = entry.split_once("<VersionId>")?;
        version.split_once("</VersionId>").map(|(version, _)| version.to_owned())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_of_an_object_is_found_and_each_mark_of_its_deletion_and_no_other_object_s() {
        let list = "<ListVersionsResult><Prefix>documents/a1</Prefix>\
                    <Version><Key>documents/a1</Key><VersionId>v2</VersionId></Version>\
                    <DeleteMarker><Key>documents/a1</Key><VersionId>m</VersionId></DeleteMarker>\
                    <Version><Key>documents/a1</Key><VersionId>v1</VersionId></Version>\
                    <Version><Key>documents/a10</Key><VersionId>x</VersionId></Version>\
                    </ListVersionsResult>";
        let mut found = versions(list, "documents/a1");
        found.sort();
        assert_eq!(found, ["m", "v1", "v2"]);
        assert!(versions("<ListVersionsResult/>", "documents/a1").is_empty());
    }

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
