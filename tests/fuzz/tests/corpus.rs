//! The kept inputs of every parser, again: among them each one that ever broke something.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fuzz::Parser;

#[test]
fn what_was_kept_breaks_nothing_and_belongs_to_a_parser() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folders: BTreeSet<String> = fs::read_dir(&corpus)
        .unwrap()
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    let parsers: BTreeSet<String> =
        Parser::ALL.iter().map(|parser| parser.name.to_owned()).collect();
    assert_eq!(folders, parsers, "each parser has a folder of inputs, and each folder a parser");
    for parser in &Parser::ALL {
        for input in fs::read_dir(corpus.join(parser.name)).unwrap() {
            (parser.hold)(&fs::read(input.unwrap().path()).unwrap());
        }
    }
}
