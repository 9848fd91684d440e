//! The names of rules.

use std::collections::BTreeSet;

use domain::RuleName;
use domain::language::Language;

#[test]
fn each_rule_has_a_name_of_its_own_for_programs() {
    let slugs: BTreeSet<&str> = RuleName::ALL.iter().map(|rule| rule.slug()).collect();
    assert_eq!(slugs.len(), RuleName::ALL.len());
    for slug in slugs {
        let plain =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ['-', '.'].contains(&c);
        assert!(!slug.is_empty() && slug.chars().all(plain), "{slug}");
    }
}

#[test]
fn each_rule_has_a_text_of_its_own_in_vietnamese_and_in_english() {
    for language in [Language::Vi, Language::En] {
        let texts: BTreeSet<&str> = RuleName::ALL.iter().map(|rule| rule.text(language)).collect();
        assert!(texts.iter().all(|text| !text.trim().is_empty()));
        assert_eq!(texts.len(), RuleName::ALL.len(), "two rules say the same in {language:?}");
    }
    for rule in RuleName::ALL {
        assert!(rule.text(Language::En).is_ascii(), "{rule}");
        assert!(!rule.text(Language::Vi).is_ascii(), "{rule}");
    }
}
