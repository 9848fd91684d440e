//! All tests through the public doors: components on the embedded tables, journeys on the deployed stack.

mod announcement;
mod catalogue;
mod contract;
mod crash;
mod deadline;
mod doors;
mod figures;
mod gateways;
mod index;
mod journey;
mod law;
mod night;
mod notices;
mod oracle;
mod outages;
mod page;
mod passing;
mod race;
mod redelivery;
mod reports;
mod simulation;
mod support;
mod tidy;
mod tokens;
mod wiring;
mod year;
