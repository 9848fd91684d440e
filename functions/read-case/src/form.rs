//! `GET /v1/dossiers/{code}/forms/{form}`: a form as one page that prints on A4. It is laid out by
//! the catalogue, and fetches nothing.

use askama::Template;
use domain::announcement::PublicUrl;
use domain::calendar::{date_of, time_of};
use domain::catalogue::Catalogue;
use domain::dossier::{Dossier, HistoryEntry, Sight};
use domain::printed::{FormContent, FormLayout, PrintedForm};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::{Dossiers, Reads};
use platform::http::{HttpReply, HttpRequest};
use platform::record::{ReadOf, ReadRecord};

use crate::qr;

/// Characters from which on a sheet is set smaller, and from which on smaller again: what an A4
/// sheet holds in 12 and in 10 points.
const DENSE_CHARACTERS: [usize; 2] = [1_200, 2_400];

/// The source of the page, with its only style.
const TEMPLATE: &str = include_str!("../templates/form.html");

/// The page of one form.
#[derive(Template)]
#[template(path = "form.html")]
struct Page<'a> {
    /// How small it is set: empty, `dense` or `densest`.
    density: &'static str,
    /// The authority above the agency; empty for one without.
    above: &'a str,
    agency: &'a str,
    day: String,
    code: &'a str,
    layout: &'a FormLayout,
    rows: Vec<Row<'a>>,
    qr: qr::Drawn,
}

/// A row with something to show.
struct Row<'a> {
    label: &'a str,
    text: String,
    items: Vec<Item<'a>>,
}

/// An entry of a list: a document, with what is wrong with it where it is asked for.
struct Item<'a> {
    name: &'a str,
    reason: &'a str,
}

pub(crate) async fn print(
    request: &HttpRequest,
    (dossiers, reads): (&Dossiers, &Reads),
    (catalogue, public_url): (&Catalogue, &PublicUrl),
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let by = request.actor(catalogue, now)?;
    request.no_parameters()?;
    let form: PrintedForm = request.path("form")?;
    let dossier = crate::find(dossiers, request).await?;
    match by.sight_of(&dossier) {
        Some(Sight::Whole) => {}
        // They may read how the case was, and print nothing of it any more.
        Some(Sight::UpTo(_)) => return Err(Failure::Forbidden),
        None => return Err(Failure::DossierNotFound),
    }
    // A form without a name and without reasons is none of the law's.
    if dossier.content_gone.is_some() {
        return Err(Failure::FormNotFound);
    }
    let page = Page::of(form, &dossier, (catalogue, public_url))?;
    let html = page
        .render()
        .map_err(|error| Failure::Defect(format!("a form cannot be written: {error}")))?;
    let what = (ReadOf::Form, dossier.version);
    let read = ReadRecord::new(dossier.code.clone(), by.signature(), what, &request.id, now);
    crate::record(reads, &read).await?;
    // It names a person, and is not asked for twice.
    Ok(HttpReply::page(TEMPLATE, html).with_header("cache-control", "private, no-store"))
}

impl<'a> Page<'a> {
    fn of(
        form: PrintedForm,
        dossier: &'a Dossier,
        (catalogue, public_url): (&'a Catalogue, &PublicUrl),
    ) -> Result<Self, Failure> {
        let entry = form.occasion(dossier).ok_or(Failure::FormNotFound)?;
        let day = date_of(entry.at);
        let layout = catalogue.form_layouts().on(form, day).ok_or(Failure::FormNotFound)?;
        let rows: Vec<Row<'a>> = layout
            .rows
            .iter()
            .map(|row| Row::of(&row.label, row.shows, (dossier, entry), catalogue))
            .filter(Row::shows_something)
            .collect();
        // Who made the move has signed; a program signs for the owner.
        let signed = entry.by.agency.as_ref().unwrap_or(&dossier.agency);
        let agency = catalogue.agency(signed);
        let above = agency.and_then(|agency| catalogue.agency(agency.parent.as_ref()?));
        let characters: usize = rows.iter().map(Row::characters).sum();
        Ok(Self {
            density: match DENSE_CHARACTERS {
                [_, densest] if characters > densest => "densest",
                [dense, _] if characters > dense => "dense",
                _ => "",
            },
            above: above.map_or("", |above| above.name_on(day)),
            agency: agency.map_or(signed.as_str(), |agency| agency.name_on(day)),
            day: day_in_words(day),
            code: dossier.code.as_str(),
            layout,
            rows,
            qr: qr::of(&public_url.tracking(&dossier.code))?,
        })
    }
}

/// What stands behind a date in a year whose days off are not decided.
const PROVISIONAL: &str = " (tạm tính: lịch nghỉ của năm đó chưa được ban hành)";

impl<'a> Row<'a> {
    fn of(
        label: &'a str,
        shows: FormContent,
        (dossier, entry): (&'a Dossier, &'a HistoryEntry),
        catalogue: &'a Catalogue,
    ) -> Self {
        let applicant = dossier.applicant.as_ref();
        let procedure = catalogue.procedure_of(dossier);
        let name_of = |code: &'a str| {
            let listed = procedure.iter().flat_map(|procedure| &procedure.documents);
            listed.clone().find(|listed| listed.code == code).map_or(code, |listed| &listed.name)
        };
        let (mut text, mut items) = (None, Vec::new());
        match shows {
            FormContent::Code => text = Some(dossier.code.to_string()),
            FormContent::Procedure => {
                let code = &dossier.procedure;
                text = Some(procedure.map_or_else(
                    || code.to_string(),
                    |procedure| format!("{} (mã thủ tục {code})", procedure.name),
                ));
            }
            FormContent::Applicant => {
                text = applicant.map(|applicant| applicant.full_name.reveal().to_owned());
            }
            FormContent::Phone => {
                let phone = applicant.and_then(|applicant| applicant.phone.as_ref());
                text = phone.map(|phone| phone.domestic());
            }
            FormContent::Email => {
                let email = applicant.and_then(|applicant| applicant.email.as_ref());
                text = email.map(|email| email.reveal().to_owned());
            }
            FormContent::Channel => text = Some(dossier.channel.vietnamese().to_owned()),
            FormContent::Documents => items = documents(dossier, entry, name_of),
            FormContent::SubmittedAt => text = Some(in_words(dossier.submitted_at)),
            FormContent::DoneAt => text = Some(in_words(entry.at)),
            FormContent::Term => {
                text = dossier
                    .term
                    .map(|term| format!("{} {}", term.amount(), term.unit().vietnamese()));
            }
            FormContent::DueAt => {
                let assumed = |due| catalogue.law().is_provisional(&dossier.agency, entry.at, due);
                text = entry.due_at.map(|due| {
                    let mark = if assumed(due) { PROVISIONAL } else { "" };
                    format!("{}{mark}", in_words(due))
                });
            }
            FormContent::ResultTo => {
                let to = dossier.result_to.as_ref();
                text = to.map(|to| format!("Qua bưu chính công ích: {}", to.address.reveal()));
            }
            FormContent::PreviouslyDueAt => {
                let before = dossier.history.iter().rfind(|other| other.version < entry.version);
                text = before.and_then(|before| before.due_at).map(in_words);
            }
            FormContent::AskedFor => {
                let asked = entry.asked_for.iter();
                items = asked
                    .map(|asked| Item { name: name_of(&asked.code), reason: &asked.reason })
                    .collect();
            }
            FormContent::AskedUntil => {
                let until = dossier.asked_until(entry, catalogue.law());
                text = until.map(|day| day.strftime("%d/%m/%Y").to_string());
            }
            FormContent::Reason => text = entry.reason.clone(),
        }
        Self { label, text: text.unwrap_or_default(), items }
    }

    fn shows_something(&self) -> bool {
        !self.text.is_empty() || !self.items.is_empty()
    }

    /// What it fills of a sheet, with something for the lines that it begins.
    fn characters(&self) -> usize {
        const LINE: usize = 60;
        let items = self.items.iter();
        let items: usize =
            items.map(|item| LINE + item.name.chars().count() + item.reason.chars().count()).sum();
        LINE + self.text.chars().count() + items
    }
}

/// The documents that had come by `entry`, each code once.
fn documents<'a>(
    dossier: &'a Dossier,
    entry: &HistoryEntry,
    name_of: impl Fn(&'a str) -> &'a str,
) -> Vec<Item<'a>> {
    let mut codes: Vec<&str> = Vec::new();
    for document in dossier.documents.iter().filter(|document| document.version <= entry.version) {
        if !codes.contains(&document.code.as_str()) {
            codes.push(&document.code);
        }
    }
    codes.into_iter().map(|code| Item { name: name_of(code), reason: "" }).collect()
}

/// `8 giờ 05, ngày 17/11/2026`, by the clock of Viet Nam.
fn in_words(instant: Timestamp) -> String {
    let (time, day) = (time_of(instant), date_of(instant));
    format!("{} giờ {:02}, ngày {}", time.hour(), time.minute(), day.strftime("%d/%m/%Y"))
}

/// `ngày 17 tháng 11 năm 2026`.
fn day_in_words(day: Date) -> String {
    format!("ngày {:02} tháng {:02} năm {}", day.day(), day.month(), day.year())
}
