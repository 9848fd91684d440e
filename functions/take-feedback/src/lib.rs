//! Feedback (phản ánh, kiến nghị): `/v1/feedback` for everybody, `/v1/own/{code}/feedback` for its
//! proven author, `/v1/desk/feedback` for officers. And the answer to the one question after a
//! result: `/v1/dossiers/{code}/satisfaction`, `/v1/own/{code}/satisfaction`.

mod answer;
mod body;
mod lists;
mod settings;
mod shown;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Actor, Duty, Role, Signature};
use domain::feedback::{Feedback, FeedbackCode, FeedbackContent, FeedbackDecision, FeedbackStatus};
use domain::id::CommandId;
use domain::limit::LimitName;
use domain::upload::{Claimable, UploadId, unclaimed_violation};
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::{
    CountTable, Deliveries, Dossiers, FeedbackTable, Notices, Reads, UNVERIFIED_KEPT,
};
use platform::filing::{NewFeedback, repeated, rule};
use platform::fingerprint::Fingerprint;
use platform::gate::{Gate, network};
use platform::http::{HttpReply, HttpRequest};
use platform::keyed_hash::KeyedHash;
use platform::notice_list::NoticeList;
use platform::objects::Bucket;
use platform::port::{FeedbackIntake, NoticeBook, Stored, UploadClaims};
use platform::proof::ProofKey;
use platform::record::{FeedbackReceipt, ReadOf, ReadRecord};
use platform::request::Came;
use platform::submission::{RECEIPT_KEPT, command_id};
use serde::Serialize;

use body::{FilingBody, MoveBody, named, photos};
use shown::{Case, Standing};

pub use settings::Settings;

/// How often a move is decided again where somebody else was faster.
const TRIES_MAX: u32 = 5;

/// The tables that feedback needs, and what uploads are claimed by.
#[derive(Debug)]
pub struct Office<U> {
    /// Where feedback is kept.
    pub feedback: FeedbackTable,
    /// Counts who sends and looks up how much.
    pub gate: Gate<CountTable>,
    /// Where reads of officers are recorded.
    pub reads: Reads,
    /// What the systems have at which feedback was given, for officers.
    pub ledger: Deliveries,
    /// What authors were told, for officers.
    pub notices: Notices,
    /// Where photographs are looked up and kept.
    pub uploads: U,
    /// Reads tokens of authors.
    pub key: ProofKey,
    /// Dossiers, of which only the state is read, to know whose result was handed over.
    pub dossiers: Dossiers,
    /// Hashes numbers of people as dossiers have them.
    pub people: KeyedHash,
}

/// A feedback, with what was written as long as that is kept.
type Found = (Feedback, Option<FeedbackContent>);

/// What is answered to who sends feedback.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Filed<'a> {
    code: &'a FeedbackCode,
    status: FeedbackStatus,
    status_name: &'static str,
    /// Until when its author has to prove their telephone; none where they need not.
    #[serde(skip_serializing_if = "Option::is_none")]
    prove_within_seconds: Option<i64>,
}

impl<'a> From<&'a FeedbackReceipt> for Filed<'a> {
    fn from(kept: &'a FeedbackReceipt) -> Self {
        let waits = kept.status == FeedbackStatus::Unverified;
        Self {
            code: &kept.feedback,
            status: kept.status,
            status_name: kept.status.vietnamese(),
            prove_within_seconds: waits.then(|| UNVERIFIED_KEPT.as_secs()),
        }
    }
}

/// What is answered to a move.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MovedTo<'a> {
    code: &'a FeedbackCode,
    status: FeedbackStatus,
    status_name: &'static str,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
}

impl<'a> From<&'a Feedback> for MovedTo<'a> {
    fn from(feedback: &'a Feedback) -> Self {
        Self {
            code: &feedback.code,
            status: feedback.status,
            status_name: feedback.status.vietnamese(),
            version: feedback.version,
            due_at: feedback.due_at,
        }
    }
}

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    office: &Office<impl UploadClaims>,
    bucket: &Bucket,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let request = match request.route.as_str() {
        answer::OWN => request.surveyed(&office.key, now)?,
        _ => request.proven(&office.key, now)?,
    };
    match request.route.as_str() {
        answer::EVERYBODYS => office.answered(&request, catalogue, now).await,
        "GET /v1/feedback" => lists::published(&request, &office.feedback).await,
        "GET /v1/desk/feedback" => {
            let by = request.actor(catalogue, now)?;
            let desk = catalogue.feedback().on(date_of(now)).map(|rule| &rule.desk);
            lists::worklist(&request, &office.feedback, &by, desk).await
        }
        "POST /v1/feedback" => office.take(&request, None, catalogue, now).await,
        "POST /v1/desk/feedback" => {
            let by = request.actor(catalogue, now)?;
            office.take(&request, Some(by), catalogue, now).await
        }
        "GET /v1/feedback/{code}" => {
            request.no_parameters()?;
            let code: FeedbackCode = request.path("code")?;
            let (limits, find) = (catalogue.limits(), office.feedback.feedback(&code, now));
            let found = office.gate.look_up(limits, request.source(), now, find).await?;
            HttpReply::json(200, &Standing::from(&found.ok_or(Failure::FeedbackNotFound)?))
        }
        // As `HttpRequest::proven` names the doors of proven authors.
        "GET /v1/dossiers/{code}/feedback" | "GET /v1/desk/feedback/{code}" => {
            office.show(&request, bucket, catalogue, now).await
        }
        "GET /v1/desk/feedback/{code}/notices" => {
            let by = request.actor(catalogue, now)?;
            office.told(&request, &by, catalogue, now).await
        }
        "POST /v1/dossiers/{code}/feedback" | "POST /v1/desk/feedback/{code}/transitions" => {
            office.change(&request, catalogue, now).await
        }
        _ => Err(Failure::RouteNotFound),
    }
}

/// The command's name after its caller, so that two of them may use the same key.
fn command(request: &HttpRequest, parts: [&str; 2]) -> Result<CommandId, Failure> {
    let given = request.header("idempotency-key").ok_or(Failure::MissingIdempotencyKey)?;
    let given = CommandId::try_from(given.to_owned())?;
    command_id(&["feedback", parts[0], parts[1], given.as_str()])
}

/// Under which name a history has who sent something without an account.
fn nobody() -> Signature {
    Signature { role: Role::Citizen, id: "feedback".to_owned(), agency: None }
}

fn taken_violations(photos: &[UploadId]) -> Failure {
    let each = photos.iter().map(|_| unclaimed_violation().within("photos"));
    Failure::Invalid(each.collect())
}

impl<U: UploadClaims> Office<U> {
    async fn take(
        &self,
        request: &HttpRequest,
        by: Option<Actor>,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<HttpReply, Failure> {
        request.no_parameters()?;
        let rule = rule(catalogue, now)?;
        let signed = match &by {
            None => nobody(),
            Some(Actor::Officer { agency, duty: Duty::Counter, id, .. })
                if *agency == rule.desk =>
            {
                Signature { role: Role::Officer, id: id.clone(), agency: Some(agency.clone()) }
            }
            Some(
                Actor::Officer { .. }
                | Actor::Integrator { .. }
                | Actor::Portal { .. }
                | Actor::Citizen { .. }
                | Actor::Proven { .. }
                | Actor::System { .. },
            ) => return Err(Failure::Forbidden),
        };
        let key = command(request, ["file", &signed.account()])?;
        let Came { read: body, came } =
            request.json_as_it_came(|body: FilingBody, _| body.broken())?;
        if by.is_none() {
            let limit = catalogue.limits().on(LimitName::FeedbackOfAddress, date_of(now));
            self.gate.admit(limit, &network(request.source()), now).await?;
        }
        let fingerprint = Fingerprint::of(&came, None);
        if let Some(kept) = self.feedback.receipt(&key, now).await? {
            return HttpReply::json(201, &Filed::from(&repeated(kept, &fingerprint)?));
        }
        let known = self.uploads.named(&named(&body.photos)).await?;
        let account = signed.account();
        let claimable = Claimable { known: &known, account: &account, dossier: None, now };
        let filing = body.judged(key.clone(), &claimable, by.is_some())?;
        if let (None, Some(author)) = (&by, &filing.content.author) {
            let limit = catalogue.limits().on(LimitName::FeedbackOfTelephone, date_of(now));
            self.gate.admit(limit, author.phone.zalo(), now).await?;
        }
        self.uploads.keep(filing.content.photos.clone()).await?;
        let new = NewFeedback { filing, by: signed, fingerprint, kept: RECEIPT_KEPT };
        let receipt = new.file(&self.feedback, catalogue, now).await?;
        let code = receipt.feedback.shared().clone();
        Ok(HttpReply::json(201, &Filed::from(&receipt))?.about(code))
    }

    async fn show(
        &self,
        request: &HttpRequest,
        bucket: &Bucket,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<HttpReply, Failure> {
        let by = request.actor(catalogue, now)?;
        request.no_parameters()?;
        let code: FeedbackCode = request.path("code")?;
        let found = self.feedback.found(&code, now).await?;
        // Who nobody knows any more is not its author: officers alone learn that the words are gone.
        let reads = |found: &Found| {
            found.0.may_read(&by) && (found.1.is_some() || !found.0.is_authors(&by))
        };
        let found = found.filter(reads).ok_or(Failure::FeedbackNotFound)?;
        let lines = match &found.0.origin {
            Some(_) => self.ledger.of(code.shared()).await?,
            None => Vec::new(),
        };
        let case = Case::of(&found, &by, (&lines, catalogue), bucket, now).await?;
        let what = (ReadOf::Case, found.0.version);
        let read = ReadRecord::new(code.shared().clone(), by.signature(), what, &request.id, now);
        let unrecorded = |failure| Failure::unavailable("the record of reads", failure);
        self.reads.record(&read).await.map_err(unrecorded)?;
        HttpReply::json(200, &case)
    }

    /// What its author was told, and why not: for the officers who may read it, without the number.
    async fn told(
        &self,
        request: &HttpRequest,
        by: &Actor,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<HttpReply, Failure> {
        request.no_parameters()?;
        let code: FeedbackCode = request.path("code")?;
        let found = self.feedback.feedback(&code, now).await?;
        let found = found.filter(|feedback| feedback.may_read(by));
        found.ok_or(Failure::FeedbackNotFound)?;
        let phone = self.feedback.phone(&code, now).await?;
        let subject = code.into();
        let mut thread = self.notices.thread(&subject).await?;
        // As it is now: nobody wakes a thread for what time alone has decided.
        if let Some(thread) = &mut thread {
            thread.settle(&catalogue.notice_policy(date_of(now)), now);
        }
        HttpReply::json(200, &NoticeList::of(&subject, phone.as_ref(), thread.as_ref()))
    }

    async fn change(
        &self,
        request: &HttpRequest,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<HttpReply, Failure> {
        let by = request.actor(catalogue, now)?;
        request.no_parameters()?;
        let code: FeedbackCode = request.path("code")?;
        let (rule, today) = (rule(catalogue, now)?, date_of(now));
        let account = by.signature().account();
        let key = command(request, ["move", &account])?;
        let judge = |body: MoveBody| body.judged(key.clone(), catalogue, today).err();
        let body: MoveBody = request.json_judged(|body| judge(body).unwrap_or_default())?;
        let (mut command, with) =
            body.judged(key.clone(), catalogue, today).map_err(Failure::Invalid)?;
        if !body.photos.is_empty() {
            let known = self.uploads.named(&named(&body.photos)).await?;
            let dossier = Some(code.shared());
            let claimable = Claimable { known: &known, account: &account, dossier, now };
            let mut found = Vec::new();
            command.photos = photos(&body.photos, &claimable, &mut found)?;
            if !found.is_empty() {
                return Err(Failure::Invalid(found));
            }
        }
        if let Some(with) = with {
            let other = self.feedback.feedback(&with, now).await?;
            let unknown = || Violation::new("with", RuleName::KnownValue, "is no feedback");
            command.with = Some(Box::new(other.ok_or_else(unknown)?));
        }
        for _ in 0..TRIES_MAX {
            let found = self.feedback.found(&code, now).await?;
            let (feedback, content) = found.ok_or(Failure::FeedbackNotFound)?;
            let Some(content) = content else {
                // Nobody is its author any more, and its officers do nothing with it.
                let reads = feedback.may_read(&by) && !feedback.is_authors(&by);
                let detail = "what was written is gone, so that nothing is left to do";
                let gone = || Violation::new("action", RuleName::ContentGone, detail).into();
                return Err(if reads { gone() } else { Failure::FeedbackNotFound });
            };
            let rules = (rule, catalogue.law());
            let next = match feedback.decide(&content, command.clone(), &by, rules, now)? {
                FeedbackDecision::Repeated => {
                    return HttpReply::json(200, &MovedTo::from(&feedback));
                }
                FeedbackDecision::Moved(next) => next,
            };
            self.uploads.keep(command.photos.clone()).await?;
            match self.feedback.advance(&next, content.photos.len()).await? {
                Ok(Stored::Yes) => {
                    let reply = HttpReply::json(200, &MovedTo::from(&next.0))?;
                    return Ok(reply.about(code.shared().clone()));
                }
                Ok(Stored::AnotherWasFirst) => {}
                Err(taken) => return Err(taken_violations(&taken)),
            }
        }
        Err(Failure::Held("the feedback"))
    }
}
