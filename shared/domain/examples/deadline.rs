//! `make deadline`: when a dossier of a procedure is due, and every day on the way there.
#![allow(clippy::print_stdout, reason = "a program for people at a terminal")]

use std::error::Error;
use std::process::ExitCode;

use domain::calendar::{date_of, instant, time_of};
use domain::catalogue::{Catalogue, CatalogueFiles};
use domain::id::{AgencyCode, ProcedureCode};
use domain::procedure::Channel;
use jiff::civil::DateTime;

fn main() -> ExitCode {
    explain().map_or_else(
        |error| {
            eprintln!("{error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

fn explain() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(procedure), Some(received)) = (words.next(), words.next()) else {
        return Err(
            "say PROCEDURE=1.001193 RECEIVED=2026-02-13T14:59 [CHANNEL=online|counter|postal] [AGENCY=H20.12]".into()
        );
    };
    let code: ProcedureCode = procedure.parse()?;
    let received: DateTime = received.parse().map_err(|_| "RECEIVED must look like 2026-02-13T14:59")?;
    let received = instant(received.date(), received.time());
    let channel = match words.next().as_deref() {
        None | Some("online") => Channel::Online,
        Some("counter") => Channel::Counter,
        Some("postal") => Channel::Postal,
        Some(_) => return Err("CHANNEL must be online, counter or postal".into()),
    };
    let catalogue = shipped()?;
    let Some(procedure) = catalogue.procedure(&code, date_of(received)) else {
        return Err(format!("{code} is not in force on {}", date_of(received)).into());
    };
    println!("{code} · {}", procedure.name);
    let Some(term) = procedure.term(channel) else {
        println!("no due date: this procedure gives none for this channel");
        return Ok(());
    };
    let explained = match words.next() {
        None => term.explained(catalogue.law(), received)?,
        Some(agency) => {
            let agency: AgencyCode = agency.parse()?;
            let Some(known) = catalogue.agency(&agency) else {
                return Err(format!("{agency} is not in the catalogue").into());
            };
            println!("{agency} · {}", known.name);
            term.explained_for(catalogue.law(), &agency, received)?
        }
    };
    let (due, rule) = (explained.due, explained.rule);
    let unit = serde_json::to_value(rule.unit)?;
    println!("received  {} {}", date_of(received).strftime("%a %d/%m/%Y"), time_of(received).strftime("%H:%M"));
    println!("due       {} {}", date_of(due).strftime("%a %d/%m/%Y"), time_of(due).strftime("%H:%M"));
    println!("rule      {} {} · {}\n", rule.amount, unit.as_str().unwrap_or_default(), rule.source);
    for day in explained.days {
        println!("{}  {day}", day.date.strftime("%a %d/%m/%Y"));
    }
    Ok(())
}

/// The catalogue as shipped: decided years alone.
fn shipped() -> Result<Catalogue, Box<dyn Error>> {
    let catalogue = Catalogue::assemble(CatalogueFiles {
        agencies: serde_json::from_str(include_str!("../../../infra/data/agencies.json"))?,
        procedures: serde_json::from_str(include_str!("../../../infra/data/procedures.json"))?,
        calendar: serde_json::from_str(include_str!("../../../infra/data/calendar.json"))?,
        rules: serde_json::from_str(include_str!("../../../infra/data/rules.json"))?,
        templates: serde_json::from_str(include_str!("../../../infra/data/templates.json"))?,
        integrators: serde_json::from_str(include_str!("../../../infra/data/integrators.json"))?,
        notices: serde_json::from_str(include_str!("../../../infra/data/notices.json"))?,
        providers: serde_json::from_str(include_str!("../../../infra/data/providers.json"))?,
        codes: serde_json::from_str(include_str!("../../../infra/data/codes.json"))?,
        index: serde_json::from_str(include_str!("../../../infra/data/index.json"))?,
    });
    catalogue.map_err(|found| found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ").into())
}
