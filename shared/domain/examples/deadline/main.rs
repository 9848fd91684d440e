//! `make deadline`: when a dossier of a procedure is due, and every day on the way there.
#![allow(clippy::print_stdout, reason = "a program for people at a terminal")]

mod table;

use std::error::Error;
use std::process::ExitCode;

use domain::catalogue::{Catalogue, CatalogueFiles};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let answer = shipped().and_then(|catalogue| {
        let question = table::Question::read(&words)?;
        Ok(question.answer(&catalogue)?)
    });
    match answer {
        Ok(table) => {
            println!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The catalogue as shipped: decided years alone.
fn shipped() -> Result<Catalogue, Box<dyn Error>> {
    let catalogue = Catalogue::assemble(CatalogueFiles {
        agencies: serde_json::from_str(include_str!("../../../../infra/data/agencies.json"))?,
        procedures: serde_json::from_str(include_str!("../../../../infra/data/procedures.json"))?,
        calendar: serde_json::from_str(include_str!("../../../../infra/data/calendar.json"))?,
        rules: serde_json::from_str(include_str!("../../../../infra/data/rules.json"))?,
        templates: serde_json::from_str(include_str!("../../../../infra/data/templates.json"))?,
        integrators: serde_json::from_str(include_str!("../../../../infra/data/integrators.json"))?,
        notices: serde_json::from_str(include_str!("../../../../infra/data/notices.json"))?,
        providers: serde_json::from_str(include_str!("../../../../infra/data/providers.json"))?,
        codes: serde_json::from_str(include_str!("../../../../infra/data/codes.json"))?,
        leaders: serde_json::from_str(include_str!("../../../../infra/data/leaders.json"))?,
        index: serde_json::from_str(include_str!("../../../../infra/data/index.json"))?,
        intake: serde_json::from_str(include_str!("../../../../infra/data/intake.json"))?,
        systems: serde_json::from_str(include_str!("../../../../infra/data/systems.json"))?,
    });
    catalogue.map_err(|found| {
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ").into()
    })
}
