//! Says everything that is wrong with an integrator's event in a file, without a stack:
//! `make check-event FILE=events/integrators/submit.json`. It is judged by the shipped catalogue, at
//! the present time; a move is judged by its form alone, since there is no dossier.
#![allow(clippy::print_stdout, reason = "a program for people at a terminal")]
#![allow(clippy::print_stderr, reason = "a program for people at a terminal")]

use std::process::ExitCode;

use platform::catalogue::{self, UndecidedYears};
use platform::{Failure, clock, inbound};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("which file? make check-event FILE=events/integrators/submit.json");
        return ExitCode::from(2);
    };
    let message = match std::fs::read_to_string(&path) {
        Ok(message) => message,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::from(2);
        }
    };
    let catalogue = match catalogue::load(UndecidedYears::Assumed) {
        Ok(catalogue) => catalogue,
        Err(failure) => {
            eprintln!("the shipped catalogue: {failure}");
            return ExitCode::from(2);
        }
    };
    match ingest_event::judge(&message, &catalogue, clock::now()).await {
        Ok(()) => {
            println!("{path}: nothing is wrong with it");
            match inbound::read(&message) {
                Ok(event) if event.ignored > 0 => {
                    println!("{path}: {} field(s) are not of this event: ignored", event.ignored);
                }
                Ok(_) | Err(_) => {}
            }
            ExitCode::SUCCESS
        }
        Err(Failure::Invalid(broken)) => {
            for violation in &broken {
                println!("{path}: {} {} ({})", violation.field, violation.detail, violation.rule);
            }
            ExitCode::FAILURE
        }
        Err(failure) => {
            println!("{path}: {failure} ({})", failure.slug());
            ExitCode::FAILURE
        }
    }
}
