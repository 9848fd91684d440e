//! What holds of every parser of outside text, whatever it is given: it ends, it does not panic,
//! and what it takes it would take again.
//!
//! One list serves the fuzzer that is guided by coverage (`make fuzz-parsers`) and the test that
//! plays the kept inputs again (`corpus/`).

mod bodies;
mod documents;
mod words;

/// A parser with what holds of it.
#[derive(Debug)]
pub struct Parser {
    /// Its name, which is that of its folder in `corpus/`.
    pub name: &'static str,
    /// Panics where an input breaks what holds.
    pub hold: fn(&[u8]),
}

impl Parser {
    /// Every parser of text that comes from outside.
    pub const ALL: [Self; 14] = [
        Self { name: "certificate", hold: documents::certificate },
        Self { name: "code", hold: words::code },
        Self { name: "event", hold: bodies::event },
        Self { name: "identity", hold: words::identity },
        Self { name: "inquiry", hold: words::inquiry },
        Self { name: "move", hold: bodies::transition },
        Self { name: "office", hold: documents::office },
        Self { name: "pdf", hold: documents::pdf },
        Self { name: "phone", hold: words::phone },
        Self { name: "picture", hold: documents::picture },
        Self { name: "prose", hold: words::prose },
        Self { name: "request", hold: bodies::request },
        Self { name: "submission", hold: bodies::submission },
        Self { name: "webhook", hold: bodies::webhook },
    ];

    /// The parser of this name, if there is one.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|parser| parser.name == name)
    }
}
