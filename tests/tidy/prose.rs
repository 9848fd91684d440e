//! What people read: doc comments, documents, decisions.

use super::*;

/// Fewest words of a doc comment; one with fewer repeats the name that it is about.
const DOC_WORDS_MIN: usize = 4;

/// The doc comments of a file, each with the line on which it begins.
fn doc_comments(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut follows = false;
    for (number, line) in text.lines().enumerate() {
        let Some(words) = line.trim_start().strip_prefix("///") else {
            follows = false;
            continue;
        };
        match found.last_mut() {
            Some((_, comment)) if follows => comment.push_str(words),
            _ => found.push((number + 1, words.to_owned())),
        }
        follows = true;
    }
    found
}

#[test]
fn each_doc_comment_says_more_than_a_name() {
    let code = product_code();
    let comments = code.iter().flat_map(|(path, text)| {
        doc_comments(text).into_iter().map(move |(line, comment)| (path, line, comment))
    });
    let comments: Vec<_> = comments.collect();
    assert!(comments.len() > 1_000, "only {} doc comments were found", comments.len());
    let short: Vec<String> = comments
        .into_iter()
        .filter(|(_, _, comment)| comment.split_whitespace().count() < DOC_WORDS_MIN)
        .map(|(path, line, comment)| format!("{path}:{line}:{comment}"))
        .collect();
    assert!(short.is_empty(), "say what it is, with unit and range:\n{}", short.join("\n"));
}

/// Widest line of prose, in characters, as of code.
const WIDTH_MAX: usize = 100;

#[test]
fn prose_wraps_where_code_does() {
    let documents = files("", &[".md"]);
    assert!(documents.len() > 40, "only {} documents were found", documents.len());
    let mut wide = Vec::new();
    for (path, text) in &documents {
        let mut in_block = false;
        for (number, line) in text.lines().enumerate() {
            in_block ^= line.trim_start().starts_with("```");
            // A table has one line for each row, and an address cannot be broken.
            let may_be_wide = in_block || line.starts_with('|') || !line.trim().contains(' ');
            if !may_be_wide && line.chars().count() > WIDTH_MAX {
                wide.push(format!("{path}:{}: {line}", number + 1));
            }
        }
    }
    assert!(wide.is_empty(), "more than {WIDTH_MAX} characters:\n{}", wide.join("\n"));
}

#[test]
fn each_decision_has_its_date_and_its_row_in_the_index() {
    let mut decisions = files("docs/adr", &[".md"]);
    let index = decisions.remove("docs/adr/README.md").unwrap();
    let rows: Vec<&str> = index.lines().filter(|line| line.starts_with("| [")).collect();
    for (path, text) in &decisions {
        let name = path.rsplit('/').next().unwrap();
        let number: u32 = name.split('-').next().unwrap().parse().unwrap();
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let title = lines.next().unwrap();
        assert!(title.starts_with(&format!("# {number}. ")), "{path}: {title}");
        let date = lines.next().and_then(|line| line.strip_prefix("Date: ")).unwrap_or_default();
        assert!(date.parse::<jiff::civil::Date>().is_ok(), "{path}: no line `Date: YYYY-MM-DD`");
        let row = format!("| [{number}]({name}) | {date} | ");
        assert!(index.contains(&row), "the index has no row `{row}…`");
    }
    assert_eq!(rows.len(), decisions.len(), "the index names decisions that there are not");
}
