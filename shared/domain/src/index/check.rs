//! What contradicts itself in `index.json`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Condition, Criterion, DECLARED_MAX, Declared, Formula, Index, Ratio, Rung, WHOLE};
use crate::{RuleName, Violation};

/// How a declaration is used: as a share, or as points of dossiers of at most so many hundredths
/// each.
enum Use {
    Share,
    Points { hundredths: u64 },
}

/// All rules that these entries break.
pub(super) fn violations(indexes: &[Index], declared: &[Declared]) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut starts = BTreeSet::new();
    let mut uses = BTreeMap::new();
    for (place, index) in indexes.iter().enumerate() {
        if !starts.insert((&index.code, index.valid_from)) {
            let (code, from) = (&index.code, index.valid_from);
            let detail = format!("{code} from {from}: two versions begin on this day");
            let field = format!("indexes[{place}].validFrom");
            found.push(Violation::new(field, RuleName::UniqueStart, detail));
        }
        of_one(place, index, &mut found);
        for criterion in index.groups.iter().flat_map(|group| &group.criteria) {
            for (input, used) in inputs(criterion) {
                uses.insert(input, used);
            }
        }
    }
    of_declared(declared, &uses, &mut found);
    found
}

/// What is wrong by itself with the one at `place` of the list, from 0.
fn of_one(place: usize, index: &Index, found: &mut Vec<Violation>) {
    let mut check = |field: &str, rule, broken: bool, detail: String| {
        if broken {
            let detail = format!("{} from {}: {detail}", index.code, index.valid_from);
            found.push(Violation::new(format!("indexes[{place}].{field}"), rule, detail));
        }
    };
    check("source", RuleName::Source, index.source.trim().is_empty(), "has no source".to_owned());
    check(
        "roundTo",
        RuleName::RoundTo,
        !(1..=100).contains(&index.round_to),
        "roundTo must be 1 to 100".to_owned(),
    );
    let sum: u64 = index.groups.iter().map(|group| group.hundredths).sum();
    check(
        "hundredths",
        RuleName::Weights,
        sum != index.hundredths,
        format!("its groups weigh {sum} and not {}", index.hundredths),
    );
    let mut codes = BTreeSet::new();
    for (nth, group) in index.groups.iter().enumerate() {
        let at = |field: &str| format!("groups[{nth}].{field}");
        check(
            &at("code"),
            RuleName::UniqueCode,
            !codes.insert(&group.code),
            format!("{} stands twice", group.code),
        );
        let sum: u64 = group.criteria.iter().map(|criterion| criterion.hundredths).sum();
        let weighs = group.hundredths;
        let detail = format!("the criteria of {} weigh {sum} and not {weighs}", group.code);
        check(&at("hundredths"), RuleName::Weights, sum != weighs, detail);
        for (which, criterion) in group.criteria.iter().enumerate() {
            let at = |field: &str| at(&format!("criteria[{which}].{field}"));
            // A group of one criterion may share its code.
            let shared = criterion.code == group.code && group.criteria.len() == 1;
            let twice = !shared && !codes.insert(&criterion.code);
            check(
                &at("code"),
                RuleName::UniqueCode,
                twice,
                format!("{} stands twice", criterion.code),
            );
            let nothing = criterion.hundredths == 0;
            check(
                &at("hundredths"),
                RuleName::Positive,
                nothing,
                format!("{} weighs nothing", criterion.code),
            );
            if let Some(detail) = formula_broken(criterion) {
                check(
                    &at("formula"),
                    RuleName::Thresholds,
                    true,
                    format!("{}: {detail}", criterion.code),
                );
            }
        }
    }
    let falling = index.grades.windows(2).all(|pair| pair[0].from > pair[1].from);
    let reaches = index.grades.first().is_some_and(|best| best.from <= index.hundredths);
    let ends = index.grades.last().is_some_and(|last| last.from == 0);
    check(
        "grades",
        RuleName::Grades,
        !(falling && reaches && ends),
        "grades must fall from what can be reached to 0".to_owned(),
    );
}

fn is_share(share: u64) -> bool {
    (1..=WHOLE).contains(&share)
}

fn formula_broken(criterion: &Criterion) -> Option<&'static str> {
    let most = criterion.hundredths;
    match &criterion.formula {
        Formula::Proportional { full_at, .. } => {
            (!is_share(*full_at)).then_some("fullAt must be 1 to 10000")
        }
        Formula::Steps { rungs } => rungs_broken(rungs, most),
        Formula::Average { of, .. } => {
            let best = of.iter().map(|weight| weight.hundredths).max();
            (best != Some(most)).then_some("the best dossier must get all points and none more")
        }
        Formula::DeclaredAverage { .. } => None,
    }
}

fn rungs_broken(rungs: &[Rung], most: u64) -> Option<&'static str> {
    if rungs.first().is_none_or(|highest| highest.hundredths != most) {
        return Some("the highest rung must give all points");
    }
    let mut shares = rungs.iter().flat_map(|rung| &rung.when).filter_map(share_of);
    if !shares.all(|(_, share)| is_share(share)) {
        return Some("a share must be 1 to 10000");
    }
    let open = rungs.iter().position(|rung| rung.when.is_empty());
    if open.is_some_and(|place| place + 1 < rungs.len()) {
        return Some("nothing can stand under a rung without conditions");
    }
    let falls = |pair: &[Rung]| {
        let (higher, lower) = (&pair[0], &pair[1]);
        let asks_less = lower.when.iter().filter_map(share_of).all(|(of, share)| {
            let mut above =
                higher.when.iter().filter_map(share_of).filter(|(other, _)| *other == of);
            above.all(|(_, more)| more > share)
        });
        higher.hundredths > lower.hundredths && asks_less
    };
    (!rungs.windows(2).all(falls)).then_some("a lower rung must give less and ask for less")
}

fn share_of(condition: &Condition) -> Option<(&Ratio, u64)> {
    match condition {
        Condition::AtLeast { of, share } => Some((of, *share)),
        Condition::NoneOf { .. } => None,
    }
}

/// The declarations that a criterion asks for.
fn inputs(criterion: &Criterion) -> Vec<(&str, Use)> {
    match &criterion.formula {
        Formula::Proportional { of, .. } => named(of).into_iter().collect(),
        Formula::Average { .. } => Vec::new(),
        Formula::Steps { rungs } => {
            let ratios = rungs.iter().flat_map(|rung| &rung.when).filter_map(share_of);
            ratios.filter_map(|(ratio, _)| named(ratio)).collect()
        }
        Formula::DeclaredAverage { input } => {
            vec![(input.as_str(), Use::Points { hundredths: criterion.hundredths })]
        }
    }
}

fn named(ratio: &Ratio) -> Option<(&str, Use)> {
    match ratio {
        Ratio::Measured { .. } => None,
        Ratio::Declared { input } => Some((input.as_str(), Use::Share)),
    }
}

fn of_declared(declared: &[Declared], uses: &BTreeMap<&str, Use>, found: &mut Vec<Violation>) {
    let mut seen = BTreeSet::new();
    for (place, entry) in declared.iter().enumerate() {
        let mut check = |field: &str, rule, broken: bool, detail: String| {
            if broken {
                let detail = format!("{} of {}: {detail}", entry.input, entry.period);
                found.push(Violation::new(format!("declared[{place}].{field}"), rule, detail));
            }
        };
        let twice =
            !seen.insert((&entry.input, &entry.agency, entry.period.first(), entry.period.last()));
        check("input", RuleName::UniqueDeclaration, twice, "is declared twice".to_owned());
        check(
            "source",
            RuleName::Source,
            entry.source.trim().is_empty(),
            "has no source".to_owned(),
        );
        let most = match uses.get(entry.input.as_str()) {
            None => {
                check("input", RuleName::KnownInput, true, "no index asks for it".to_owned());
                continue;
            }
            Some(Use::Share) => entry.whole,
            Some(Use::Points { hundredths }) => entry.whole.saturating_mul(*hundredths) / 100,
        };
        let fits = (1..=DECLARED_MAX).contains(&entry.whole) && entry.part <= most;
        check("part", RuleName::Range, !fits, format!("must be part of a whole, at most {most}"));
    }
}
