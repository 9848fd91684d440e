//! What the functions need of the world. Each port has two implementations: the real adapter, and
//! in the tests one that fails on purpose between two calls.

mod contacts;
mod counts;
mod delivery;

use std::collections::{BTreeMap, BTreeSet};

use domain::applicant::Phone;
use domain::dossier::{Dossier, Standing};
use domain::id::{AgencyCode, CommandId, DossierCode, SubjectCode};
use domain::notice::{Notice, Provider};
use domain::thread::NoticeThread;
use domain::upload::{Declared, Upload, UploadId, UploadState, UploadedDocument};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

mod events;
mod feedback;
mod inquiries;
mod payment;

pub use contacts::Contacts;
pub use counts::Counts;
pub use events::{EventRecords, ReplyQueues};
pub use feedback::{FeedbackIntake, FeedbackSystems, ToldStep};
pub use payment::{DuePayment, PaymentBook, PaymentGateway, PaymentOrder};

pub use inquiries::{AccountReplies, AccountUser, Asked, Asker, Inquiries, Limits, TakenUp};

use crate::Failure;
use crate::account::{AccountTokens, Token};
use crate::catalogue::Edition;
use crate::document_copy::{DocumentCopy, Missed};
use crate::record::SubmissionReceipt;

pub use delivery::{Acknowledgements, Case, CaseSystems, DeliveryLedger, Found, Receipts, Trouble};

/// What became of an attempt to store something under a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// The write was stored.
    Yes,
    /// Another process was first; nothing was changed.
    AnotherWasFirst,
}

/// What became of an attempt to store the next version of a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advance {
    /// The version is stored, and the documents that came with it are this dossier's.
    Stored,
    /// Another process was first; nothing was changed.
    AnotherWasFirst,
    /// Another dossier has claimed these of the documents meanwhile; nothing was changed.
    UploadsTaken(BTreeSet<UploadId>),
}

/// What became of an attempt to admit a new dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Dossier and receipt are stored, both.
    Admitted,
    /// The same idempotency key was used before; nothing was changed.
    KeyTaken,
    /// A dossier with this code exists; nothing was changed.
    CodeTaken,
    /// Another dossier has claimed these of the documents meanwhile; nothing was changed.
    UploadsTaken(BTreeSet<UploadId>),
}

/// Access to single dossiers.
pub trait DossierStore: Sync {
    /// The dossier as of the last completed write; none if there is no such code.
    fn dossier(
        &self,
        code: &DossierCode,
    ) -> impl Future<Output = Result<Option<Dossier>, Failure>> + Send;

    /// The dossier by reads that cost half: of at least version `least`, and a moment behind the
    /// last completed write at most. Only for what a conditional write then guards; what is refused
    /// by it is asked again by [`DossierStore::dossier`].
    fn recent_dossier(
        &self,
        code: &DossierCode,
        _least: u64,
    ) -> impl Future<Output = Result<Option<Dossier>, Failure>> + Send {
        self.dossier(code)
    }

    /// Stores `dossier` if the stored version is the one before it, with the same assignments, and
    /// with content as long as it has any. State, version, history entry, the documents and the
    /// result that came with it, the claims on those that were uploaded and the outbox fact are one
    /// write: all or nothing.
    fn advance(&self, dossier: &Dossier) -> impl Future<Output = Result<Advance, Failure>> + Send;

    /// Stores the last assignment of `dossier` if the stored one has its version, and every
    /// assignment before this one.
    fn assign(&self, dossier: &Dossier) -> impl Future<Output = Result<Stored, Failure>> + Send;
}

/// What goes by post for dossiers.
pub trait PostBook: Sync {
    /// Stores the post of `dossier` if the stored one is the version before it. Status, version and
    /// history stay.
    fn keep_post(&self, dossier: &Dossier) -> impl Future<Output = Result<Stored, Failure>> + Send;
}

/// The latest edition of the catalogue.
#[derive(Debug)]
pub struct LastEdition {
    /// Its number, whether it can be read or not; 0 before the first.
    pub number: u64,
    /// The edition itself; none where it cannot be read, which reading it by its number explains.
    pub edition: Option<Edition>,
}

/// The editions of the catalogue that were published, with their files.
pub trait CatalogueEditions: Sync {
    /// The latest edition, in one call; number 0 before the first.
    fn last(&self) -> impl Future<Output = Result<LastEdition, Failure>> + Send;

    /// The edition with this number, if there is one.
    fn edition(
        &self,
        edition: u64,
    ) -> impl Future<Output = Result<Option<Edition>, Failure>> + Send;

    /// The text of the file `name` with this SHA-256, if there is one.
    fn text(
        &self,
        name: &str,
        hash: &str,
    ) -> impl Future<Output = Result<Option<String>, Failure>> + Send;
}

/// Where new dossiers get their number, and each only once.
pub trait Intake: Sync {
    /// The receipt given under this key before, if any.
    fn receipt(
        &self,
        key: &CommandId,
    ) -> impl Future<Output = Result<Option<SubmissionReceipt>, Failure>> + Send;

    /// Adds `step` to the counter of `agency` on `day` and returns it: from 1, never the same
    /// twice. Skipped and unused numbers are gaps.
    fn next_sequence(
        &self,
        agency: &AgencyCode,
        day: Date,
        step: u32,
    ) -> impl Future<Output = Result<u32, Failure>> + Send;

    /// Records that the event `key` about `code`, of a sender of that standing and with that time,
    /// has come and is not decided. Returns whether another such event has an earlier time that it
    /// waits for: who may still get the dossier forwarded is waited for by handlers alone, and who
    /// never may is neither recorded nor waits.
    fn wait(
        &self,
        code: &DossierCode,
        key: &CommandId,
        claimed: (Standing, Timestamp),
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Records that the event `key` about `code` waits no longer.
    fn waited(
        &self,
        code: &DossierCode,
        key: &CommandId,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Stores dossier, receipt and the claims on uploaded documents together, or nothing.
    fn admit(
        &self,
        dossier: &Dossier,
        key: &CommandId,
        receipt: &SubmissionReceipt,
    ) -> impl Future<Output = Result<Admission, Failure>> + Send;
}

/// Documents that were asked for, and how far each has come.
pub trait Uploads: Sync {
    /// The document as of the last completed write; none where its time has ended.
    fn upload(&self, id: &UploadId)
    -> impl Future<Output = Result<Option<Upload>, Failure>> + Send;

    /// Stores a document that was asked for.
    fn open(&self, upload: &Upload) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Stores how the inspection of an awaited document ended.
    fn conclude(
        &self,
        id: &UploadId,
        state: &UploadState,
    ) -> impl Future<Output = Result<Stored, Failure>> + Send;
}

/// The mark by which the storage removes a content that no dossier has claimed.
pub trait Keeper: Sync {
    /// Takes the mark away from this version of the document's object: it stays. What has none is
    /// left as it is.
    fn keep(
        &self,
        id: &UploadId,
        version: &str,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Uploaded documents, for requests that name some.
pub trait UploadClaims: Sync {
    /// Those of `ids` that there are, as of the last completed write.
    fn named(
        &self,
        ids: &BTreeSet<UploadId>,
    ) -> impl Future<Output = Result<BTreeMap<UploadId, Upload>, Failure>> + Send;

    /// Sees to it that the storage keeps the content of these documents. Before their dossier is
    /// stored: what fails in between leaves a content too long, and never too short.
    fn keep(
        &self,
        documents: Vec<UploadedDocument>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What was handed in, to be done away with. Each step can be done again.
pub trait Removal: Sync {
    /// Stores `dossier`, which is without content, in the place of the same version with its
    /// content: from then on nobody sees it. What is left of it is found again until
    /// [`Removal::clear`].
    fn forget(&self, dossier: &Dossier) -> impl Future<Output = Result<Stored, Failure>> + Send;

    /// The uploaded documents that the stored content of `code` names.
    fn uploads_of(
        &self,
        code: &DossierCode,
    ) -> impl Future<Output = Result<BTreeSet<UploadId>, Failure>> + Send;

    /// Removes the row of an uploaded document.
    fn forget_upload(&self, id: &UploadId) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Removes the stored content of `code`, and then the key by which it was found.
    fn clear(&self, code: &DossierCode) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The objects of uploaded documents, to be done away with.
pub trait Eraser: Sync {
    /// Deletes every version of the document's object. One that is gone is no failure.
    fn erase(&self, id: &UploadId) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Copies of documents that other systems keep.
pub trait Copies: Sync {
    /// What is known of the copy as of the last completed write; none before it was tried.
    fn copy(
        &self,
        id: &UploadId,
    ) -> impl Future<Output = Result<Option<DocumentCopy>, Failure>> + Send;

    /// Stores a copy that was fetched, before its content is. One that is there stays as it is.
    fn fetched(&self, upload: &Upload) -> impl Future<Output = Result<Stored, Failure>> + Send;

    /// Stores why there is no copy, unless there is one by now.
    fn missed(&self, missed: &Missed) -> impl Future<Output = Result<Stored, Failure>> + Send;
}

/// The hosts at which other systems keep documents.
pub trait DocumentSources: Sync {
    /// The bytes at this address; of a longer content only the first, more than `bytes_max` of
    /// them. Fails where the host does not give it, whatever the reason.
    fn fetch(
        &self,
        url: &str,
        bytes_max: u64,
    ) -> impl Future<Output = Result<Vec<u8>, Failure>> + Send;
}

/// Where the content of documents is put by a function of ours.
pub trait Shelves: Sync {
    /// Puts the content of the document `id`, which is what was declared. Done twice, there are two
    /// versions of the same bytes.
    fn put(
        &self,
        id: &UploadId,
        declared: &Declared,
        content: Vec<u8>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The content of uploaded documents.
pub trait Contents: Sync {
    /// The bytes of this version of the document's object; of a longer one only the first, more
    /// than `bytes_max` of them.
    fn content(
        &self,
        id: &UploadId,
        version: &str,
        bytes_max: u64,
    ) -> impl Future<Output = Result<Vec<u8>, Failure>> + Send;

    /// What the platform's scanner for malware says of this version; none where it has said
    /// nothing.
    fn scanned(
        &self,
        id: &UploadId,
        version: &str,
    ) -> impl Future<Output = Result<Option<String>, Failure>> + Send;
}

/// Threads of notices, one for each dossier and each morning report.
pub trait NoticeBook: Sync {
    /// The thread as of the last completed write; `None` if there is none.
    fn thread(
        &self,
        code: &SubjectCode,
    ) -> impl Future<Output = Result<Option<NoticeThread>, Failure>> + Send;

    /// The thread by a read that costs half, a moment behind the last completed write at most. Only
    /// for what [`NoticeBook::keep`] then guards: that there is nothing to do is not believed of it.
    fn recent_thread(
        &self,
        code: &SubjectCode,
    ) -> impl Future<Output = Result<Option<NoticeThread>, Failure>> + Send {
        self.thread(code)
    }

    /// Stores `thread` if the stored version is the one before it.
    fn keep(&self, thread: &NoticeThread) -> impl Future<Output = Result<Stored, Failure>> + Send;
}

/// What a gateway made of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It took the message and gave it this id.
    Accepted {
        /// The gateway's id of the message; `None` if the answer has no valid one. A delivery
        /// report then gives it.
        message: Option<String>,
    },
    /// The gateway declined, with a code of its own.
    Declined {
        /// The code that the gateway gave.
        code: i32,
    },
    /// It has not taken the message: no connection came about, or it turned the request away
    /// unread.
    NotTaken {
        /// What came instead, e.g. `unreachable`, `http-429`.
        instead: String,
        /// How long it asks to be left alone (`Retry-After`).
        retry_after: Option<SignedDuration>,
    },
    /// It may or may not have got the message: the answer never came, or was no answer.
    Unknown {
        /// What came instead, e.g. `timed-out`, `http-500`.
        instead: String,
    },
}

/// Everybody who carries messages for us.
pub trait MessageGateways: Sync {
    /// Asks `provider` to carry `notice` to `phone`, once.
    fn send(
        &self,
        provider: Provider,
        notice: &Notice,
        phone: &Phone,
    ) -> impl Future<Output = Verdict> + Send;

    /// Whether there is an account with `provider`.
    fn has(&self, provider: Provider) -> bool;
}

/// Where the tokens of our account with a gateway are kept.
pub trait TokenStore: Sync {
    /// The tokens as of the last completed write; `None` before the first sign-in.
    fn tokens(&self) -> impl Future<Output = Result<Option<AccountTokens>, Failure>> + Send;

    /// Stores `tokens` if the stored version is the one before theirs: both of a pair, or neither.
    fn keep(&self, tokens: &AccountTokens) -> impl Future<Output = Result<Stored, Failure>> + Send;
}

/// What became of asking for new tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// A new pair; the refresh token that was shown is used up.
    Granted {
        /// The new access token.
        access: Token,
        /// The validity of the access token.
        lives: SignedDuration,
        /// The refresh token, which works once.
        refresh: Token,
    },
    /// The refresh token is no good, or we are not.
    Refused {
        /// The code that the issuer gave.
        code: i64,
    },
    /// No answer, or none that can be read: it is unknown whether the refresh token is used up.
    Unanswered {
        /// A description of what came instead.
        instead: String,
    },
}

/// Renews tokens at their issuer.
pub trait TokenIssuer: Sync {
    /// Asks for a new pair with `refresh`, which works once.
    fn renew(&self, refresh: &Token) -> impl Future<Output = Renewal> + Send;
}

/// Gives access tokens for a gateway.
pub trait AccessTokens: Sync {
    /// The access token; another one than `refused`, or none where there is no other.
    fn token(
        &self,
        refused: Option<&Token>,
    ) -> impl Future<Output = Result<Option<Token>, Failure>> + Send;
}

/// Something that sends messages on, in no promised order.
pub trait MessageSender: Sync {
    /// Sends all of `bodies`; an error if any of them was not accepted, in which case some may have
    /// been.
    fn send_all(&self, bodies: &[String]) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A queue to which somebody's message is passed on.
pub trait MessagePasser: Sync {
    /// Sends `body` as it came, with these attributes beside it, by name.
    fn pass_on(
        &self,
        body: &str,
        beside: &[(&str, &str)],
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Where messages go that can never succeed, with the reason.
pub trait DeadLetters: Sync {
    /// Parks one message with why (reason and detail), and with these attributes beside its body, by
    /// name.
    fn park_with(
        &self,
        body: &str,
        why: (&str, &str),
        beside: &[(&str, &str)],
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Parks one message with its reason.
    fn park(
        &self,
        body: &str,
        reason: &str,
        detail: &str,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        self.park_with(body, (reason, detail), &[])
    }
}
