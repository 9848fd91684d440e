//! The rules of the one-stop shop, each beside the table or the sentence that it comes from.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "all of this crate is tests, and what the tests share fails like a test"
)]

mod rules {
    mod announcements;
    mod articles;
    mod assignments;
    mod behind;
    mod catalogue;
    mod corrections;
    mod deadlines;
    mod deliveries;
    mod eforms;
    mod exceptions;
    mod feedback;
    mod feedback_texts;
    mod fees;
    mod forwarding;
    mod heirs;
    mod indexes;
    mod inquiries;
    mod kpi;
    mod ledger;
    mod limits;
    mod live;
    mod notices;
    mod payments;
    mod phoneless;
    mod post;
    mod printed;
    mod properties;
    mod redates;
    mod reminders;
    mod results;
    mod retention;
    mod rights;
    mod room;
    mod routes;
    mod rule_names;
    mod search;
    mod shown;
    mod sight;
    mod spans;
    mod steps;
    mod stored;
    mod submissions;
    mod supplements;
    mod surveys;
    mod tellers;
    mod texts;
    mod told;
    mod transfers;
    mod transitions;
    mod uploads;
    mod values;
    mod waits_for;
    mod words;
    mod world;
    mod years;
}
