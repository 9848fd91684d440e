//! The month's budget for messages: when it warns, when it is used up, and how what is left of it is
//! divided, so that what one agency causes does not silence the others.

use super::NoticePolicy;

/// The default of editions older than the field, in percent.
pub(super) fn four_fifths() -> u32 {
    80
}

/// The same for the share from which on agencies divide what is left.
pub(super) fn seven_tenths() -> u32 {
    70
}

/// The same for what one agency may have of that.
pub(super) fn a_tenth() -> u32 {
    10
}

/// This many percent of `vnd`, rounded down.
fn percent_of(vnd: u64, percent: u32) -> u64 {
    u64::try_from(u128::from(vnd) * u128::from(percent) / 100).unwrap_or(u64::MAX)
}

impl NoticePolicy {
    /// Whether what was `spent_vnd` this month comes near the budget, and has not used it up.
    pub fn budget_warns(&self, spent_vnd: u64) -> bool {
        let near = spent_vnd.saturating_mul(100)
            >= self.monthly_budget_vnd.saturating_mul(self.budget_warning_percent.into());
        near && spent_vnd < self.monthly_budget_vnd
    }

    /// Whether what was `spent_vnd` this month has used the budget up.
    pub fn budget_is_spent(&self, spent_vnd: u64) -> bool {
        spent_vnd >= self.monthly_budget_vnd
    }

    /// Whether what was `spent_vnd` this month leaves so little that agencies divide it. Before that
    /// nobody's part is counted.
    pub fn budget_is_shared(&self, spent_vnd: u64) -> bool {
        spent_vnd >= percent_of(self.monthly_budget_vnd, self.budget_shared_from_percent)
    }

    /// Whether an agency that has spent `agency_spent_vnd` since the budget is divided has had its
    /// share: so many percent of what was left then.
    pub fn share_is_spent(&self, agency_spent_vnd: u64) -> bool {
        let free = percent_of(self.monthly_budget_vnd, self.budget_shared_from_percent);
        let divided = self.monthly_budget_vnd.saturating_sub(free);
        agency_spent_vnd >= percent_of(divided, self.agency_share_percent)
    }
}
