//! Words as people type them, and what they find.

use domain::search::{SEARCH_CHARACTERS_MAX, SearchWords};
use proptest::prelude::*;

fn finds(search: &str, text: &str) -> bool {
    search.parse::<SearchWords>().unwrap().are_in(&[text])
}

#[test]
fn accents_and_capitals_neither_hinder_nor_help() {
    for search in ["đăng ký khai sinh", "dang ky khai sinh", "ĐĂNG KÝ KHAI SINH", "Ðăng ký"]
    {
        let search = search.replace('Ð', "Đ");
        assert!(finds(&search, "Đăng ký khai sinh"), "{search}");
    }
    assert!(finds("hoà giải", "Hòa giải tranh chấp đất đai"), "the mark on another vowel");
    assert!(finds("dat dai", "Hòa giải tranh chấp đất đai"));
    // Composed of letters and marks, as some keyboards send it.
    assert!(finds("\u{111}a\u{302}\u{301}t", "đất") && finds("đất", "\u{110}a\u{302}\u{301}T"));
}

#[test]
fn words_come_in_any_order_and_each_may_be_cut_short_at_its_end() {
    assert!(finds("sinh khai", "Đăng ký khai sinh"));
    assert!(finds("khai si", "Đăng ký khai sinh"));
    assert!(!finds("hai", "Đăng ký khai sinh"), "the end of a word");
    assert!(!finds("khai tử", "Đăng ký khai sinh"), "one word of two");
}

#[test]
fn codes_are_found_by_their_beginning() {
    for search in ["1.001193", "1.0011", "001193", "G15", "g15-tp07"] {
        let texts = ["1.001193", "G15-TP07"];
        assert!(search.parse::<SearchWords>().unwrap().are_in(&texts), "{search}");
    }
}

#[test]
fn a_search_of_no_word_leaves_nothing_out_and_one_of_no_length_or_too_much_is_refused() {
    for search in [" ", "-", "…", "\u{200b}", "\u{301}"] {
        assert!(finds(search, "Đăng ký khai sinh"), "{search:?}");
    }
    for search in ["", &"a".repeat(SEARCH_CHARACTERS_MAX + 1)] {
        let refused = search.parse::<SearchWords>().unwrap_err();
        assert_eq!((refused.field.as_str(), refused.rule.slug()), ("search", "length"), "{search}");
    }
    assert!("ă".repeat(SEARCH_CHARACTERS_MAX).parse::<SearchWords>().is_ok());
}

proptest! {
    #[test]
    fn every_text_is_found_by_each_of_its_words_and_by_all_of_them(
        words in prop::collection::vec("[a-z0-9àảãạăâêôơưđếộữỹ]{1,8}", 1..6),
    ) {
        let text = words.join(" ");
        prop_assert!(finds(&text, &text));
        for word in &words {
            prop_assert!(finds(word, &text), "{word}");
        }
    }

    #[test]
    fn nothing_that_is_searched_for_makes_it_panic(search in any::<String>(), text in any::<String>()) {
        if let Ok(words) = search.parse::<SearchWords>() {
            words.are_in(&[&text]);
        }
    }
}
