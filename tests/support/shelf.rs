//! Content of documents, as the bucket would have it, and small files to put there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use domain::upload::{Declared, UploadId};
use inspection::sha256;
use platform::Failure;
use platform::port::{Contents, Eraser, Keeper, Shelves};
use serde_json::{Value, json};

use super::seam::Seam;

/// The type of most documents.
pub const PDF: &str = "application/pdf";

/// What a client declares of this content.
pub fn declared(media_type: &str, content: &[u8]) -> Value {
    json!({ "mediaType": media_type, "bytes": content.len(), "sha256": sha256(content) })
}

/// Versions of objects by document and version, and those that are kept.
pub type Shelved = (BTreeMap<(String, String), Vec<u8>>, BTreeSet<(String, String)>);

/// Versions of objects, and what a scanner says of them.
#[derive(Default)]
pub struct Shelf {
    objects: Mutex<BTreeMap<(String, String), Vec<u8>>>,
    scanned: Option<&'static str>,
    /// How often something was fetched.
    pub fetched: Mutex<u32>,
    /// Versions that are kept whatever nobody claims.
    pub kept: Mutex<BTreeSet<(String, String)>>,
    /// How many erasures fail before one succeeds.
    pub refusals: Mutex<u32>,
    /// What each call passes on its way here.
    pub seam: Seam,
    /// What the bucket says of what functions put there, until somebody takes it.
    pub said: Mutex<Vec<String>>,
}

fn broken(_: bool) -> Failure {
    Failure::unavailable("object storage", "the line is cut here")
}

impl Shelf {
    /// With a scanner that says this of each version, or with none.
    pub fn scanned_as(says: Option<&'static str>) -> Self {
        Self { scanned: says, ..Self::default() }
    }

    /// Puts this content there, and gives back what the bucket says of it.
    pub fn put(&self, id: &str, version: &str, content: &[u8]) -> String {
        let key = (id.to_owned(), version.to_owned());
        self.objects.lock().unwrap().insert(key, content.to_vec());
        notification(id, version).to_string()
    }

    /// Everything that is there, and what of it is kept.
    pub fn contents(&self) -> Shelved {
        (self.objects.lock().unwrap().clone(), self.kept.lock().unwrap().clone())
    }

    /// Makes it hold this and nothing else, with nothing said.
    pub fn restore(&self, shelved: &Shelved) {
        *self.objects.lock().unwrap() = shelved.0.clone();
        *self.kept.lock().unwrap() = shelved.1.clone();
        self.said.lock().unwrap().clear();
    }

    /// The versions that there are of an object.
    pub fn versions(&self, id: &str) -> usize {
        self.objects.lock().unwrap().keys().filter(|(known, _)| known == id).count()
    }
}

/// What the bucket says of a version.
pub fn notification(id: &str, version: &str) -> Value {
    let object = json!({ "key": format!("documents/{id}"), "versionId": version });
    json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "object": object } }] })
}

impl Shelves for Shelf {
    async fn put(&self, id: &UploadId, declared: &Declared, bytes: Vec<u8>) -> Result<(), Failure> {
        assert_eq!((sha256(&bytes), bytes.len() as u64), (declared.sha256.clone(), declared.bytes));
        let does = || {
            let version = format!("copy-{}", self.versions(id.as_str()) + 1);
            let said = Self::put(self, id.as_str(), &version, &bytes);
            self.said.lock().unwrap().push(said);
            Ok(())
        };
        self.seam.port("storage put", true, does, |done| Err(broken(done))).await
    }
}

impl Keeper for Shelf {
    async fn keep(&self, id: &UploadId, version: &str) -> Result<(), Failure> {
        let does = || {
            self.kept.lock().unwrap().insert((id.as_str().to_owned(), version.to_owned()));
            Ok(())
        };
        self.seam.port("storage keep", true, does, |done| Err(broken(done))).await
    }
}

impl Eraser for Shelf {
    async fn erase(&self, id: &UploadId) -> Result<(), Failure> {
        let does = || {
            let mut left = self.refusals.lock().unwrap();
            if *left > 0 {
                *left -= 1;
                return Err(Failure::unavailable("object storage", "refused by the test"));
            }
            self.objects.lock().unwrap().retain(|(known, _), _| known != id.as_str());
            Ok(())
        };
        self.seam.port("storage erase", true, does, |done| Err(broken(done))).await
    }
}

impl Contents for Shelf {
    async fn content(&self, id: &UploadId, version: &str, _: u64) -> Result<Vec<u8>, Failure> {
        let does = || {
            *self.fetched.lock().unwrap() += 1;
            let key = (id.as_str().to_owned(), version.to_owned());
            let found = self.objects.lock().unwrap().get(&key).cloned();
            found.ok_or_else(|| Failure::unavailable("object storage", "answered 404"))
        };
        self.seam.port("storage get", false, does, |done| Err(broken(done))).await
    }

    async fn scanned(&self, _: &UploadId, _: &str) -> Result<Option<String>, Failure> {
        let does = || Ok(self.scanned.map(str::to_owned));
        self.seam.port("storage tags", false, does, |done| Err(broken(done))).await
    }
}

/// A PDF of one empty page with these entries more in its trailer, and `bytes` long where it can
/// be.
pub fn pdf(trailer: &str, bytes: usize) -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut table = "xref\n0 4\n0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(objects) {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let begin = file.len();
    file.push_str(&table);
    file.push_str(&format!("trailer\n<< /Size 4 /Root 1 0 R {trailer}>>\n"));
    file.push_str(&format!("startxref\n{begin}\n%%EOF\n"));
    let mut file = file.into_bytes();
    // Blanks behind its end change nothing.
    file.resize(file.len().max(bytes), b'\n');
    file
}
