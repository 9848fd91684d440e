//! Feedback that was given at the national portal: its answers, as the portal's adapter takes them
//! and says them again (`docs/domain/exchange.md`).

use domain::calendar::date_of;
use domain::delivery::{FeedbackTerms, Protocol, System};
use domain::feedback::ForeignNumber;
use serde_json::{Value, json};

use super::{Dvcqg, NationalSystems, code_of, is_success, no_account, receipts_by};
use crate::port::{FeedbackSystems, ToldStep, Trouble};

/// What is said to the author at a step. No name of an officer is stored here, so that their agency
/// stands for them.
fn item(told: ToldStep<'_>) -> Value {
    json!({
        "HOIDAPID": told.number,
        "MADONVI": told.agency,
        "NGUOITRALOI": told.agency_name,
        "CHUCVUNGUOITRALOI": "",
        // A day in Viet Nam.
        "NGAYTRALOI": date_of(told.step.entry.at).strftime("%d/%m/%Y").to_string(),
        "NOIDUNGTRALOI": told.words,
    })
}

impl Dvcqg {
    async fn answers(&self, service: &str, number: &ForeignNumber) -> Result<Vec<String>, Trouble> {
        let answer = self.call(service, json!({ "cauhoiid": number })).await?;
        let Some(said) = code_of(&answer) else {
            return Err(Trouble::Unavailable { code: "no-code".to_owned(), retry_after: None });
        };
        if !is_success(&said) {
            return Err(Trouble::Refused { code: said });
        }
        let listed = answer.get("result").and_then(Value::as_array).into_iter().flatten();
        let words = listed.filter_map(|item| item.get("NOIDUNGTRALOI").and_then(Value::as_str));
        Ok(words.map(str::to_owned).collect())
    }

    async fn tell(&self, told: ToldStep<'_>) -> Result<Result<(), String>, Trouble> {
        let body = json!({ "data": [item(told)] });
        let answer = self.call(told.step.service, body).await?;
        let receipts = receipts_by("HOIDAPID", &answer, &[told.number.as_str()])?;
        Ok(receipts.into_iter().next().unwrap_or_else(|| Err("no-receipt".to_owned())))
    }
}

impl NationalSystems {
    /// The account of a system with named services.
    fn of_services(&self, system: &System) -> Result<&Dvcqg, Trouble> {
        match system.protocol {
            Protocol::Dvcqg => self.dvcqg.as_ref().ok_or_else(no_account),
            Protocol::Lgsp | Protocol::Vnpost | Protocol::Queue | Protocol::Webhook => {
                Err(no_account())
            }
        }
    }
}

impl FeedbackSystems for NationalSystems {
    async fn answers(
        &self,
        system: &System,
        terms: &FeedbackTerms,
        number: &ForeignNumber,
    ) -> Result<Vec<String>, Trouble> {
        self.of_services(system)?.answers(&terms.asked, number).await
    }

    async fn tell(
        &self,
        system: &System,
        told: ToldStep<'_>,
    ) -> Result<Result<(), String>, Trouble> {
        self.of_services(system)?.tell(told).await
    }
}
