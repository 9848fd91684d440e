//! `GET /v1/agencies`: the authorities of the province on a day, each with the one above it.

use std::collections::BTreeSet;

use domain::agency::{Agency, AgencyLevel, WardCode};
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::id::{AgencyCode, ProcedureCode};
use domain::law::Law;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use platform::Failure;
use platform::http::HttpRequest;
use platform::parameters::{day, flag, named};
use serde::Serialize;

/// The authorities of a day.
#[derive(Serialize)]
pub(crate) struct Agencies<'a> {
    day: Date,
    /// All agencies, ordered by code.
    items: Vec<Item<'a>>,
}

/// One agency of the list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    code: &'a AgencyCode,
    /// As on the day.
    name: &'a str,
    level: &'static str,
    level_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a AgencyCode>,
    valid_from: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Date>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    successors: Vec<Successor<'a>>,
    /// When it is open on the day; empty on a day off, missing where no calendar has the year.
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<Vec<Hours>>,
}

/// One half-day, by the clock of Viet Nam.
#[derive(Serialize)]
struct Hours {
    from: String,
    to: String,
}

/// Who carries on after the last day: the first that fits a dossier.
#[derive(Serialize)]
struct Successor<'a> {
    agency: &'a AgencyCode,
    /// With dossiers of these procedures; of all, where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    procedures: Option<&'a BTreeSet<ProcedureCode>>,
    /// With matters in these wards; in all, where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    wards: Option<&'a BTreeSet<WardCode>>,
}

impl<'a> Item<'a> {
    fn of(agency: &'a Agency, day: Date, law: &Law) -> Self {
        let clock = |time: &Time| time.strftime("%H:%M").to_string();
        let open = law.calendar_of(&agency.code).hours(day).ok().filter(|_| agency.exists_on(day));
        let half_day = |(from, to): &(Time, Time)| Hours { from: clock(from), to: clock(to) };
        let parts = agency.division.iter().map(|part| Successor {
            agency: &part.successor,
            procedures: Some(&part.procedures).filter(|named| !named.is_empty()),
            wards: Some(&part.wards).filter(|named| !named.is_empty()),
        });
        let rest = agency.successor.iter();
        let rest = rest.map(|agency| Successor { agency, procedures: None, wards: None });
        Self {
            code: &agency.code,
            name: agency.name_on(day),
            level: agency.level.name(),
            level_name: agency.level.vietnamese(),
            parent: agency.parent.as_ref(),
            valid_from: agency.valid_from,
            valid_to: agency.valid_to,
            successors: parts.chain(rest).collect(),
            open: open.map(|slots| slots.iter().map(half_day).collect()),
        }
    }
}

/// The authorities that exist on the day asked for, today without one; with `ended=true` also those
/// that have ended by then, so that an old code leads to whoever carries on.
pub(crate) fn list<'a>(
    request: &HttpRequest,
    catalogue: &'a Catalogue,
    now: Timestamp,
) -> Result<Agencies<'a>, Failure> {
    let mut parameters = request.parameters();
    let day = parameters.one("day", day);
    let level =
        parameters.one("level", named(&AgencyLevel::ALL.map(|level| (level.name(), level))));
    let ended = parameters.one("ended", flag).unwrap_or(false);
    parameters.end()?;
    let day = day.unwrap_or_else(|| date_of(now));
    let listed = catalogue.agencies().filter(|agency| {
        (agency.exists_on(day) || ended && agency.has_ended_by(day))
            && level.is_none_or(|level| agency.level == level)
    });
    Ok(Agencies {
        day,
        items: listed.map(|agency| Item::of(agency, day, catalogue.law())).collect(),
    })
}
