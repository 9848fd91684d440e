//! How much of the feedback that was answered in a time was answered by its day.

use domain::index::Scope;
use domain::kpi::report::EndedAgencies;
use domain::period::Period;
use domain::register::Register;
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::{FeedbackTable, HandledFeedback};

/// What each agency answered in the time, day by day.
#[derive(Debug)]
pub(crate) struct Handled(Vec<HandledFeedback>);

/// Answers that were first ones: by their day, and after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answers {
    /// Those that came by their day.
    pub(crate) in_time: u64,
    /// Those that came after it.
    pub(crate) late: u64,
}

impl Answers {
    /// All of them, whenever they came.
    pub(crate) fn all(self) -> u64 {
        self.in_time + self.late
    }
}

impl Handled {
    /// Reads what was counted of the days of `period`, with the moves themselves.
    pub(crate) async fn of(period: &Period, feedback: &FeedbackTable) -> Result<Self, Failure> {
        feedback.handled(period.first(), period.last()).await.map(Self)
    }

    /// Whether anything was answered here at all. A province that handles its feedback elsewhere
    /// declares it.
    pub(crate) fn is_known(&self) -> bool {
        !self.0.is_empty()
    }

    /// What was answered in `scope`; none where nothing is known.
    pub(crate) fn within(
        &self,
        scope: Scope<'_>,
        register: &Register,
        last: Date,
    ) -> Option<Answers> {
        let ours = |row: &&HandledFeedback| {
            let Some(wanted) = scope.agency else { return true };
            *wanted == row.agency
                || match scope.ended {
                    EndedAgencies::AsCounted => false,
                    EndedAgencies::Merged => {
                        *wanted == register.shown_under(&row.agency, None, last)
                    }
                }
        };
        let none = Answers { in_time: 0, late: 0 };
        let sum = self.0.iter().filter(ours).fold(none, |sum, row| Answers {
            in_time: sum.in_time + row.in_time,
            late: sum.late + row.late,
        });
        self.is_known().then_some(sum)
    }
}
