//! What is accepted, what is refused, and by which rule. Every file, certificate and signature is
//! made here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "all of this crate is tests, and what the tests share fails like a test"
)]

mod rules {
    mod certificates;
    mod documents;
    mod files;
    mod forms;
    mod names;
    mod properties;
    mod signatures;
    mod timestamps;
}
