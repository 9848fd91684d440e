//! How often something may be asked for, by whom and in which time: dated data (`intake.json`,
//! `limits`), counted in windows that begin at midnight in Viet Nam.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::provenance::Trust;
use crate::row::RowChecks;
use crate::{RuleName, Violation};

/// Minutes of a day, the longest window.
const DAY_MINUTES: u32 = 1_440;

/// The most that a limit may allow in a window.
const MOST_MAX: u32 = 100_000;

/// Seconds by which Viet Nam is ahead of UTC: its day is the window that people know.
const AHEAD_SECONDS: i64 = 7 * 3_600;

/// What is limited, and of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LimitName {
    /// Look-ups of codes without an account, from one source address.
    LookUpsOfAddress,
    /// Those of them that find nothing.
    MissesOfAddress,
    /// Dossiers that an applicant's account hands in.
    SubmissionsOfAccount,
    /// Dossiers that are handed in on-line with one telephone, by whichever account.
    SubmissionsOfTelephone,
    /// Uploads that an applicant's account, or a proven owner, asks for.
    UploadsOfAccount,
    /// Searches for people by one officer's account.
    SearchesOfAccount,
    /// Feedback without an account, from one source address.
    FeedbackOfAddress,
    /// Feedback in the name of one telephone, whoever sends it.
    FeedbackOfTelephone,
    /// One-time codes asked for from one source address.
    CodesOfAddress,
    /// One-time codes of one dossier.
    CodesOfDossier,
    /// One-time codes of one dossier soon after each other: a message takes some of the time.
    CodesInARow,
    /// One-time codes that one telephone gets, of whichever dossier.
    CodesOfTelephone,
    /// Guesses of one-time codes from one source address.
    GuessesOfAddress,
}

impl LimitName {
    /// Every limit there is.
    pub const ALL: [Self; 13] = [
        Self::LookUpsOfAddress,
        Self::MissesOfAddress,
        Self::SubmissionsOfAccount,
        Self::SubmissionsOfTelephone,
        Self::UploadsOfAccount,
        Self::SearchesOfAccount,
        Self::FeedbackOfAddress,
        Self::FeedbackOfTelephone,
        Self::CodesOfAddress,
        Self::CodesOfDossier,
        Self::CodesInARow,
        Self::CodesOfTelephone,
        Self::GuessesOfAddress,
    ];

    /// The word in problems, counts and the catalogue.
    pub fn name(self) -> &'static str {
        match self {
            Self::LookUpsOfAddress => "look-ups-of-address",
            Self::MissesOfAddress => "misses-of-address",
            Self::SubmissionsOfAccount => "submissions-of-account",
            Self::SubmissionsOfTelephone => "submissions-of-telephone",
            Self::UploadsOfAccount => "uploads-of-account",
            Self::SearchesOfAccount => "searches-of-account",
            Self::FeedbackOfAddress => "feedback-of-address",
            Self::FeedbackOfTelephone => "feedback-of-telephone",
            Self::CodesOfAddress => "codes-of-address",
            Self::CodesOfDossier => "codes-of-dossier",
            Self::CodesInARow => "codes-in-a-row",
            Self::CodesOfTelephone => "codes-of-telephone",
            Self::GuessesOfAddress => "guesses-of-address",
        }
    }

    /// What holds in editions that do not say: nothing is without a limit.
    fn usual(self) -> Limit {
        let (most, minutes) = match self {
            Self::LookUpsOfAddress => (300, 10),
            Self::MissesOfAddress => (60, 10),
            Self::SubmissionsOfAccount => (30, DAY_MINUTES),
            Self::SubmissionsOfTelephone => (50, DAY_MINUTES),
            Self::UploadsOfAccount => (100, DAY_MINUTES),
            Self::SearchesOfAccount => (300, DAY_MINUTES),
            Self::FeedbackOfAddress | Self::CodesOfAddress => (20, 60),
            Self::FeedbackOfTelephone | Self::CodesOfTelephone => (10, DAY_MINUTES),
            Self::CodesOfDossier => (5, DAY_MINUTES),
            Self::CodesInARow => (1, 1),
            Self::GuessesOfAddress => (60, 60),
        };
        Limit { name: self, most, minutes }
    }
}

/// How often something may be asked for in a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is limited, and of whom.
    pub name: LimitName,
    /// How often it may be asked for in a window; from 1.
    pub most: u32,
    /// The length of a window, in minutes; a day of Viet Nam is a whole number of windows.
    pub minutes: u32,
}

/// That a limit is reached, and when it begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// The limit that is reached.
    pub limit: LimitName,
    /// When it begins anew.
    pub until: Timestamp,
    /// The seconds until then, from 1.
    pub again_in_seconds: u32,
}

impl Limit {
    fn seconds(self) -> i64 {
        i64::from(self.minutes.max(1)) * 60
    }

    /// The number of the window that holds `now`; windows of a day are days of Viet Nam.
    pub fn window(self, now: Timestamp) -> i64 {
        (now.as_second() + AHEAD_SECONDS).div_euclid(self.seconds())
    }

    /// When the window that holds `now` ends.
    pub fn until(self, now: Timestamp) -> Timestamp {
        let second = (self.window(now) + 1) * self.seconds() - AHEAD_SECONDS;
        Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
    }

    /// The same limit, `times` as wide.
    #[must_use]
    pub fn widened(self, times: u32) -> Self {
        Self { most: self.most.saturating_mul(times.max(1)), ..self }
    }

    /// That the limit is reached at `now`.
    pub fn exceeded(self, now: Timestamp) -> Exceeded {
        let until = self.until(now);
        let left = (until.as_second() - now.as_second()).max(1);
        let again_in_seconds = u32::try_from(left).unwrap_or(u32::MAX);
        Exceeded { limit: self.name, until, again_in_seconds }
    }

    /// Whether something counted for the `count`-th time in the window of `now` is still allowed.
    /// Fails with when it will be.
    pub fn judge(self, count: u64, now: Timestamp) -> Result<(), Exceeded> {
        if count <= u64::from(self.most) { Ok(()) } else { Err(self.exceeded(now)) }
    }
}

/// One limit, from a day on.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitRule {
    /// What is limited, and of whom.
    limit: LimitName,
    /// How often it may be asked for in a window; 1 to 100,000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MOST_MAX)))]
    most: u32,
    /// The length of a window, in minutes, of which a day is a whole number; windows begin with the
    /// day in Viet Nam.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = DAY_MINUTES)))]
    minutes: u32,
    /// The first day on which the row is in force.
    valid_from: Date,
    /// Where it is written, or who has chosen it.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
    /// How well it is vouched for.
    #[serde(rename = "trust")]
    _trust: Trust,
}

/// Every limit, by day.
#[derive(Debug, Clone, Default)]
pub struct Limits(Vec<LimitRule>);

impl Limits {
    /// Puts the rows together; refused whole, with every reason.
    pub(crate) fn assemble(rows: Vec<LimitRule>) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let (at, name) = (format!("limits[{place}]"), row.limit.name());
            let mut checks = RowChecks::of(&at, name);
            let most = (1..=MOST_MAX).contains(&row.most);
            checks.check("most", RuleName::Range, most, &format!("must be 1 to {MOST_MAX}"));
            let even =
                (1..=DAY_MINUTES).contains(&row.minutes) && DAY_MINUTES.is_multiple_of(row.minutes);
            let detail = "must be minutes of which a day is a whole number";
            checks.check("minutes", RuleName::Range, even, detail);
            checks.sourced(&row.source);
            let same =
                |other: &LimitRule| other.limit == row.limit && other.valid_from == row.valid_from;
            let unique = !rows[..place].iter().any(same);
            checks.check("validFrom", RuleName::UniqueStart, unique, "begins twice on this day");
            found.extend(checks.found());
        }
        if found.is_empty() { Ok(Self(rows)) } else { Err(found) }
    }

    /// The limit of this name on `day`; where no row is in force yet, the one that this release
    /// knows.
    pub fn on(&self, name: LimitName, day: Date) -> Limit {
        let rows = self.0.iter().filter(|row| row.limit == name && row.valid_from <= day);
        let latest = rows.max_by_key(|row| row.valid_from);
        let limit = |row: &LimitRule| Limit { name, most: row.most, minutes: row.minutes };
        latest.map_or(name.usual(), limit)
    }
}
