//! What the rules and kinds are called.

use std::collections::HashSet;

use inspection::{Kind, Rule};

#[test]
fn every_rule_has_a_name_of_its_own_in_kebab_case() {
    let names: HashSet<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Rule::ALL.len());
    for name in names {
        let words = name
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        assert!(words, "{name}");
    }
}

#[test]
fn every_rule_has_a_sentence_of_its_own_in_both_languages() {
    let sentences = |text: fn(Rule) -> &'static str| {
        let texts: HashSet<&str> = Rule::ALL.iter().map(|rule| text(*rule)).collect();
        assert!(texts.iter().all(|text| text.ends_with('.') && text.len() > 15));
        texts
    };
    let (vietnamese, english) = (sentences(Rule::vietnamese), sentences(Rule::english));
    assert_eq!((vietnamese.len(), english.len()), (Rule::ALL.len(), Rule::ALL.len()));
    assert!(english.iter().all(|text| text.is_ascii()));
    assert!(vietnamese.iter().all(|text| !text.is_ascii()));
}

#[test]
fn every_kind_is_found_by_its_media_type_in_any_case() {
    for kind in Kind::ALL {
        let media_type = kind.media_type();
        assert_eq!(Kind::from_media_type(media_type), Some(*kind));
        assert_eq!(Kind::from_media_type(&media_type.to_uppercase()), Some(*kind));
    }
    assert_eq!(Kind::from_media_type("application/pdf; charset=binary"), None);
}
