//! Sends the scenario through the doors of the stack.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use futures::stream::{self, StreamExt, TryStreamExt};
use reqwest::Method;
use serde_json::{Value, json};

use super::drain;
use super::error::{DemoError, slug};
use super::scenario::{By, Dossier, Happening, RefusedCommand, with_outcome};
use super::screen::{Screen, Stage};
use super::stack::{Asker, Stack};

/// Events in one call of the queue.
const BATCH: usize = 10;

/// What is known after the play.
#[derive(Debug, Default)]
pub(super) struct Played {
    /// The code of each dossier, by its reference.
    pub(super) codes: BTreeMap<String, String>,
    /// What went otherwise than foretold, one line for a dossier.
    pub(super) troubles: Vec<String>,
    /// Dossiers that were handed in.
    pub(super) submitted: u64,
    /// Moves that were sent, and not refused.
    pub(super) moved: u64,
    /// Commands that were refused as foretold.
    pub(super) refused: u64,
}

/// Somebody who plays.
pub(super) struct Player<'a> {
    stack: &'a Stack,
    screen: &'a Screen,
    dossiers: &'a [Dossier],
    /// Part of every event id and Idempotency-Key: another run's commands are other commands.
    run: String,
    codes: Mutex<BTreeMap<String, String>>,
    troubles: Mutex<Vec<String>>,
    submitted: AtomicU64,
    moved: AtomicU64,
    refused: AtomicU64,
}

impl<'a> Player<'a> {
    pub(super) fn new(stack: &'a Stack, screen: &'a Screen, dossiers: &'a [Dossier]) -> Self {
        let issued = dossiers
            .iter()
            .filter_map(|dossier| Some((dossier.reference.clone(), dossier.issued.clone()?)));
        Self {
            stack,
            screen,
            dossiers,
            run: format!("{:08x}", fastrand::u32(..)),
            codes: Mutex::new(issued.collect()),
            troubles: Mutex::default(),
            submitted: AtomicU64::new(0),
            moved: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    pub(super) async fn play(self) -> Result<Played, DemoError> {
        self.play_earlier_days().await?;
        self.play_today().await;
        Ok(self.played())
    }

    /// What is known once both parts are played.
    pub(super) fn played(self) -> Played {
        Played {
            codes: self.codes.into_inner().unwrap_or_else(PoisonError::into_inner),
            troubles: self.troubles.into_inner().unwrap_or_else(PoisonError::into_inner),
            submitted: self.submitted.into_inner(),
            moved: self.moved.into_inner(),
            refused: self.refused.into_inner(),
        }
    }

    /// In waves, the submissions first: no event overtakes the one it builds upon, so none has to be
    /// retried.
    pub(super) async fn play_earlier_days(&self) -> Result<(), DemoError> {
        let mut waves: Vec<Vec<Value>> = Vec::new();
        for dossier in self.dossiers {
            let events = dossier.history.iter().filter(|happening| !happening.by_http);
            for (position, happening) in events.enumerate() {
                if position == waves.len() {
                    waves.push(Vec::new());
                }
                waves[position].push(self.event(dossier, position, happening));
            }
        }
        for (position, wave) in waves.iter().enumerate() {
            let sent = wave.len() as u64;
            let (name, count) = match position {
                0 => ("Earlier days: dossiers handed in".to_owned(), &self.submitted),
                _ => (format!("Earlier days: step {position} of each dossier"), &self.moved),
            };
            let stage = Stage::begin(self.screen, &name, sent);
            let batches = stream::iter(wave.chunks(BATCH).map(|batch| self.stack.push(batch)));
            batches.buffer_unordered(self.stack.patience.at_once).try_collect::<Vec<()>>().await?;
            count.fetch_add(sent, Ordering::Relaxed);
            let stuck = drain(self.stack, async || {
                let waiting = self.stack.waiting("INTEGRATOR_QUEUE_URL").await?;
                stage.reach(sent.saturating_sub(waiting));
                Ok(waiting)
            })
            .await?;
            if stuck > 0 {
                return Err(DemoError::CannotGoOn(format!(
                    "the integrators' queue still holds {stuck} messages and does not move"
                )));
            }
        }
        Ok(())
    }

    fn event(&self, dossier: &Dossier, position: usize, happening: &Happening) -> Value {
        let mut event = json!({
            "specversion": "1.0",
            "id": format!("{}-{}-{position}", self.run, dossier.reference),
            "source": dossier.source,
            "time": happening.time(),
            "datacontenttype": "application/json",
        });
        if happening.action == "submit" {
            event["type"] = "vn.motcua.dossier.submit.v1".into();
            event["data"] = dossier.submission.clone();
            event["data"]["code"] = json!(dossier.issued);
        } else {
            event["type"] = "vn.motcua.dossier.transition.v1".into();
            event["subject"] = json!(dossier.issued);
            event["data"] = happening.command();
        }
        event
    }

    pub(super) async fn play_today(&self) {
        let of_today = |dossier: &&Dossier| {
            dossier.refused.is_some() || dossier.history.iter().any(|entry| entry.by_http)
        };
        let todays: Vec<&Dossier> = self.dossiers.iter().filter(of_today).collect();
        let commands = todays.iter().map(|dossier| {
            let by_http = dossier.history.iter().filter(|entry| entry.by_http).count();
            by_http + usize::from(dossier.refused.is_some())
        });
        let name = "Today: citizens, portal and officers over HTTP";
        let stage = &Stage::begin(self.screen, name, commands.sum::<usize>() as u64);
        stream::iter(todays)
            .for_each_concurrent(self.stack.patience.at_once, |dossier| async move {
                // Trouble with one dossier does not stop the others.
                if let Err(trouble) = self.play_dossier(dossier, stage).await {
                    self.note(format!("{}: {trouble}", dossier.reference));
                }
            })
            .await;
    }

    fn note(&self, trouble: String) {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).push(trouble);
    }

    /// One dossier's commands, one after the other.
    async fn play_dossier(&self, dossier: &Dossier, stage: &Stage<'_>) -> Result<(), DemoError> {
        let code = match &dossier.issued {
            Some(code) => code.clone(),
            None => {
                let code = self.submit(dossier).await?;
                stage.advance();
                code
            }
        };
        for (version, happening) in dossier.history.iter().enumerate().skip(1) {
            if happening.by_http {
                let mut body = happening.command();
                body["expectedVersion"] = version.into();
                let key = format!("{}-{}-{version}", self.run, dossier.reference);
                self.transition(dossier, &code, happening.by, &body, &key).await?;
                self.moved.fetch_add(1, Ordering::Relaxed);
                stage.advance();
            }
        }
        if let Some(refused) = &dossier.refused {
            self.be_refused(dossier, &code, refused).await?;
            stage.advance();
        }
        Ok(())
    }

    async fn submit(&self, dossier: &Dossier) -> Result<String, DemoError> {
        let is_citizen = dossier.submission["applicant"]["kind"] == "citizen";
        let by = if dossier.channel == "online" && is_citizen { By::Citizen } else { By::Portal };
        let key = format!("{}-{}-0", self.run, dossier.reference);
        let asker = asker(dossier, by);
        let body = Some(&dossier.submission);
        let slip = self.stack.api(Method::POST, "/v1/dossiers", asker, body, Some(&key)).await?;
        let code = slip["code"].as_str().unwrap_or_default().to_owned();
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.insert(dossier.reference.clone(), code.clone());
        self.submitted.fetch_add(1, Ordering::Relaxed);
        Ok(code)
    }

    async fn be_refused(
        &self,
        dossier: &Dossier,
        code: &str,
        refused: &RefusedCommand,
    ) -> Result<(), DemoError> {
        let body = json!({ "action": refused.action, "expectedVersion": refused.expected_version });
        let body = with_outcome(body);
        let key = format!("{}-{}-refused", self.run, dossier.reference);
        match self.transition(dossier, code, By::Officer, &body, &key).await {
            Err(DemoError::Problem { status, document })
                if status == refused.status && slug(&document) == refused.problem =>
            {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(otherwise) => Err(otherwise),
            Ok(_) => {
                self.note(format!(
                    "{}: {} was carried out, not refused as {}",
                    dossier.reference, refused.action, refused.problem
                ));
                Ok(())
            }
        }
    }

    async fn transition(
        &self,
        dossier: &Dossier,
        code: &str,
        by: By,
        body: &Value,
        key: &str,
    ) -> Result<Value, DemoError> {
        let path = format!("/v1/dossiers/{code}/transitions");
        self.stack.api(Method::POST, &path, asker(dossier, by), Some(body), Some(key)).await
    }
}

/// Everybody in their own name: the applicant, the portal, or an officer of the agency.
fn asker(dossier: &Dossier, by: By) -> Asker {
    match by {
        By::Officer => Asker::Officer(dossier.agency().to_owned()),
        By::Portal => Asker::Portal,
        By::Citizen => {
            let number = &dossier.submission["applicant"]["idNumber"];
            Asker::Citizen(number.as_str().unwrap_or_default().to_owned())
        }
    }
}
