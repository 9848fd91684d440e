//! The public post (VNPost): an order for each result that is wanted by post. Its calls and the
//! fields of an order are in print; how a token is carried, where the calls are and what `Status`
//! says are terms of the catalogue.

use domain::calendar::date_of;
use domain::delivery::{PostTerms, System};
use domain::post::{PostalOrder, ResultTo};
use serde_json::{Value, json};

use super::session::{Call, Session, of_trouble};
use super::{asked, no_account, text_of};
use crate::gateway::Address;
use crate::port::{Case, Found, Receipts, Trouble};

crate::settings! {
    /// The account with the public post.
    pub struct VnpostSettings {
        /// The base address of its service.
        url: Address = "VNPOST_URL",
        /// Our number as its customer (`CustomerCode`).
        customer: String = "VNPOST_CUSTOMER",
        /// As whom a token is got (`customerKey`).
        user: String = "VNPOST_USER",
        /// The secret that belongs to it (`secretKey`).
        secret: String = "VNPOST_SECRET",
    }
}

/// The public post, of one account.
pub struct Vnpost {
    http: reqwest::Client,
    account: VnpostSettings,
    session: Session,
}

impl std::fmt::Debug for Vnpost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vnpost({})", self.account.url)
    }
}

impl Vnpost {
    /// The post of this account, over `http`.
    pub(super) fn new(http: reqwest::Client, account: VnpostSettings) -> Self {
        Self { http, account, session: Session::default() }
    }

    fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{path}", self.account.url)).json(body)
    }

    async fn token(&self, terms: &PostTerms) -> Result<String, Trouble> {
        let body = json!({ "customerKey": self.account.user, "secretKey": self.account.secret });
        let refused = |code: &str| unreadable(&format!("token-{code}"));
        let answer = asked(self.post(&terms.token_path, &body)).await.map_err(|trouble| {
            match trouble {
                // Nobody of ours gets in: that is no fault of an order.
                Trouble::Refused { code } => refused(&code),
                away @ (Trouble::Unavailable { .. } | Trouble::Gone { .. }) => away,
            }
        })?;
        let token = answer.get(&terms.token_field).and_then(Value::as_str);
        token
            .filter(|token| !token.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| refused(&status_of(&answer).unwrap_or_else(|| "missing".to_owned())))
    }

    /// Calls with the token that there is, or a new one where that may have expired.
    async fn call(&self, terms: &PostTerms, path: &str, body: &Value) -> Result<Value, Trouble> {
        self.session.make(&PostCall { post: self, terms, path, body }).await
    }

    /// Whether the post has the order that the dossier has now.
    pub(super) async fn look_up(&self, system: &System, case: Case<'_>) -> Result<Found, Trouble> {
        let terms = system.post.as_ref().ok_or_else(no_account)?;
        let Some(order) = case.dossier.postal_order() else { return Ok(Found::NotAsked) };
        let body = json!({ "CustomerCode": self.account.customer, "OrderNumber": order.number });
        let answer = self.call(terms, &terms.tracking_path, &body).await?;
        let status = status_of(&answer).ok_or_else(|| unreadable("no-status"))?;
        if terms.unknown_order.contains(&status) {
            return Ok(Found::Absent);
        }
        if terms.done.contains(&status) || terms.known_order.contains(&status) {
            return Ok(Found::Present(None));
        }
        Err(Trouble::Refused { code: status })
    }

    /// Orders what the post does not have; of a dossier that has no order by now there is nothing to
    /// do.
    pub(super) async fn put(
        &self,
        system: &System,
        known: bool,
        cases: &[Case<'_>],
    ) -> Result<Receipts, Trouble> {
        let terms = system.post.as_ref().ok_or_else(no_account)?;
        let mut receipts = Vec::new();
        for case in cases {
            let order = case.dossier.postal_order().filter(|_| !known);
            receipts.push(match order {
                Some(order) => self.place(terms, *case, &order).await?,
                None => Ok(()),
            });
        }
        Ok(receipts)
    }

    async fn place(
        &self,
        terms: &PostTerms,
        case: Case<'_>,
        order: &PostalOrder<'_>,
    ) -> Result<Result<(), String>, Trouble> {
        let body = order_of(terms, &self.account.customer, case, order);
        let answer = self.call(terms, &terms.order_path, &body).await?;
        let status = status_of(&answer).ok_or_else(|| unreadable("no-status"))?;
        let has = terms.done.contains(&status) || terms.known_order.contains(&status);
        Ok(if has { Ok(()) } else { Err(status) })
    }
}

/// The order as the protocol has it. There are no districts since 1 July 2025.
fn order_of(
    terms: &PostTerms,
    customer: &str,
    case: Case<'_>,
    PostalOrder { number, to }: &PostalOrder<'_>,
) -> Value {
    let dossier = case.dossier;
    let last = dossier.history.last().map(|entry| entry.at);
    let agency = case.catalogue.agency(&dossier.agency).zip(last);
    let agency = agency.map(|(agency, at)| agency.name_on(date_of(at)));
    let ResultTo { recipient, phone, address, province } = to;
    json!({
        "CustomerCode": customer,
        "ItemCode": terms.item_code,
        "OrderNumber": number,
        // Fees are paid to the agency, and the post is paid by agreement.
        "CODAmount": 0,
        "Sender": {
            "Province": terms.sender.province,
            "District": "",
            "Address": terms.sender.address,
            "Name": agency.unwrap_or_else(|| dossier.agency.as_str()),
            "Email": "",
            "Tel": terms.sender.phone.domestic(),
            "Desc": "",
        },
        "Description": format!("Kết quả giải quyết hồ sơ {}", dossier.code),
        "Receiver": {
            "Name": recipient.reveal(),
            "Address": address.reveal(),
            "Tel": phone.domestic(),
            "Province": province.as_str(),
            "District": "",
            "Email": "",
        },
        "FlagConfig": terms.flag_config,
    })
}

fn unreadable(code: &str) -> Trouble {
    Trouble::Unavailable { code: code.to_owned(), retry_after: None }
}

/// What an answer says by `Status`, which vendors write as a text, a number or a truth.
fn status_of(answer: &Value) -> Option<String> {
    let status = answer.get("Status")?;
    let said = status.as_bool().map(|truth| truth.to_string()).or_else(|| text_of(status));
    said.filter(|said| !said.is_empty())
}

/// A call of the post.
struct PostCall<'a> {
    post: &'a Vnpost,
    terms: &'a PostTerms,
    path: &'a str,
    body: &'a Value,
}

impl Call for PostCall<'_> {
    async fn sign_in(&self) -> Result<String, Trouble> {
        self.post.token(self.terms).await
    }

    async fn ask(&self, token: &str) -> Result<Value, Trouble> {
        asked(self.post.post(self.path, self.body).bearer_auth(token)).await
    }

    fn complaint(&self, answer: &Result<Value, Trouble>) -> Option<String> {
        let terms = self.terms;
        match answer {
            Ok(answer) => status_of(answer).filter(|status| {
                let meant = [&terms.done, &terms.known_order, &terms.unknown_order];
                !meant.iter().any(|list| list.contains(status))
            }),
            Err(trouble) => of_trouble(trouble),
        }
    }
}
