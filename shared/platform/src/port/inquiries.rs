//! People who ask by SMS or Zalo, each message answered once.

use std::fmt;

use domain::applicant::Phone;
use domain::notice::NoticeChannel;
use jiff::{SignedDuration, Timestamp};

use super::{Stored, Verdict};
use crate::Failure;

/// Somebody who wrote to the official account, as Zalo names them to us.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountUser(String);

impl fmt::Debug for AccountUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountUser(***)")
    }
}

impl AccountUser {
    /// The user with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id, for Zalo and for hashing alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Who asks, and gets the answer. It is stored nowhere but as a keyed hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asker {
    /// By SMS, from this number.
    Phone(Phone),
    /// By Zalo, as this user.
    User(AccountUser),
}

impl Asker {
    /// The channel by which they ask and are answered.
    pub fn channel(&self) -> NoticeChannel {
        match self {
            Self::Phone(_) => NoticeChannel::Sms,
            Self::User(_) => NoticeChannel::Zalo,
        }
    }

    /// Their address within the channel, for hashing alone.
    pub(crate) fn address(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.zalo(),
            Self::User(user) => user.reveal(),
        }
    }
}

/// A message that came. What it says is not kept.
pub struct Asked {
    /// The gateway's name of the message: it stays when the message comes again.
    pub id: String,
    /// Who asks, and is answered.
    pub from: Asker,
    /// The short code that it was sent to, where it says so.
    pub to: Option<String>,
    /// What it says, as it came.
    pub text: String,
}

/// Within which limits a message is taken up.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most answers to the sender on one day.
    pub a_day: u32,
    /// For how long the same is not said again to the sender; none where it may be.
    pub only_after: Option<SignedDuration>,
    /// For how long the message is ours alone, until it is known whether a gateway was asked.
    pub lease: SignedDuration,
}

/// What became of taking a message up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenUp {
    /// It is ours to answer, under this name, which says nothing of it and is the same whenever it
    /// comes.
    Ours(String),
    /// It was answered, or another process is about to.
    Known,
    /// The sender had as many answers as they may have today, or had this one a while ago.
    Enough,
}

/// Messages of people who ask.
pub trait Inquiries: Sync {
    /// Takes the message up and counts it to its sender's day in one write, or neither.
    fn take_up(
        &self,
        asked: &Asked,
        limits: Limits,
        now: Timestamp,
    ) -> impl Future<Output = Result<TakenUp, Failure>> + Send;

    /// Stores that a gateway is asked from now on to carry the answer: it is never asked again.
    fn asking(&self, asked: &Asked) -> impl Future<Output = Result<Stored, Failure>> + Send;

    /// What the province has spent on messages in the month of `now`, in đồng.
    fn spent_vnd(&self, now: Timestamp) -> impl Future<Output = Result<u64, Failure>> + Send;
}

/// The official account, which answers those who wrote to it.
pub trait AccountReplies: Sync {
    /// Asks Zalo to bring `text` to `user`, once.
    fn reply(&self, user: &AccountUser, text: &str) -> impl Future<Output = Verdict> + Send;
}
