//! What an index measures of the figures and of the register.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;

use crate::agency::AgencyLevel;
use crate::id::{AgencyCode, ProcedureCode};
use crate::kpi::report::{Dimension, EndedAgencies, Selection, report};
use crate::kpi::{KpiCell, KpiRows};
use crate::procedure::{Channel, OnlineLevel, Procedure};
use crate::register::Register;

macro_rules! measures {
    ($($(#[$doc:meta])* $name:ident $word:literal,)*) => {
        /// A number that the figures or the register give.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum Measure {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl Measure {
            /// All measures, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in JSON and in addresses.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

measures! {
    /// Dossiers received in the period.
    Received "received",
    /// – of these, handed in on-line.
    ReceivedOnline "received-online",
    /// – of these, with electronic documents.
    Digitised "digitised",
    /// Received in the time, carried over or reopened: all that there was to do.
    ToSettle "to-settle",
    /// In process within due, settled early or on time, or withdrawn.
    InTime "in-time",
    /// Dossiers settled in the period.
    Resolved "resolved",
    /// – of these, before the due date.
    Early "early",
    /// – on the due date, or without one.
    OnTime "on-time",
    /// – of these, after the due date.
    Late "late",
    /// – of these, with an electronic result.
    ResultsElectronic "results-electronic",
    /// Handed in on-line, and settled late or overdue.
    OnlineBehind "online-behind",
    /// Payments confirmed in the period.
    Paid "paid",
    /// – of these, paid on-line.
    PaidOnline "paid-online",
    /// Procedures in force at the end.
    Procedures "procedures",
    /// – of these, on-line from start to end or in part.
    ProceduresOnline "procedures-online",
    /// – of these, with dossiers that came on-line.
    ProceduresOnlineUsed "procedures-online-used",
    /// Procedures with a fee.
    ProceduresWithFee "procedures-with-fee",
    /// – of these, paid on-line at least once.
    ProceduresPaidOnline "procedures-paid-online",
}

impl Measure {
    /// Whether the measure needs the register, not the figures alone.
    pub fn is_of_catalogue(self) -> bool {
        match self {
            Self::Procedures
            | Self::ProceduresOnline
            | Self::ProceduresOnlineUsed
            | Self::ProceduresWithFee
            | Self::ProceduresPaidOnline => true,
            Self::Received
            | Self::ReceivedOnline
            | Self::Digitised
            | Self::ToSettle
            | Self::InTime
            | Self::Resolved
            | Self::Early
            | Self::OnTime
            | Self::Late
            | Self::ResultsElectronic
            | Self::OnlineBehind
            | Self::Paid
            | Self::PaidOnline => false,
        }
    }
}

/// The scope of an index: an agency or the province.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// One agency's; the province's where none is named.
    pub agency: Option<&'a AgencyCode>,
    /// How agencies count that have ended.
    pub ended: EndedAgencies,
}

/// What was measured; what cannot be known is not among it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measures {
    known: BTreeMap<Measure, u64>,
    /// Whether any day of the time was counted; otherwise nothing is known of figures.
    counted: bool,
    /// What our own books say of an input: a part, and of how much.
    ledger: BTreeMap<&'static str, (u64, u64)>,
}

/// The input of the dossiers that the national portal has.
pub const SYNCHRONISED: &str = "dossiers-synchronised";

/// The input of the feedback that was answered in time.
pub const FEEDBACK: &str = "feedback-handled";

/// The input of those who said after a result how satisfied they are.
pub const SATISFIED: &str = "satisfied";

impl Measures {
    /// The measures from the rows of a period and the register on its last day.
    ///
    /// The register does not record which procedures a department is responsible for, so that its
    /// procedure measures are unknown; communes are responsible for all procedures of their level.
    pub fn of(rows: &KpiRows, scope: Scope<'_>, register: &Register, last: Date) -> Self {
        let selection =
            Selection { agency: scope.agency.cloned(), ended: scope.ended, ..Selection::default() };
        let figures = report(rows, Dimension::Agency, &selection, register, last).total;
        let online = Selection { channel: Some(Channel::Online), ..selection.clone() };
        let online = report(rows, Dimension::Agency, &online, register, last).total.row;
        let row = figures.row;
        let mut known = BTreeMap::from([
            (Measure::Received, row.received),
            (Measure::ReceivedOnline, figures.received_online),
            (Measure::Digitised, row.digitised),
            (Measure::ToSettle, row.balance().0),
            (
                Measure::InTime,
                row.in_process - row.overdue.min(row.in_process)
                    + row.early
                    + row.on_time
                    + row.withdrawn,
            ),
            (Measure::Resolved, row.resolved),
            (Measure::Early, row.early),
            (Measure::OnTime, row.on_time),
            (Measure::Late, row.late),
            (Measure::ResultsElectronic, row.results_electronic),
            (Measure::OnlineBehind, online.late + online.overdue),
            (Measure::Paid, row.paid),
            (Measure::PaidOnline, row.paid_online),
        ]);
        if let Some(procedures) = procedures(scope.agency, register, last) {
            known.extend(of_procedures(&procedures, rows, scope, register, last));
        }
        Self { known, counted: true, ledger: BTreeMap::new() }
    }

    /// The measures of a period without a counted day: those of the register alone.
    pub fn not_counted(scope: Scope<'_>, register: &Register, last: Date) -> Self {
        let all = Self::of(&KpiRows::new(), scope, register, last);
        // Which procedures were used is told by figures alone.
        let used = [Measure::ProceduresOnlineUsed, Measure::ProceduresPaidOnline];
        let of_catalogue = |measure: &Measure| measure.is_of_catalogue() && !used.contains(measure);
        let known = all.known.into_iter().filter(|(measure, _)| of_catalogue(measure)).collect();
        Self { known, counted: false, ledger: BTreeMap::new() }
    }

    /// Whether any day of the time was counted.
    pub fn are_counted(&self) -> bool {
        self.counted
    }

    /// The same, where the ledger has so many of `owed` dossiers in step with the national portal;
    /// of none there is no share.
    #[must_use]
    pub fn with_synchronised(mut self, in_step: u64, owed: u64) -> Self {
        if owed > 0 {
            self.ledger.insert(SYNCHRONISED, (in_step, owed));
        }
        self
    }

    /// The same with how much feedback was answered, and of that how much by its day. Where none
    /// was, the share says nothing.
    #[must_use]
    pub fn with_feedback(mut self, in_time: u64, answered: u64) -> Self {
        if answered > 0 {
            self.ledger.insert(FEEDBACK, (in_time, answered));
        }
        self
    }

    /// The same with how many said after a result that they are satisfied, of how many who answered.
    /// Where nobody did, the share says nothing.
    #[must_use]
    pub fn with_satisfied(mut self, satisfied: u64, answers: u64) -> Self {
        if answers > 0 {
            self.ledger.insert(SATISFIED, (satisfied, answers));
        }
        self
    }

    /// What our own books say of `input`, the ledger of deliveries, feedback or answers: a part, and
    /// of how much.
    pub fn ledger(&self, input: &str) -> Option<(u64, u64)> {
        self.ledger.get(input).copied()
    }

    /// A measure, if it can be known.
    pub fn get(&self, measure: Measure) -> Option<u64> {
        self.known.get(&measure).copied()
    }
}

impl FromIterator<(Measure, u64)> for Measures {
    fn from_iter<T: IntoIterator<Item = (Measure, u64)>>(known: T) -> Self {
        let known = known.into_iter().collect();
        Self { known, counted: true, ledger: BTreeMap::new() }
    }
}

/// The procedures in scope on `day`; `None` if the register does not record them.
fn procedures<'a>(
    agency: Option<&AgencyCode>,
    register: &'a Register,
    day: Date,
) -> Option<Vec<&'a Procedure>> {
    let level = match agency {
        None => None,
        Some(agency) => match register.agency(agency)?.level {
            level @ AgencyLevel::Commune => Some(level),
            AgencyLevel::Province | AgencyLevel::Department | AgencyLevel::District => return None,
        },
    };
    let codes: BTreeSet<&ProcedureCode> =
        register.procedures().map(|procedure| &procedure.code).collect();
    let in_force = codes.into_iter().filter_map(|code| register.procedure(code, day));
    Some(in_force.filter(|procedure| level.is_none_or(|level| procedure.level == level)).collect())
}

fn of_procedures(
    procedures: &[&Procedure],
    rows: &KpiRows,
    scope: Scope<'_>,
    register: &Register,
    last: Date,
) -> [(Measure, u64); 5] {
    let (mut used, mut paid) = (BTreeSet::new(), BTreeSet::new());
    for (cell, row) in rows {
        let KpiCell::Work { agency, procedure, channel } = cell else { continue };
        let carried_on = || register.shown_under(agency, Some(procedure), last);
        let ours = |wanted: &AgencyCode| {
            wanted == agency
                || match scope.ended {
                    EndedAgencies::AsCounted => false,
                    EndedAgencies::Merged => *wanted == carried_on(),
                }
        };
        if !scope.agency.is_none_or(ours) {
            continue;
        }
        if *channel == Channel::Online && row.received > 0 {
            used.insert(procedure);
        }
        if row.paid_online > 0 {
            paid.insert(procedure);
        }
    }
    let count = |held: &dyn Fn(&Procedure) -> bool| {
        procedures.iter().filter(|procedure| held(procedure)).map(|_| 1_u64).sum::<u64>()
    };
    let online = |procedure: &Procedure| match procedure.online {
        OnlineLevel::Full | OnlineLevel::Partial => true,
        OnlineLevel::Information => false,
    };
    [
        (Measure::Procedures, count(&|_| true)),
        (Measure::ProceduresOnline, count(&online)),
        (
            Measure::ProceduresOnlineUsed,
            count(&|procedure| online(procedure) && used.contains(&procedure.code)),
        ),
        (Measure::ProceduresWithFee, count(&|procedure| procedure.fee_vnd > 0)),
        (
            Measure::ProceduresPaidOnline,
            count(&|procedure| procedure.fee_vnd > 0 && paid.contains(&procedure.code)),
        ),
    ]
}
