//! Feedback that was given at another system: the system is told of each step that it must have,
//! in their order, and of none twice. An answer whose own answer was lost is asked for before it is
//! brought again, since the system would have it twice.

use domain::calendar::date_of;
use domain::delivery::{
    BATCH_REQUESTS, Delivery, FeedbackStep, FeedbackTerms, Grant, PER_MINUTE_MIN, System,
};
use domain::feedback::{Feedback, FeedbackCode, FeedbackContent, FeedbackNews, Origin};
use jiff::{SignedDuration, Timestamp};
use platform::port::{
    CaseSystems, DeliveryLedger, DossierStore, FeedbackSystems, Stored, ToldStep, Trouble,
};
use platform::{Failure, LogLine};

use crate::{Desk, NEXT_TURN, WAIT_MAX, holder};

/// When what nobody can take comes again, since nothing is agreed with the system now.
const NEXT_DAY: SignedDuration = SignedDuration::from_hours(24);

/// A feedback with its words, as long as they are kept, at the system where it was given.
struct Round<'a> {
    system: &'a System,
    terms: &'a FeedbackTerms,
    origin: &'a Origin,
    whole: (&'a Feedback, Option<&'a FeedbackContent>),
}

/// Why a round ended before all was told.
enum Stop {
    /// There was no room for more in this minute.
    Full,
    /// The system refused a step.
    Refused(String),
    /// The system did not answer.
    Away(String, Option<SignedDuration>),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused { code } => Self::Refused(code),
            Trouble::Unavailable { code, retry_after } => Self::Away(code, retry_after),
            Trouble::Gone { code } => Self::Away(code, None),
        }
    }
}

impl Round<'_> {
    /// What is said to the author at a step: what was written to them, else the status' name, and
    /// that alone once the words are gone. What agencies said to each other is not theirs.
    fn words(&self, step: &FeedbackStep<'_>) -> &str {
        let (_, content) = self.whole;
        let written = match step.news {
            FeedbackNews::Answered | FeedbackNews::Refused => {
                let mut remarks = content.iter().flat_map(|content| &content.remarks);
                remarks.find(|remark| remark.version == step.entry.version)
            }
            FeedbackNews::Received
            | FeedbackNews::Routed
            | FeedbackNews::TakenUp
            | FeedbackNews::Returned
            | FeedbackNews::Joined
            | FeedbackNews::Closed
            | FeedbackNews::Reopened
            | FeedbackNews::Withdrawn => None,
        };
        written.map_or_else(|| step.entry.status.vietnamese(), |remark| &remark.words)
    }

    /// Whether the system `has` an answer among what it says it has: one for each of ours with the
    /// same words, up to this; once the words are gone, with whichever.
    fn is_among(&self, step: &FeedbackStep<'_>, has: &[String]) -> bool {
        let (feedback, content) = self.whole;
        let words = self.words(step);
        let alike = |other: &str| content.is_none() || other.trim() == words.trim();
        let ours = self.system.steps_of(feedback).filter(|other| {
            let before = other.entry.version <= step.entry.version;
            before && other.is_answer() && alike(self.words(other))
        });
        let theirs = has.iter().filter(|known| alike(known));
        step.is_answer() && theirs.count() >= ours.count()
    }
}

impl<D: DossierStore, L: DeliveryLedger, S: CaseSystems + FeedbackSystems> Desk<'_, D, L, S> {
    /// Brings each of `systems` what it is owed of the feedback `code`, and asks those that are to be
    /// `asked` whether they have what they acknowledged.
    pub(crate) async fn bring_feedback(
        &self,
        code: &FeedbackCode,
        (systems, asked): (&[&System], impl Fn(&System) -> bool),
        clock: &(impl Fn() -> Timestamp + Sync),
    ) -> Result<(), Failure> {
        let now = clock();
        // What nobody verified goes after a day, and a message about it may come later.
        let Some(feedback) = self.feedback.feedback(code, now).await? else { return Ok(()) };
        let Some(origin) = &feedback.origin else { return Ok(()) };
        for system in systems {
            match system.feedback_of(&origin.source) {
                Some(terms) => {
                    self.told(system, (terms, origin), &feedback, clock).await?;
                    if asked(system) {
                        self.check_feedback(system, (terms, origin), &feedback, clock).await?;
                    }
                }
                None => {
                    let later = now.saturating_add(NEXT_DAY).unwrap_or(now);
                    self.change(code.shared(), system, |line| line.put_off(now, later)).await?;
                }
            }
        }
        Ok(())
    }

    async fn told(
        &self,
        system: &System,
        (terms, origin): (&FeedbackTerms, &Origin),
        feedback: &Feedback,
        clock: &(impl Fn() -> Timestamp + Sync),
    ) -> Result<(), Failure> {
        let (now, code) = (clock(), feedback.code.shared());
        let owed = system.owed_of_feedback(feedback);
        let stored = self.ledger.line(code, &system.id).await?;
        if owed == 0 && stored.is_none() {
            return Ok(());
        }
        let mut line = stored.unwrap_or_else(|| Delivery::begun(code.clone(), system.id.clone()));
        let raised = line.owe(owed, now);
        let due = line.due_at().is_some_and(|due| due <= now);
        // Where more is owed than this copy has, it is older than what others have read.
        let goes = line.is_behind() && line.owed() <= feedback.version && due;
        if !goes || line.leased_until(now).is_some() {
            return if raised {
                self.change(code, system, |line| line.owe(owed, now)).await
            } else {
                Ok(())
            };
        }
        let steps = u32::try_from(system.steps_behind(feedback, &line).count()).unwrap_or(u32::MAX);
        let wanted = BATCH_REQUESTS.saturating_add(steps).max(PER_MINUTE_MIN);
        let ceiling = system.requests_per_minute;
        let room = match self.paced(system, |pace| pace.take(wanted, ceiling, now)).await? {
            Grant::Requests(requests) => requests.saturating_sub(BATCH_REQUESTS).max(1),
            Grant::Probe => 1,
            Grant::NotBefore(until) => {
                let put_off = |line: &mut Delivery| line.owe(owed, now) | line.put_off(now, until);
                return self.change(code, system, put_off).await;
            }
        };
        let holder = holder();
        if !line.start(&holder, now, self.lease) {
            return Ok(());
        }
        line.advance();
        if self.ledger.keep(&line).await? == Stored::AnotherWasFirst {
            // Whoever was first brings it, or finds what is owed here.
            return self.change(code, system, |line| line.owe(owed, now)).await;
        }
        let (taken, stop) = match self.feedback.found(&feedback.code, now).await? {
            Some((feedback, content)) => {
                let whole = (&feedback, content.as_ref());
                let round = Round { system, terms, origin, whole };
                self.round_of(&round, &line, usize::try_from(room).unwrap_or(1)).await
            }
            None => (line.acknowledged(), Some(Stop::Refused("not-here".to_owned()))),
        };
        self.settle_feedback((system, feedback), (taken, stop), &holder, clock()).await
    }

    /// Tells the system of what is owed, at most `room` steps. Gives up to which version it has
    /// everything, and why not more.
    async fn round_of(
        &self,
        round: &Round<'_>,
        line: &Delivery,
        room: usize,
    ) -> (u64, Option<Stop>) {
        let Round { system, terms, origin, whole: (feedback, _) } = round;
        let mut taken = line.acknowledged();
        // Nobody knows what became of an earlier try.
        let has = if line.tries() > 1 || line.last_error().is_some() {
            match self.systems.answers(system, terms, &origin.number).await {
                Ok(has) => has,
                Err(trouble) => return (taken, Some(trouble.into())),
            }
        } else {
            Vec::new()
        };
        let mut told = 0;
        for step in system.steps_behind(feedback, line) {
            if !round.is_among(&step, &has) {
                if told == room {
                    return (taken, Some(Stop::Full));
                }
                told += 1;
                let agency = feedback.agency_at(step.entry.version);
                let named = self.catalogue.agency(agency);
                let named = named.map(|named| named.name_on(date_of(step.entry.at)));
                let agency_name = named.unwrap_or(agency.as_str());
                let (number, words) = (&origin.number, round.words(&step));
                let told = ToldStep { step, number, agency, agency_name, words };
                match self.systems.tell(system, told).await {
                    Ok(Ok(())) => {}
                    Ok(Err(code)) => return (taken, Some(Stop::Refused(code))),
                    Err(trouble) => return (taken, Some(trouble.into())),
                }
            }
            taken = step.entry.version;
        }
        (taken, None)
    }

    /// Stores how a round ended: the rate first, since it says when it may go again.
    async fn settle_feedback(
        &self,
        (system, feedback): (&System, &Feedback),
        (taken, stop): (u64, Option<Stop>),
        holder: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let (code, name) = (feedback.code.shared(), system.id.as_str());
        let (ceiling, draw) = (system.requests_per_minute, fastrand::u32(..));
        let until = match &stop {
            None | Some(Stop::Full | Stop::Refused(_)) => {
                self.paced(system, |pace| pace.answered(ceiling)).await?;
                now.saturating_add(NEXT_TURN).unwrap_or(now)
            }
            Some(Stop::Away(code, asked)) => {
                tracing::warn!(system = name, code, "{}", LogLine::SystemAway);
                self.paced(system, |pace| pace.failed(ceiling, *asked, now, draw)).await?
            }
        };
        let change = |line: &mut Delivery| match &stop {
            None | Some(Stop::Full) => line.acknowledge(taken, holder, now),
            Some(Stop::Refused(why)) => line.refused((holder, taken), why, now, draw),
            Some(Stop::Away(why, _)) => line.unavailable((holder, taken), why, now, until),
        };
        if let Some(Stop::Refused(why)) = &stop {
            // The template makes a metric of this line.
            let dossier = code.as_str();
            tracing::error!(system = name, dossier, code = why, "{}", LogLine::CaseRefused);
        }
        self.change(code, system, change).await?;
        tracing::info!(system = name, dossier = %code, version = taken, "a system was told of feedback");
        Ok(())
    }

    /// Asks the system whether it has the answers that it acknowledged, and reopens the line where it
    /// has not. Fails where it cannot be asked now: the message comes again.
    async fn check_feedback(
        &self,
        system: &System,
        (terms, origin): (&FeedbackTerms, &Origin),
        feedback: &Feedback,
        clock: &(impl Fn() -> Timestamp + Sync),
    ) -> Result<(), Failure> {
        let (now, code) = (clock(), feedback.code.shared());
        let line = self.ledger.line(code, &system.id).await?;
        // What is behind is brought, and not asked for.
        let Some(line) = line.filter(|line| !line.is_behind()) else { return Ok(()) };
        // Without words nobody knows which answers were meant.
        let Some(whole) = self.feedback.whole(&feedback.code, now).await? else { return Ok(()) };
        let whole = (&whole.0, Some(&whole.1));
        let round = Round { system, terms, origin, whole };
        let acknowledged = |step: &FeedbackStep<'_>| step.entry.version <= line.acknowledged();
        let known: Vec<_> = system.steps_of(whole.0).filter(acknowledged).collect();
        if !known.iter().any(FeedbackStep::is_answer) {
            return Ok(());
        }
        let (ceiling, name) = (system.requests_per_minute, system.id.as_str());
        let grant = self.paced(system, |pace| pace.take(PER_MINUTE_MIN, ceiling, now)).await?;
        if let Grant::NotBefore(until) = grant {
            return Err(Failure::HeldBack(now.duration_until(until).min(WAIT_MAX)));
        }
        let has = match self.systems.answers(system, terms, &origin.number).await {
            Ok(has) => has,
            Err(Trouble::Refused { code: why }) => {
                let dossier = code.as_str();
                tracing::warn!(
                    system = name,
                    dossier,
                    code = why,
                    "a system says nothing of a feedback"
                );
                return self.paced(system, |pace| pace.answered(ceiling)).await;
            }
            Err(trouble @ (Trouble::Unavailable { .. } | Trouble::Gone { .. })) => {
                let Stop::Away(code, asked) = Stop::from(trouble) else { return Ok(()) };
                let (now, draw) = (clock(), fastrand::u32(..));
                tracing::warn!(system = name, code, "{}", LogLine::SystemAway);
                self.paced(system, |pace| pace.failed(ceiling, asked, now, draw)).await?;
                return Err(Failure::HeldBack(NEXT_TURN));
            }
        };
        self.paced(system, |pace| pace.answered(ceiling)).await?;
        let missing = known.iter().position(|step| step.is_answer() && !round.is_among(step, &has));
        let Some(missing) = missing else { return Ok(()) };
        // The template makes a metric of this line.
        let dossier = code.as_str();
        tracing::error!(system = name, dossier, "{}", LogLine::FalseAcknowledgement);
        let before = known.get(..missing).unwrap_or_default().last();
        let has = before.map_or(0, |step| step.entry.version);
        let (seen, now) = (line.acknowledged(), clock());
        let reopen = |line: &mut Delivery| {
            line.acknowledged() == seen && !line.is_behind() && line.reopen(has, now)
        };
        self.change(code, system, reopen).await
    }
}
