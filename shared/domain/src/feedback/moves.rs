//! The table of moves of a feedback: who may do what in which status, and where it leads.

use serde::{Deserialize, Serialize};

/// How far a feedback is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedbackStatus {
    /// Its author has not proved their telephone yet: nobody works on it, and it goes after a day.
    Unverified,
    /// The desk has it and classifies it (tiếp nhận).
    Received,
    /// The competent agency has it (đã chuyển xử lý).
    Routed,
    /// An officer of that agency works on it (đang xử lý).
    InHandling,
    /// Its author has an answer (đã trả lời).
    Answered,
    /// It is over (đã đóng).
    Closed,
    /// It is no feedback that is handled (từ chối).
    Refused,
    /// Another feedback is about the same and is handled for both (gộp).
    Joined,
    /// Its author has taken it back (rút).
    Withdrawn,
}

impl FeedbackStatus {
    /// Every status, in the order in which they come.
    pub const ALL: [Self; 9] = [
        Self::Unverified,
        Self::Received,
        Self::Routed,
        Self::InHandling,
        Self::Answered,
        Self::Closed,
        Self::Refused,
        Self::Joined,
        Self::Withdrawn,
    ];

    /// The name in the contract, in kebab-case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Received => "received",
            Self::Routed => "routed",
            Self::InHandling => "in-handling",
            Self::Answered => "answered",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Joined => "joined",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The name that people are shown.
    pub fn vietnamese(self) -> &'static str {
        match self {
            Self::Unverified => "Chờ xác thực",
            Self::Received => "Đã tiếp nhận",
            Self::Routed => "Đã chuyển cơ quan có thẩm quyền",
            Self::InHandling => "Đang xử lý",
            Self::Answered => "Đã trả lời",
            Self::Closed => "Đã kết thúc",
            Self::Refused => "Không tiếp nhận",
            Self::Joined => "Đã gộp với phản ánh khác",
            Self::Withdrawn => "Người gửi đã rút",
        }
    }

    /// Whether an answer is owed, and so a day counts by which it is to come.
    pub fn is_before_its_answer(self) -> bool {
        match self {
            Self::Unverified | Self::Received | Self::Routed | Self::InHandling => true,
            Self::Answered | Self::Closed | Self::Refused | Self::Joined | Self::Withdrawn => false,
        }
    }

    /// Whether the time for which its words are kept runs.
    pub fn is_ended(self) -> bool {
        match self {
            Self::Closed | Self::Refused | Self::Joined | Self::Withdrawn => true,
            Self::Unverified
            | Self::Received
            | Self::Routed
            | Self::InHandling
            | Self::Answered => false,
        }
    }
}

/// What is done with a feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedbackAction {
    /// Its author has proved the telephone that it names.
    Verify,
    /// The desk sends it to the competent agency.
    Route,
    /// The desk does not take it, and says why.
    Refuse,
    /// The desk finds that it is about the same as another.
    Join,
    /// The agency is not competent and says why; the desk classifies it anew.
    Return,
    /// An officer takes it into their hands, or from a colleague's.
    TakeUp,
    /// The agency answers its author.
    Answer,
    /// What everybody may read of it is published.
    Publish,
    /// It is over without a word of its author.
    Close,
    /// Its author says how satisfied they are, once.
    Rate,
    /// Its author is not content with the answer, and says why.
    Reopen,
    /// Its author adds photographs to it.
    AddPhotos,
    /// Its author takes it back.
    Withdraw,
}

/// Who makes a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mover {
    /// An officer of the agency that classifies.
    Desk,
    /// An officer of the agency that it was routed to.
    Handler,
    /// An officer of either of them.
    Either,
    /// Who has proved the telephone of the feedback.
    Author,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// In which statuses it is made.
    pub from: &'static [FeedbackStatus],
    /// Where it leads; none where the status stays.
    pub to: Option<FeedbackStatus>,
    /// Who makes the move.
    pub by: Mover,
    /// Whether a reason has to be given.
    pub reason: bool,
}

impl FeedbackAction {
    /// Every action, in the order of the table.
    pub const ALL: [Self; 13] = [
        Self::Verify,
        Self::Route,
        Self::Refuse,
        Self::Join,
        Self::Return,
        Self::TakeUp,
        Self::Answer,
        Self::Publish,
        Self::Close,
        Self::Rate,
        Self::Reopen,
        Self::AddPhotos,
        Self::Withdraw,
    ];

    /// The name in the contract, in kebab-case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Route => "route",
            Self::Refuse => "refuse",
            Self::Join => "join",
            Self::Return => "return",
            Self::TakeUp => "take-up",
            Self::Answer => "answer",
            Self::Publish => "publish",
            Self::Close => "close",
            Self::Rate => "rate",
            Self::Reopen => "reopen",
            Self::AddPhotos => "add-photos",
            Self::Withdraw => "withdraw",
        }
    }

    /// Its row of the table.
    pub fn rule(self) -> Move {
        use FeedbackStatus::{
            Answered, Closed, InHandling, Joined, Received, Refused, Routed, Unverified, Withdrawn,
        };
        let row = |from, to, by| Move { from, to, by, reason: false };
        let reasoned = |from, to, by| Move { from, to, by, reason: true };
        match self {
            Self::Verify => row(&[Unverified], Some(Received), Mover::Author),
            Self::Route => row(&[Received], Some(Routed), Mover::Desk),
            Self::Refuse => reasoned(&[Received], Some(Refused), Mover::Desk),
            Self::Join => row(&[Received], Some(Joined), Mover::Desk),
            Self::Return => reasoned(&[Routed, InHandling], Some(Received), Mover::Handler),
            Self::TakeUp => row(&[Routed, InHandling], Some(InHandling), Mover::Handler),
            Self::Answer => row(&[InHandling], Some(Answered), Mover::Handler),
            Self::Publish => row(&[Answered, Closed], None, Mover::Either),
            Self::Close => row(&[Answered], Some(Closed), Mover::Either),
            Self::Rate => row(&[Answered, Closed], Some(Closed), Mover::Author),
            Self::Reopen => reasoned(&[Answered], Some(InHandling), Mover::Author),
            Self::AddPhotos => row(&[Received, Routed, InHandling], None, Mover::Author),
            Self::Withdraw => {
                row(&[Unverified, Received, Routed, InHandling], Some(Withdrawn), Mover::Author)
            }
        }
    }
}
