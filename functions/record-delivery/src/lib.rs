//! `POST /v1/callbacks/zalo`, `GET /v1/callbacks/esms/{secret}` and
//! `POST /v1/callbacks/sms/{secret}`: what the gateways tell us, which is delivery reports and what
//! people write to us.
//!
//! The addresses are public. A report counts if it is signed, or comes by the secret address, and
//! names a message that we sent. It is answered after one read and one conditional write, well
//! within Zalo's limit of two seconds. A report that is repeated, late or out of order never moves
//! a notice back. Zalo has one address for all that it tells an account, so that what people write
//! is answered behind the same doors (ADR 94).

mod answer;
mod settings;

use domain::applicant::Phone;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::notice::{MessageName, parse_message_id};
use domain::thread::Reported;
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::gateway::report::{self, GatewayEvent, NamedReport, ZaloSigner};
use platform::http::{HttpReply, HttpRequest};
use platform::port::{
    AccountReplies, Asked, Asker, Contacts, Inquiries, MessageGateways, NoticeBook, Stored,
};
use platform::{Failure, LogLine};
use serde::{Deserialize, Serialize};

pub use answer::Answering;
pub use settings::Settings;

/// The most attempts to apply a report when the notice changes in the meantime.
const DECIDED_MAX: u32 = 5;

/// The secrets that authenticate reports.
pub struct Reporters {
    /// Verifies the signatures of Zalo.
    pub zalo: ZaloSigner,
    /// The secret in the path of eSMS' call-backs.
    pub esms_secret: String,
    /// The secret in the path of the short code's call-backs.
    pub sms_secret: String,
}

/// A message that a gateway passes on from a short code. No vendor's form of it was at hand: this
/// one is ours, and asked of the gateway by contract.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShortMessage {
    id: String,
    from: Phone,
    to: String,
    text: String,
}

/// The parameters of an eSMS call-back that are read. Further ones are ignored; one of these that
/// is repeated is read as absent.
pub const ESMS_PARAMETERS: [&str; 7] =
    ["SMSID", "RequestId", "SendStatus", "SendSuccess", "SendFailed", "TotalPrice", "error_info"];

/// The answer: vendors read no more than its status.
#[derive(Serialize)]
struct Taken {
    taken: bool,
}

/// Answers one HTTP request; failures become problem documents.
pub async fn handle<B, G, A>(
    request: HttpRequest,
    book: &impl NoticeBook,
    answering: &Answering<'_, B, G, A>,
    catalogue: &Catalogue,
    reporters: &Reporters,
    now: Timestamp,
) -> Result<HttpReply, Failure>
where
    B: Inquiries + Contacts,
    G: MessageGateways,
    A: AccountReplies,
{
    let event = match request.route.as_str() {
        "POST /v1/callbacks/zalo" => report::zalo(
            request.raw_body()?,
            request.header("x-zevent-signature"),
            &reporters.zalo,
            now,
        )?,
        "GET /v1/callbacks/esms/{secret}" => {
            let secret = request.path_text("secret");
            let named =
                report::esms(|name| request.query(name), secret, &reporters.esms_secret, now)?;
            request.said_once(&ESMS_PARAMETERS)?;
            named.map(GatewayEvent::Report)
        }
        "POST /v1/callbacks/sms/{secret}" => {
            if !report::is_secret(request.path_text("secret"), &reporters.sms_secret) {
                return Err(Failure::RouteNotFound);
            }
            request.no_parameters()?;
            let ShortMessage { id, from, to, text } = request.json()?;
            let unnamed = || Violation::new("id", RuleName::Format, "must be 1 to 100 letters");
            let id = report::message_id(&id).ok_or_else(unnamed)?;
            Some(GatewayEvent::Asked(Asked { id, from: Asker::Phone(from), to: Some(to), text }))
        }
        _ => return Err(Failure::RouteNotFound),
    };
    let taken = match event {
        Some(GatewayEvent::Report(named)) => record(&named, book, catalogue, now).await?,
        Some(GatewayEvent::Asked(asked)) => answering.answer(&asked, catalogue, now).await?,
        None => false,
    };
    HttpReply::json(200, &Taken { taken })
}

/// Applies the report; `false` if it changes nothing. A report about an unknown message is no
/// error, since a repetition would not help.
async fn record(
    named: &NamedReport,
    book: &impl NoticeBook,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<bool, Failure> {
    let provider = named.report.provider.name();
    // Nobody waits for the report of an answer: who does not have it asks again.
    if named.name.starts_with(answer::ANSWER) {
        return Ok(false);
    }
    let Some(MessageName { subject: code, version, wording }) = parse_message_id(&named.name)
    else {
        tracing::warn!(provider, "a report names a message that is none of ours");
        return Ok(false);
    };
    let policy = catalogue.notice_policy(date_of(now));
    for tried in 0..DECIDED_MAX {
        // A thread that may be a moment behind is good enough to be written, and for nothing else.
        let is_recent = tried == 0;
        let thread = match is_recent {
            true => book.recent_thread(&code).await?,
            false => book.thread(&code).await?,
        };
        let Some(mut thread) = thread else {
            if is_recent {
                continue;
            }
            tracing::warn!(provider, "a report names a message that was never sent");
            return Ok(false);
        };
        let before = thread.clone();
        let heard = thread.report((version, wording), &named.report, &policy, now);
        let reported = heard.reported;
        if thread == before && is_recent {
            continue;
        }
        if thread == before {
            tracing::info!(dossier = %code, version, provider, ?reported, "report known");
            return Ok(false);
        }
        thread.advance();
        if book.keep(&thread).await? == Stored::Yes {
            let state = thread.notice(version).map_or("", |notice| notice.state.name());
            tracing::info!(dossier = %code, version, provider, state, settled = heard.settled, "{}", LogLine::ReportRecorded);
            if let Some(stated) = heard.implausible {
                tracing::error!(dossier = %code, version, provider, %stated, "{}", LogLine::ImplausiblePrice);
            }
            return Ok(reported == Reported::Applied);
        }
    }
    Err(Failure::Held("the thread of notices"))
}
