//! `GET /v1/kpi/index`: the national indices, each score with everything that led to it.

use domain::catalogue::Catalogue;
use domain::id::AgencyCode;
use domain::index::{
    Condition, Formula, Input, Measures, Missing, Origin, Ratio, Rung, Scope, ScoredCriterion,
    ScoredGroup, ScoredIndex, score,
};
use domain::kpi::report::share;
use domain::period::Period;
use domain::provenance::Trust;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::gather::Gathered;
use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::{CountedTime, percent};
use crate::handled::Handled;
use crate::survey::Surveyed;
use crate::synchronised::Synchronised;

/// The body of `GET /v1/kpi/index`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Indexed {
    #[serde(flatten)]
    time: CountedTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<AgencyCode>,
    agencies: &'static str,
    /// Those in force on the last day.
    indexes: Vec<IndexAnswer>,
}

/// One index; field names in capitals are those of the national report.
#[derive(Serialize)]
struct IndexAnswer {
    #[serde(rename = "CODE")]
    code: String,
    #[serde(rename = "DESCRIPTION")]
    description: String,
    #[serde(rename = "TOTAL_SCORE")]
    total_score: String,
    #[serde(rename = "MAX_SCORE")]
    max_score: String,
    /// The points that could be scored: those of criteria whose inputs are all known.
    scorable: String,
    /// The grade; absent where an input is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    grade: Option<String>,
    #[serde(rename = "gradeAtLeast")]
    grade_at_least: String,
    rows: Vec<Row>,
    missing: Vec<Value>,
    #[serde(rename = "validFrom")]
    valid_from: Date,
    trust: &'static str,
    source: String,
}

#[derive(Serialize)]
struct Row {
    #[serde(rename = "CODE")]
    code: String,
    #[serde(rename = "DESCRIPTION")]
    description: String,
    /// Left out where no criterion of it could be scored: that is not zero.
    #[serde(rename = "SCORE", skip_serializing_if = "Option::is_none")]
    score: Option<String>,
    #[serde(rename = "MAX_SCORE")]
    max_score: String,
    /// The score as a share of what could be scored, in percent.
    #[serde(rename = "TB_SCORE", skip_serializing_if = "Option::is_none")]
    tb_score: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scorable: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    criteria: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Trace>,
}

/// What a criterion's points were made of.
#[derive(Serialize)]
struct Trace {
    formula: &'static str,
    parameters: Value,
    inputs: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Value>,
}

pub(crate) fn indexed(
    period: &Period,
    gathered: &Gathered,
    (synchronised, handled, surveyed): (&Synchronised, &Handled, Surveyed),
    scope: Scope<'_>,
    (catalogue, now): (&Catalogue, Timestamp),
) -> Indexed {
    let (indexes, last) = (catalogue.indexes(), period.last());
    let Scope { agency, ended } = scope;
    let measures = if gathered.days > 0 {
        Measures::of(&gathered.rows, scope, catalogue.register(), last)
    } else {
        Measures::not_counted(scope, catalogue.register(), last)
    };
    let known = synchronised.within(scope, catalogue.register(), last);
    let measures = match known {
        Some((in_step, owed)) => measures.with_synchronised(in_step, owed),
        None => measures,
    };
    let measures = match handled.within(scope, catalogue.register(), last) {
        Some(answers) => measures.with_feedback(answers.in_time, answers.all()),
        None => measures,
    };
    let measures = match surveyed.within(scope, catalogue, last) {
        Some((satisfied, answers)) => measures.with_satisfied(satisfied, answers),
        None => measures,
    };
    let answer = |index| index_answer(&score(index, &measures, indexes, period, agency));
    Indexed {
        time: CountedTime::of(period, gathered, now),
        agency: agency.cloned(),
        agencies: ended.name(),
        indexes: indexes.on(last).map(answer).collect(),
    }
}

fn index_answer(scored: &ScoredIndex<'_>) -> IndexAnswer {
    let index = scored.index;
    let missing = scored
        .missing()
        .map(|(criterion, missing)| json!({"CODE": criterion.code, "input": missing.input(), "why": missing.why()}));
    IndexAnswer {
        code: index.code.clone(),
        description: index.name.clone(),
        total_score: percent(scored.score),
        max_score: percent(index.hundredths),
        scorable: percent(scored.scorable),
        grade: scored.grade().map(str::to_owned),
        grade_at_least: scored.grade_at_least().to_owned(),
        rows: scored.groups.iter().map(group_row).collect(),
        missing: missing.collect(),
        valid_from: index.valid_from,
        trust: match index.trust {
            Trust::Confirmed => "confirmed",
            Trust::Secondary => "secondary",
            Trust::Unverified => "unverified",
        },
        source: index.source.clone(),
    }
}

fn group_row(scored: &ScoredGroup<'_>) -> Row {
    let known = (scored.scorable > 0).then_some(scored.score);
    Row {
        code: scored.group.code.clone(),
        description: scored.group.name.clone(),
        score: known.map(percent),
        max_score: percent(scored.group.hundredths),
        tb_score: share(scored.score, scored.scorable).map(percent),
        scorable: Some(percent(scored.scorable)),
        criteria: scored.criteria.iter().map(criterion_row).collect(),
        trace: None,
    }
}

fn criterion_row(scored: &ScoredCriterion<'_>) -> Row {
    let criterion = scored.criterion;
    Row {
        code: criterion.code.clone(),
        description: criterion.name.clone(),
        score: scored.score.map(percent),
        max_score: percent(criterion.hundredths),
        tb_score: scored.score.and_then(|score| share(score, criterion.hundredths)).map(percent),
        scorable: None,
        criteria: Vec::new(),
        trace: Some(Trace {
            formula: criterion.formula.name(),
            parameters: parameters(&criterion.formula),
            inputs: scored.inputs.iter().map(input).collect(),
            missing: scored.missing.iter().map(missing).collect(),
        }),
    }
}

fn missing(missing: &Missing) -> Value {
    json!({"input": missing.input(), "why": missing.why()})
}

fn input(input: &Input) -> Value {
    let (from, by) = match &input.origin {
        Origin::Figures => ("figures", None),
        Origin::Catalogue => ("catalogue", None),
        Origin::Declared(by) => ("declared", Some(by)),
        Origin::Ledger => ("deliveries", None),
        Origin::Feedback => ("feedback", None),
        Origin::Survey => ("survey", None),
    };
    let mut answer = json!({"input": input.name, "value": input.value, "from": from});
    if let Some(of) = input.of {
        answer["of"] = of.into();
    }
    if let Some(by) = by {
        answer["by"] = by.as_str().into();
    }
    answer
}

fn ratio(ratio: &Ratio) -> String {
    match ratio {
        Ratio::Measured { part, whole } => format!("{}/{}", part.name(), whole.name()),
        Ratio::Declared { input } => input.clone(),
    }
}

fn parameters(formula: &Formula) -> Value {
    match formula {
        Formula::Proportional { of, full_at } => {
            json!({"of": ratio(of), "fullAtPercent": percent(*full_at)})
        }
        Formula::Steps { rungs } => {
            json!({"rungs": rungs.iter().map(rung).collect::<Vec<Value>>()})
        }
        Formula::Average { of, among } => {
            let each =
                of.iter().map(|weight| json!({"input": weight.measure.name(), "points": percent(weight.hundredths)}));
            json!({"of": each.collect::<Vec<Value>>(), "among": among.name()})
        }
        Formula::DeclaredAverage { input } => json!({"of": input}),
    }
}

fn rung(rung: &Rung) -> Value {
    let condition = |condition: &Condition| match condition {
        Condition::AtLeast { of, share } => {
            json!({"of": ratio(of), "atLeastPercent": percent(*share)})
        }
        Condition::NoneOf { measure } => json!({"noneOf": measure.name()}),
    };
    json!({"points": percent(rung.hundredths), "when": rung.when.iter().map(condition).collect::<Vec<Value>>()})
}
