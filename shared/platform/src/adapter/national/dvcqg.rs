//! The national portal's adapter (DVCQG): a session, and services by their names.

use domain::dossier::{DossierStatus, HistoryEntry};
use domain::id::DossierCode;
use serde_json::{Value, json};

use super::session::{Call, Session, of_trouble};
use super::{asked, code_of, is_success, item, receipts, step};
use crate::gateway::Address;
use crate::port::{Case, Found, Receipts, Trouble};

crate::settings! {
    /// The account with the national portal's adapter.
    pub struct DvcqgSettings {
        /// The base address of the adapter.
        url: Address = "NATIONAL_URL",
        /// The path at which one signs in.
        auth_path: String = "NATIONAL_AUTH_PATH",
        /// The path of the services.
        call_path: String = "NATIONAL_CALL_PATH",
        /// The user of the account.
        user: String = "NATIONAL_USER",
        /// The password of the account.
        password: String = "NATIONAL_PASSWORD",
        /// The code of our unit (`madonvi`).
        unit: String = "NATIONAL_UNIT",
        /// The destination (`dstcode`) that the adapter forwards to, where it wants one.
        destination: Option<String> = "NATIONAL_DSTCODE",
    }
}

/// The adapter of the national portal.
pub struct Dvcqg {
    http: reqwest::Client,
    account: DvcqgSettings,
    session: Session,
}

impl std::fmt::Debug for Dvcqg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dvcqg({})", self.account.url)
    }
}

impl Dvcqg {
    /// The adapter of this account, over `http`.
    pub(super) fn new(http: reqwest::Client, account: DvcqgSettings) -> Self {
        Self { http, account, session: Session::default() }
    }

    fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        let slash = if path.starts_with('/') { "" } else { "/" };
        let request = self.http.post(format!("{}{slash}{path}", self.account.url)).json(body);
        match &self.account.destination {
            Some(destination) => request.header("dstcode", destination),
            None => request,
        }
    }

    async fn sign_in(&self) -> Result<String, Trouble> {
        let body = json!({ "username": self.account.user, "password": self.account.password });
        let refused = |code: String| Trouble::Unavailable { code, retry_after: None };
        let answer = asked(self.post(&self.account.auth_path, &body)).await.map_err(|trouble| {
            match trouble {
                // Nobody of ours gets in: that is no fault of a dossier.
                Trouble::Refused { code } => refused(format!("sign-in-{code}")),
                away @ (Trouble::Unavailable { .. } | Trouble::Gone { .. }) => away,
            }
        })?;
        let code = code_of(&answer).unwrap_or_else(|| "no-code".to_owned());
        let session = answer.get("session").and_then(Value::as_str).filter(|id| !id.is_empty());
        match session {
            Some(session) if is_success(&code) => Ok(session.to_owned()),
            Some(_) | None => Err(refused(format!("sign-in-{code}"))),
        }
    }

    /// Calls a service, in a new session where the old one may have ended.
    pub(super) async fn call(&self, service: &str, mut body: Value) -> Result<Value, Trouble> {
        body["madonvi"] = self.account.unit.as_str().into();
        body["service"] = service.into();
        self.session.make(&ServiceCall { adapter: self, body }).await
    }

    pub(super) async fn look_up(&self, code: &DossierCode) -> Result<Found, Trouble> {
        let answer = self.call("TraCuuHoSo", json!({ "mahoso": code.as_str() })).await?;
        let Some(said) = code_of(&answer) else {
            return Err(Trouble::Unavailable { code: "no-code".to_owned(), retry_after: None });
        };
        if !is_success(&said) {
            return Err(Trouble::Refused { code: said });
        }
        let listed = answer.get("result").and_then(Value::as_array).into_iter().flatten();
        // An adapter that names the dossier names ours; one that does not means it.
        let ours = |item: &&Value| {
            item.get("MaHoSo").and_then(Value::as_str).is_none_or(|named| named == code.as_str())
        };
        Ok(listed.into_iter().find(ours).map_or(Found::Absent, |item| {
            let status = item.get("TrangThaiHoSo").and_then(|status| match status {
                Value::String(text) => text.trim().parse::<u8>().ok(),
                Value::Number(number) => number.as_u64().and_then(|code| u8::try_from(code).ok()),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
            });
            Found::Present(status.and_then(|status| DossierStatus::try_from(status).ok()))
        }))
    }

    pub(super) async fn put(&self, known: bool, cases: &[Case<'_>]) -> Result<Receipts, Trouble> {
        let data: Vec<Value> = cases.iter().map(|case| item(*case)).collect();
        let updating = if known { "True" } else { "False" };
        let body = json!({ "isUpdating": updating, "data": data });
        let answer = self.call("DongBoHoSoMC", body).await?;
        receipts(&answer, &cases.iter().map(|case| &case.dossier.code).collect::<Vec<_>>())
    }

    pub(super) async fn progress(
        &self,
        steps: &[(Case<'_>, &HistoryEntry)],
    ) -> Result<Receipts, Trouble> {
        let data: Vec<Value> = steps.iter().map(|(case, entry)| step(*case, entry)).collect();
        let answer = self.call("CapNhatTienDoHoSoMC", json!({ "data": data })).await?;
        receipts(&answer, &steps.iter().map(|(case, _)| &case.dossier.code).collect::<Vec<_>>())
    }
}

/// A call of a service.
struct ServiceCall<'a> {
    adapter: &'a Dvcqg,
    body: Value,
}

impl Call for ServiceCall<'_> {
    async fn sign_in(&self) -> Result<String, Trouble> {
        self.adapter.sign_in().await
    }

    async fn ask(&self, token: &str) -> Result<Value, Trouble> {
        let mut body = self.body.clone();
        body["session"] = token.into();
        asked(self.adapter.post(&self.adapter.account.call_path, &body)).await
    }

    /// The code of an answer that refuses the call as a whole.
    fn complaint(&self, answer: &Result<Value, Trouble>) -> Option<String> {
        match answer {
            Ok(answer) => {
                let listed = answer.get("result").and_then(Value::as_array);
                let lists = listed.is_some_and(|items| !items.is_empty());
                code_of(answer).filter(|code| !is_success(code) && !lists)
            }
            Err(trouble) => of_trouble(trouble),
        }
    }
}
