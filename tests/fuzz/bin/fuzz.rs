//! Feeds one parser with inputs that reach code which none before them has reached:
//! `make fuzz-parsers`. The parser is the one that `FUZZ_PARSER` names.
#![no_main]
#![allow(unsafe_code, reason = "libFuzzer calls a function by its C name")]

use std::sync::LazyLock;

use fuzz::Parser;

static PARSER: LazyLock<&'static Parser> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_PARSER").unwrap_or_default();
    let known = || Parser::ALL.iter().map(|parser| parser.name).collect::<Vec<_>>().join(", ");
    Parser::named(&name).unwrap_or_else(|| panic!("FUZZ_PARSER is none of {}", known()))
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| (PARSER.hold)(input));
