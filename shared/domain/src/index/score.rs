//! Points of what was measured, with everything that led to them.

use super::{
    Condition, Criterion, FEEDBACK, Formula, Group, Index, Indexes, Measure, Measures, Ratio,
    SATISFIED, WHOLE,
};
use crate::id::AgencyCode;
use crate::period::Period;

/// The origin of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The figures that the night counted.
    Figures,
    /// The catalogue; with the figures for which procedures were used.
    Catalogue,
    /// A declaration by this source.
    Declared(String),
    /// The delivery ledger, as each night compared it with the histories.
    Ledger,
    /// The answers to feedback, counted with each.
    Feedback,
    /// What people said after a result, counted with each answer.
    Survey,
}

/// A number that a score was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The name of the input.
    pub name: String,
    /// The value of the input.
    pub value: u64,
    /// Of how much, where it was declared as a share.
    pub of: Option<u64>,
    /// The origin of the value.
    pub origin: Origin,
}

/// Why a criterion has no score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// An input without a declaration.
    NotDeclared(String),
    /// A measure that the catalogue does not record for this agency.
    NotKnown(Measure),
    /// No day of this time was counted.
    NotCounted(Measure),
    /// There was none of it in this time, of which anything could be a share.
    NothingToMeasure(Measure),
}

impl Missing {
    /// The name of the missing input.
    pub fn input(&self) -> &str {
        match self {
            Self::NotDeclared(input) => input,
            Self::NotKnown(measure)
            | Self::NotCounted(measure)
            | Self::NothingToMeasure(measure) => measure.name(),
        }
    }

    /// The reason, as a slug.
    pub fn why(&self) -> &'static str {
        match self {
            Self::NotDeclared(_) => "not-declared",
            Self::NotKnown(_) => "not-known",
            Self::NotCounted(_) => "not-counted",
            Self::NothingToMeasure(_) => "nothing-to-measure",
        }
    }
}

/// A criterion with its score.
#[derive(Debug, Clone)]
pub struct ScoredCriterion<'a> {
    /// The criterion that was scored.
    pub criterion: &'a Criterion,
    /// Its points in hundredths; none where an input is missing, which is not zero.
    pub score: Option<u64>,
    /// The inputs of the score.
    pub inputs: Vec<Input>,
    /// The inputs that are missing.
    pub missing: Vec<Missing>,
}

/// A group with its score.
#[derive(Debug, Clone)]
pub struct ScoredGroup<'a> {
    /// The group that was scored.
    pub group: &'a Group,
    /// The points of those criteria that have any, in hundredths.
    pub score: u64,
    /// The most that these could have, in hundredths.
    pub scorable: u64,
    /// The scored criteria of the group.
    pub criteria: Vec<ScoredCriterion<'a>>,
}

/// An index with its score.
#[derive(Debug, Clone)]
pub struct ScoredIndex<'a> {
    /// The index that was scored.
    pub index: &'a Index,
    /// The points of all groups, in hundredths.
    pub score: u64,
    /// The most that could be scored, in hundredths: all of the index, where nothing is missing.
    pub scorable: u64,
    /// The scored groups of the index.
    pub groups: Vec<ScoredGroup<'a>>,
}

impl ScoredIndex<'_> {
    /// The grade of the points that there are; what is missing could only make it better.
    pub fn grade_at_least(&self) -> &str {
        let reached = self.index.grades.iter().find(|grade| grade.from <= self.score);
        reached.map_or("", |grade| grade.name.as_str())
    }

    /// The grade; none where anything is missing.
    pub fn grade(&self) -> Option<&str> {
        (self.scorable == self.index.hundredths).then(|| self.grade_at_least())
    }

    /// All that is missing, with the criterion that asks for it.
    pub fn missing(&self) -> impl Iterator<Item = (&Criterion, &Missing)> {
        let criteria = self.groups.iter().flat_map(|group| &group.criteria);
        criteria.flat_map(|scored| scored.missing.iter().map(|missing| (scored.criterion, missing)))
    }
}

/// Scores `index` for a time, for one agency or the province.
pub fn score<'a>(
    index: &'a Index,
    measures: &Measures,
    indexes: &Indexes,
    period: &Period,
    agency: Option<&AgencyCode>,
) -> ScoredIndex<'a> {
    let of_criterion = |criterion: &'a Criterion| {
        let mut sought =
            Sought { measures, indexes, period, agency, inputs: Vec::new(), missing: Vec::new() };
        let points = sought.points(criterion);
        let Sought { inputs, missing, .. } = sought;
        let score =
            points.filter(|_| missing.is_empty()).map(|points| points.rounded(index.round_to));
        ScoredCriterion {
            criterion,
            score: score.map(|score| score.min(criterion.hundredths)),
            inputs,
            missing,
        }
    };
    let of_group = |group: &'a Group| {
        let criteria: Vec<ScoredCriterion<'a>> = group.criteria.iter().map(of_criterion).collect();
        let score = criteria.iter().filter_map(|scored| scored.score).sum();
        let known = criteria.iter().filter(|scored| scored.score.is_some());
        let scorable = known.map(|scored| scored.criterion.hundredths).sum();
        ScoredGroup { group, score, scorable, criteria }
    };
    let groups: Vec<ScoredGroup<'a>> = index.groups.iter().map(of_group).collect();
    let score = groups.iter().map(|group| group.score).sum();
    ScoredIndex { index, score, scorable: groups.iter().map(|group| group.scorable).sum(), groups }
}

/// Points before they are rounded: so many hundredths, divided.
struct Points {
    hundredths: u64,
    divided_by: u64,
}

impl Points {
    fn whole(hundredths: u64) -> Self {
        Self { hundredths, divided_by: 1 }
    }

    /// Half up to a multiple of `step`.
    fn rounded(&self, step: u64) -> u64 {
        let unit = self.divided_by * step;
        (2 * self.hundredths + unit) / (2 * unit) * step
    }
}

/// What was looked for, and what of it was found.
struct Sought<'a> {
    measures: &'a Measures,
    indexes: &'a Indexes,
    period: &'a Period,
    agency: Option<&'a AgencyCode>,
    inputs: Vec<Input>,
    missing: Vec<Missing>,
}

impl Sought<'_> {
    /// None where something is missing; what, is then noted.
    fn points(&mut self, criterion: &Criterion) -> Option<Points> {
        let most = criterion.hundredths;
        match &criterion.formula {
            Formula::Proportional { of, full_at } => {
                let (part, whole) = self.ratio(of)?;
                let full = full_at * whole;
                Some(Points { hundredths: most * (part * WHOLE).min(full), divided_by: full })
            }
            Formula::Steps { rungs } => {
                // Every rung is looked at, so that all that is missing is named.
                let mut reached = None;
                for rung in rungs {
                    let mut all = true;
                    for condition in &rung.when {
                        all &= self.holds(condition);
                    }
                    if all && reached.is_none() {
                        reached = Some(rung.hundredths);
                    }
                }
                Some(Points::whole(reached.unwrap_or_default()))
            }
            Formula::Average { of, among } => {
                let among = self.whole(*among);
                let mut sum = 0;
                for weight in of {
                    sum += weight.hundredths * self.measure(weight.measure).unwrap_or_default();
                }
                Some(Points { hundredths: sum, divided_by: among? })
            }
            Formula::DeclaredAverage { input } => {
                let (points, dossiers) = self.declared(input)?;
                Some(Points { hundredths: points * 100, divided_by: dossiers })
            }
        }
    }

    /// Whether a condition holds; not, where something is missing.
    fn holds(&mut self, condition: &Condition) -> bool {
        match condition {
            Condition::AtLeast { of, share } => {
                self.ratio(of).is_some_and(|(part, whole)| part * WHOLE >= share * whole)
            }
            Condition::NoneOf { measure } => self.measure(*measure) == Some(0),
        }
    }

    fn ratio(&mut self, ratio: &Ratio) -> Option<(u64, u64)> {
        match ratio {
            Ratio::Measured { part, whole } => {
                let (part, whole) = (self.measure(*part), self.whole(*whole));
                part.zip(whole)
            }
            Ratio::Declared { input } => self.declared(input),
        }
    }

    fn measure(&mut self, measure: Measure) -> Option<u64> {
        let found = self.measures.get(measure);
        match found {
            None if self.measures.are_counted() => self.miss(Missing::NotKnown(measure)),
            None => self.miss(Missing::NotCounted(measure)),
            Some(value) => {
                let origin =
                    if measure.is_of_catalogue() { Origin::Catalogue } else { Origin::Figures };
                self.note(Input { name: measure.name().to_owned(), value, of: None, origin });
            }
        }
        found
    }

    /// What others are measured by: of nothing there is no share.
    fn whole(&mut self, measure: Measure) -> Option<u64> {
        let found = self.measure(measure)?;
        if found == 0 {
            self.miss(Missing::NothingToMeasure(measure));
            return None;
        }
        Some(found)
    }

    fn declared(&mut self, input: &str) -> Option<(u64, u64)> {
        // What we know ourselves nobody has to declare.
        if let Some((value, of)) = self.measures.ledger(input) {
            let name = input.to_owned();
            let origin = match input {
                FEEDBACK => Origin::Feedback,
                SATISFIED => Origin::Survey,
                _ => Origin::Ledger,
            };
            self.note(Input { name, value, of: Some(of), origin });
            return Some((value, of));
        }
        let Some(found) = self.indexes.declared(self.period, self.agency, input) else {
            self.miss(Missing::NotDeclared(input.to_owned()));
            return None;
        };
        let (value, of) = (found.part, Some(found.whole));
        self.note(Input {
            name: input.to_owned(),
            value,
            of,
            origin: Origin::Declared(found.source.clone()),
        });
        Some((found.part, found.whole))
    }

    fn note(&mut self, input: Input) {
        if !self.inputs.contains(&input) {
            self.inputs.push(input);
        }
    }

    fn miss(&mut self, missing: Missing) {
        if !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
    }
}
