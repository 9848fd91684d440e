//! The log lines that the metric filters of `infra/template.yaml` look for.
//!
//! A line that is reworded where it is logged, and not in the filter, silences an alarm. So each
//! text is here once, and `tests/wiring` compares the filters with [`LogLine::ALL`].

use std::fmt;

/// A log line that a metric filter looks for by its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLine {
    /// A row of a table was left out of a list, a count or a report.
    RowUnreadable,
    /// The relay had lost changes of dossiers.
    ChangesOwed,
    /// Figures of an agency do not hold, and are counted again.
    FiguresInDoubt,
    /// The figures of the day were not as the dossiers stand.
    LiveFiguresDiffer,
    /// An applicant is not notified, since no channel reaches them or they do not want it.
    NoticeUnsent,
    /// Only what the law requires is still sent this month.
    BudgetUsedUp,
    /// The month's spending has reached the share of the budget that warns.
    BudgetNearlyUsedUp,
    /// Little of the month's budget is left, and an agency has had its share of that.
    BudgetShareUsedUp,
    /// Nobody can say whether an applicant got a notice.
    NoticeLeftUnknown,
    /// A delivery report states a price that is not believed.
    ImplausiblePrice,
    /// A published edition of the catalogue does not take effect.
    CatalogueUnreadable,
    /// A year that terms reach, or will reach soon, has no calendar.
    CalendarMissing,
    /// A gateway accepted a notice.
    NoticeAccepted,
    /// A gateway did not accept a notice.
    NoticeNotTaken,
    /// A delivery report changed a notice.
    ReportRecorded,
    /// Notices whose time had come were woken.
    NoticesWoken,
    /// What another system keeps is not what was declared of it, or is not accepted.
    DocumentNotAsDeclared,
    /// A system that must have our dossiers does not answer.
    SystemAway,
    /// A system refuses a dossier that it must have.
    CaseRefused,
    /// Dossiers that systems are owed were woken.
    DeliveriesWoken,
    /// A system does not have what it has acknowledged.
    FalseAcknowledgement,
    /// A subscriber wants nothing any more.
    SubscriberGone,
    /// A system has not said in time that it has a dossier that it has to process.
    TransferOverdue,
    /// A system refuses a dossier that it has to process, or gives it back.
    TransferRefused,
    /// An event has fields that this version of it does not have.
    FieldsIgnored,
    /// An event names an integrator as its source, and is not proven to come from there.
    SenderNotProven,
    /// The payment platform does not answer.
    PaymentPlatformAway,
    /// Secrets may have changed, and a function goes on with those that it has.
    SecretsUnreadable,
    /// A code that was looked up without an account stands for nothing, or nobody was told.
    LookUpInVain,
    /// An officer has searched for people more often than anybody at work does.
    SearchedTooOften,
    /// What a limit would have stopped could not be counted, and went on.
    LimitNotCounted,
}

impl LogLine {
    /// All of them, so that the filters can be compared with the code.
    pub const ALL: [Self; 31] = [
        Self::RowUnreadable,
        Self::ChangesOwed,
        Self::FiguresInDoubt,
        Self::LiveFiguresDiffer,
        Self::NoticeUnsent,
        Self::BudgetUsedUp,
        Self::BudgetNearlyUsedUp,
        Self::BudgetShareUsedUp,
        Self::NoticeLeftUnknown,
        Self::ImplausiblePrice,
        Self::CatalogueUnreadable,
        Self::CalendarMissing,
        Self::NoticeAccepted,
        Self::NoticeNotTaken,
        Self::ReportRecorded,
        Self::NoticesWoken,
        Self::DocumentNotAsDeclared,
        Self::SystemAway,
        Self::CaseRefused,
        Self::DeliveriesWoken,
        Self::FalseAcknowledgement,
        Self::SubscriberGone,
        Self::TransferOverdue,
        Self::TransferRefused,
        Self::FieldsIgnored,
        Self::SenderNotProven,
        Self::PaymentPlatformAway,
        Self::SecretsUnreadable,
        Self::LookUpInVain,
        Self::SearchedTooOften,
        Self::LimitNotCounted,
    ];

    /// The `message` of the line.
    pub const fn text(self) -> &'static str {
        match self {
            Self::RowUnreadable => "a row cannot be read",
            Self::ChangesOwed => "changes were never relayed",
            Self::FiguresInDoubt => "figures of an agency are in doubt",
            Self::LiveFiguresDiffer => "live figures were not as the dossiers stand",
            Self::NoticeUnsent => "a notice ends unsent",
            Self::BudgetUsedUp => "the month's budget for messages is used up",
            Self::BudgetNearlyUsedUp => "the month's budget for messages is nearly used up",
            Self::BudgetShareUsedUp => "an agency's share of the budget for messages is used up",
            Self::NoticeLeftUnknown => "a notice is left unknown",
            Self::ImplausiblePrice => "a report states a price that cannot be",
            Self::CatalogueUnreadable => "a newer catalogue cannot be read",
            Self::CalendarMissing => "next year's calendar is missing",
            Self::NoticeAccepted => "notice accepted",
            Self::NoticeNotTaken => "notice not taken",
            Self::ReportRecorded => "report recorded",
            Self::NoticesWoken => "notices woken",
            Self::DocumentNotAsDeclared => "a document is not what was declared of it",
            Self::SystemAway => "a system does not answer",
            Self::CaseRefused => "a system refuses a dossier",
            Self::DeliveriesWoken => "deliveries woken",
            Self::FalseAcknowledgement => "a system does not have what it acknowledged",
            Self::SubscriberGone => "a subscriber is switched off",
            Self::TransferOverdue => "a transferred dossier is not acknowledged",
            Self::TransferRefused => "a transferred dossier is refused",
            Self::FieldsIgnored => "fields of an event were ignored",
            Self::SenderNotProven => "an event's sender is not proven",
            Self::PaymentPlatformAway => "the payment platform does not answer",
            Self::SecretsUnreadable => "secrets cannot be read anew",
            Self::LookUpInVain => "a look-up was in vain",
            Self::SearchedTooOften => "an officer searches too often",
            Self::LimitNotCounted => "a limit could not be counted",
        }
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
