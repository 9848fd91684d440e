//! The ten national statuses and every legal move between them.

use serde::{Deserialize, Serialize};

use crate::id::AgencyCode;

/// A status of the national list, which every portal and ministry shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum DossierStatus {
    /// Handed in, not yet received by an officer.
    Registered = 1,
    /// Received by the agency; the clock runs.
    Received = 2,
    /// Not received, with a reason. An end.
    Refused = 3,
    /// The agency works on it.
    Processing = 4,
    /// The applicant has to complete the documents.
    SupplementRequested = 5,
    /// The applicant has to pay a fee.
    PaymentRequested = 6,
    /// The applicant took it back. An end.
    Withdrawn = 7,
    /// Stopped for a while, with a reason.
    Suspended = 8,
    /// Settled; the result has not been collected.
    Finished = 9,
    /// The applicant has the result. An end.
    Returned = 10,
}

impl DossierStatus {
    /// All ten statuses in the order of their codes.
    pub const ALL: [Self; 10] = [
        Self::Registered,
        Self::Received,
        Self::Refused,
        Self::Processing,
        Self::SupplementRequested,
        Self::PaymentRequested,
        Self::Withdrawn,
        Self::Suspended,
        Self::Finished,
        Self::Returned,
    ];

    /// The national code, 1 to 10.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The national name in Vietnamese.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registered => "Mới đăng ký",
            Self::Received => "Được tiếp nhận",
            Self::Refused => "Không được tiếp nhận",
            Self::Processing => "Đang xử lý",
            Self::SupplementRequested => "Yêu cầu bổ sung giấy tờ",
            Self::PaymentRequested => "Yêu cầu thực hiện nghĩa vụ tài chính",
            Self::Withdrawn => "Công dân yêu cầu rút hồ sơ",
            Self::Suspended => "Dừng xử lý",
            Self::Finished => "Đã xử lý xong",
            Self::Returned => "Đã trả kết quả",
        }
    }

    /// Whether the status is final.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Refused | Self::Withdrawn | Self::Returned)
    }

    /// Whether the agency has nothing left to settle.
    pub fn is_closed(self) -> bool {
        self.is_end() || self == Self::Finished
    }
}

impl From<DossierStatus> for u8 {
    fn from(status: DossierStatus) -> Self {
        status.code()
    }
}

impl TryFrom<u8> for DossierStatus {
    type Error = &'static str;

    fn try_from(code: u8) -> Result<Self, Self::Error> {
        Self::ALL
            .into_iter()
            .find(|status| status.code() == code)
            .ok_or("a status is a national code, 1 to 10")
    }
}

/// What can be done to a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Hand in: the first entry of every history, never a command.
    Submit,
    /// Receive the dossier (tiếp nhận).
    Receive,
    /// Refuse to receive it (từ chối tiếp nhận).
    Refuse,
    /// Request a supplement (yêu cầu bổ sung).
    RequestSupplement,
    /// Hand in the supplement (nộp bổ sung).
    Supplement,
    /// Quá hạn bổ sung, không tiếp nhận.
    RefuseExpired,
    /// Start the work (chuyển xử lý).
    Process,
    /// Yêu cầu nghĩa vụ tài chính.
    RequestPayment,
    /// Confirm the payment (xác nhận đã nộp).
    ConfirmPayment,
    /// Suspend the work (dừng xử lý).
    Suspend,
    /// Resume the work (tiếp tục xử lý).
    Resume,
    /// Finish the work (kết thúc xử lý).
    Finish,
    /// Return the result (trả kết quả).
    ReturnResult,
    /// Recall it to the owner (thu hồi).
    Recall,
    /// Send it back one step (trả lại bước trước).
    SendBack,
    /// Xin lỗi và hẹn lại ngày trả kết quả.
    Apologise,
    /// Withdraw it (rút hồ sơ).
    Withdraw,
    /// Forward it to another agency (chuyển phối hợp giải quyết).
    Forward,
    /// Trả về cơ quan chủ trì.
    HandBack,
    /// Tính lại ngày hẹn trả theo lịch làm việc: the calendar was changed since the date was
    /// counted.
    Redate,
    /// Báo chậm tiếp nhận: the agency has received the dossier neither in time nor in as much time
    /// again.
    AnnounceDelay,
    /// Correct what was written down wrong about the applicant, or where the result goes (đính chính).
    Correct,
}

/// The status to which a move leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Always to this status.
    To(DossierStatus),
    /// Back to where the dossier was before it was asked for documents.
    WhereItWas,
    /// Nowhere: it does something to the clock alone, or to what is written down.
    Stays,
}

/// Which agency's officers may do it while the dossier is forwarded to another agency; otherwise it
/// is with its owner, and there is no handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The owner's alone, who answers to the applicant: it begins, ends and dates the work.
    Owner,
    /// The owner's and the handler's: it belongs to the work itself.
    Either,
    /// Officers of the handler.
    Handler,
    /// No officers of any agency.
    Nobody,
}

/// Which agency has custody of the dossier after a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custody {
    /// Custody does not change.
    AsBefore,
    /// With the agency that the command names. Only from its owner: a handler does not forward it
    /// to a third.
    WithAnother,
    /// With its owner: this ends the pass, if there was one.
    WithOwner,
}

/// Who else than officers may do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlsoBy {
    /// No actor besides officers.
    Nobody,
    /// The portal, on an applicant's behalf.
    Portal,
    /// The portal and the applicant.
    Applicant,
    /// A schedule of ours.
    System,
}

/// The effect of a move on the clock of a dossier with a due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The whole term is counted from this instant on (NĐ 61/2018 Đ.17).
    Starts,
    /// It stops until the documents come. By the law of this day the date is given up, or stays and
    /// waits (Đ.19.4).
    WaitsForSupplement,
    /// Once received, the term begins again, or goes on where it waited; before receipt nothing
    /// begins.
    SupplementCame,
    /// The clock pauses until the applicant has paid or the agency can resume.
    Pauses,
    /// The clock runs; paused time is given back.
    GoesOn,
    /// The applicant is promised another day, and the one before is kept beside it (Đ.19.9).
    Promises,
    /// The clock does not change; its due date is counted again in the calendar in force.
    Recounts,
    /// It stops for good at the date that it had.
    Stops,
    /// It runs, or has stopped, as before.
    Untouched,
}

/// One row of the table of legal moves.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The action of the row.
    pub action: Action,
    /// In which statuses it may be done.
    pub from: &'static [DossierStatus],
    /// The status that follows.
    pub target: Target,
    /// What it does to the clock.
    pub clock: Clock,
    /// Whether a reason is owed to the applicant.
    pub reason_owed: bool,
    /// Which agency's officers may do it.
    pub by: By,
    /// Which agency has custody afterwards.
    pub custody: Custody,
    /// Who besides officers may do it.
    pub also_by: AlsoBy,
}

impl Rule {
    /// Whether it may be done to a dossier in `status` that `handler` has just now, or its owner
    /// where there is none.
    pub fn is_legal_in(&self, status: DossierStatus, handler: Option<&AgencyCode>) -> bool {
        let forwarded = handler.is_some();
        let place = match (self.by, self.custody) {
            (By::Handler, _) => forwarded,
            (By::Owner | By::Either | By::Nobody, Custody::WithAnother) => !forwarded,
            (By::Owner | By::Either | By::Nobody, Custody::AsBefore | Custody::WithOwner) => true,
        };
        place && self.from.contains(&status)
    }

    /// Whether it always leads to a status in which the agency has nothing left to settle.
    pub fn closes(&self) -> bool {
        match self.target {
            Target::To(status) => status.is_closed(),
            Target::WhereItWas | Target::Stays => false,
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one for each column of the table")]
const fn rule(
    action: Action,
    from: &'static [DossierStatus],
    target: Target,
    clock: Clock,
    reason_owed: bool,
    by: By,
    custody: Custody,
    also_by: AlsoBy,
) -> Rule {
    Rule { action, from, target, clock, reason_owed, by, custody, also_by }
}

use Action as A;
use AlsoBy::{Applicant, Nobody, Portal, System};
use By::{Either, Handler, Owner};
use Clock::{
    GoesOn, Pauses, Promises, Recounts, Starts, Stops, SupplementCame, Untouched,
    WaitsForSupplement,
};
use Custody::{AsBefore, WithAnother, WithOwner};
use DossierStatus as S;
use Target::{Stays, To, WhereItWas};

/// Every legal move. The rows marked (1) are guarded so in production portals; the others are our
/// reading of the same practice. Articles are those of NĐ 61/2018/NĐ-CP.
#[rustfmt::skip]
pub const RULES: [Rule; 21] = [
    //     action             from                                                    to                          clock           reason by       lies         also by
    rule(A::Receive,           &[S::Registered],                                       To(S::Received),            Starts,         false, Owner,   AsBefore,    Nobody),    // (1) Đ.17
    rule(A::Refuse,            &[S::Registered],                                       To(S::Refused),             Stops,          true,  Owner,   AsBefore,    Nobody),    // (1) Đ.19.8: reasons
    rule(A::RequestSupplement, &[S::Registered, S::Received, S::Processing],           To(S::SupplementRequested), WaitsForSupplement, true,  Either,  AsBefore,    Nobody),    // (1) Đ.17: one full notice
    rule(A::Supplement,        &[S::SupplementRequested],                              WhereItWas,                 SupplementCame,     false, Either,  AsBefore,    Applicant), // (1) Đ.19.4
    rule(A::RefuseExpired,     &[S::SupplementRequested],                              To(S::Refused),             Stops,          true,  Owner,   WithOwner,   System),    // (1) not before the time for documents is over
    rule(A::Process,           &[S::Received],                                         To(S::Processing),          Untouched,      false, Owner,   AsBefore,    Nobody),    // (1)
    rule(A::RequestPayment,    &[S::Received, S::Processing],                          To(S::PaymentRequested),    Pauses,         false, Either,  AsBefore,    Nobody),
    rule(A::ConfirmPayment,    &[S::PaymentRequested],                                 To(S::Processing),          GoesOn,         false, Either,  AsBefore,    Portal),
    rule(A::Suspend,           &[S::Processing],                                       To(S::Suspended),           Pauses,         true,  Either,  AsBefore,    Nobody),
    rule(A::Resume,            &[S::Suspended],                                        To(S::Processing),          GoesOn,         false, Either,  AsBefore,    Nobody),
    rule(A::Finish,            &[S::Received, S::Processing],                          To(S::Finished),            Stops,          false, Owner,   WithOwner,   Nobody),    // (1)
    rule(A::ReturnResult,      &[S::Finished],                                         To(S::Returned),            Untouched,      false, Owner,   AsBefore,    Nobody),    // (1)
    rule(A::Recall,            &[S::Processing, S::PaymentRequested, S::Suspended],    To(S::Processing),          GoesOn,         false, Owner,   WithOwner,   Nobody),    // (1)
    rule(A::SendBack,          &[S::Processing, S::PaymentRequested, S::Suspended, S::Finished], To(S::Processing), GoesOn,                  true,  Either,  AsBefore,    Nobody),    // (1)
    // Đ.19.9. Not in 5, 6 and 8: there the clock does not run, and nothing is missed.
    rule(A::Apologise,         &[S::Received, S::Processing],                          Stays,                      Promises,       true,  Owner,   AsBefore,    System),
    rule(A::Withdraw,          &[S::Registered, S::Received, S::Processing, S::SupplementRequested, S::PaymentRequested, S::Suspended], To(S::Withdrawn), Stops,          false, Owner,   WithOwner,   Applicant),
    // One term, and the owner answers for it.
    rule(A::Forward,            &[S::Received, S::Processing],                          To(S::Processing),          Untouched,      false, Owner,   WithAnother, Nobody),
    rule(A::HandBack,          &[S::Processing],                                       To(S::Processing),          Untouched,      false, Handler, WithOwner,   Nobody),
    // A day off that was decided since. Not in 5: there the date is given up, or counted when the
    // documents come.
    rule(A::Redate,            &[S::Received, S::Processing, S::PaymentRequested, S::Suspended], Stays,             Recounts,       true,  By::Nobody, AsBefore, System),
    // Ours: no article sets a time for receipt, and nobody's dossier is to wait unmentioned.
    rule(A::AnnounceDelay,     &[S::Registered],                                       Stays,                      Untouched,      true,  By::Nobody, AsBefore, System),
    // Ours: a misspelt name or number is set right before the applicant has the result.
    rule(A::Correct,            &[S::Registered, S::Received, S::Processing, S::SupplementRequested, S::PaymentRequested, S::Suspended, S::Finished], Stays, Untouched, false, Owner, AsBefore,    Applicant),
];

// `Action::rule` finds a row by its place.
const _: () = {
    let mut place = 0;
    while place < RULES.len() {
        assert!(RULES[place].action as usize == place + 1, "rows are in the order of the actions");
        place += 1;
    }
};

impl Action {
    /// The row of the table; none for [`Action::Submit`], which begins a history and is no move.
    pub fn rule(self) -> Option<&'static Rule> {
        // A new action does not compile before it has a row: an arm here, and an index that exists.
        let rule = match self {
            Self::Submit => return None,
            Self::Receive => &RULES[0],
            Self::Refuse => &RULES[1],
            Self::RequestSupplement => &RULES[2],
            Self::Supplement => &RULES[3],
            Self::RefuseExpired => &RULES[4],
            Self::Process => &RULES[5],
            Self::RequestPayment => &RULES[6],
            Self::ConfirmPayment => &RULES[7],
            Self::Suspend => &RULES[8],
            Self::Resume => &RULES[9],
            Self::Finish => &RULES[10],
            Self::ReturnResult => &RULES[11],
            Self::Recall => &RULES[12],
            Self::SendBack => &RULES[13],
            Self::Apologise => &RULES[14],
            Self::Withdraw => &RULES[15],
            Self::Forward => &RULES[16],
            Self::HandBack => &RULES[17],
            Self::Redate => &RULES[18],
            Self::AnnounceDelay => &RULES[19],
            Self::Correct => &RULES[20],
        };
        Some(rule)
    }

    /// What was done, in Vietnamese, for people who read a history: a status alone does not tell a
    /// supplement from a dossier that was just handed in.
    pub fn title(self) -> &'static str {
        match self {
            Self::Submit => "Nộp hồ sơ",
            Self::Receive => "Tiếp nhận hồ sơ",
            Self::Refuse => "Từ chối tiếp nhận hồ sơ",
            Self::RequestSupplement => "Yêu cầu bổ sung hồ sơ",
            Self::Supplement => "Nộp bổ sung hồ sơ",
            Self::RefuseExpired => "Quá hạn bổ sung, không tiếp nhận hồ sơ",
            Self::Process => "Chuyển xử lý",
            Self::RequestPayment => "Yêu cầu thực hiện nghĩa vụ tài chính",
            Self::ConfirmPayment => "Xác nhận đã thực hiện nghĩa vụ tài chính",
            Self::Suspend => "Dừng xử lý",
            Self::Resume => "Tiếp tục xử lý",
            Self::Finish => "Kết thúc xử lý",
            Self::ReturnResult => "Trả kết quả",
            Self::Recall => "Thu hồi hồ sơ",
            Self::SendBack => "Trả lại bước trước",
            Self::Apologise => "Xin lỗi và hẹn lại ngày trả kết quả",
            Self::Withdraw => "Rút hồ sơ",
            Self::Forward => "Chuyển phối hợp giải quyết",
            Self::HandBack => "Trả về cơ quan chủ trì",
            Self::Redate => "Tính lại ngày hẹn trả kết quả",
            Self::AnnounceDelay => "Báo chậm tiếp nhận",
            Self::Correct => "Đính chính thông tin hồ sơ",
        }
    }

    /// Whether documents of the applicant's may come with it.
    pub fn brings_documents(self) -> bool {
        matches!(self, Self::Submit | Self::Supplement)
    }

    /// The name in JSON and events.
    pub fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Receive => "receive",
            Self::Refuse => "refuse",
            Self::RequestSupplement => "request-supplement",
            Self::Supplement => "supplement",
            Self::RefuseExpired => "refuse-expired",
            Self::Process => "process",
            Self::RequestPayment => "request-payment",
            Self::ConfirmPayment => "confirm-payment",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Finish => "finish",
            Self::ReturnResult => "return-result",
            Self::Recall => "recall",
            Self::SendBack => "send-back",
            Self::Apologise => "apologise",
            Self::Withdraw => "withdraw",
            Self::Forward => "forward",
            Self::HandBack => "hand-back",
            Self::Redate => "redate",
            Self::AnnounceDelay => "announce-delay",
            Self::Correct => "correct",
        }
    }
}
