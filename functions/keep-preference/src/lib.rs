//! `PUT /v1/preference` and `GET /v1/preference`: the channel, language and classes of notices that
//! an applicant wants.
//!
//! Notices required by law are sent whatever the preference, by a channel that remains. No identity
//! number appears in an address: a citizen's comes from their token, and the portal names the
//! applicant in the body.

mod settings;

use domain::applicant::IdNumber;
use domain::catalogue::Catalogue;
use domain::notice::{Language, NoticeChannel};
use domain::{RuleName, Violation};
use platform::Failure;
use platform::dynamo::{ContactBook, NoticePreference};
use platform::http::{HttpReply, HttpRequest};
use platform::request::PersonBody;
use serde::Deserialize;

pub use settings::Settings;

/// The body of `PUT /v1/preference`: the whole preference, in place of the one before.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PreferenceBody {
    /// On whose behalf the portal acts.
    #[serde(default)]
    applicant: Option<PersonBody>,
    channels: Vec<NoticeChannel>,
    language: Language,
    legal_only: bool,
}

impl PreferenceBody {
    /// Whose preference, where that is named, and which; or every field that breaks a rule.
    fn judged(
        self,
        catalogue: &Catalogue,
    ) -> Result<(Option<IdNumber>, NoticePreference), Vec<Violation>> {
        let named = self.applicant.map(|person| person.judged(catalogue)).transpose();
        let mut broken = Vec::new();
        let named = named.map_err(|violation| broken.push(violation.within("applicant")));
        let mut channels = self.channels.clone();
        channels.sort_unstable();
        channels.dedup();
        if channels.len() != self.channels.len() {
            broken.push(Violation::new(
                "channels",
                RuleName::DuplicateChannel,
                "names a channel twice",
            ));
        }
        let preference = NoticePreference {
            channels: self.channels,
            language: self.language,
            legal_only: self.legal_only,
        };
        match named {
            Ok(named) if broken.is_empty() => Ok((named, preference)),
            _ => Err(broken),
        }
    }
}

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    contacts: &ContactBook,
    catalogue: &Catalogue,
) -> Result<HttpReply, Failure> {
    let caller = request.applicant(catalogue)?;
    request.no_parameters()?;
    match request.route.as_str() {
        "GET /v1/preference" => {
            // The portal has nowhere to say whose it wants to see but the address, where it may not
            // stand.
            let id = caller.ok_or(Failure::Forbidden)?;
            HttpReply::json(200, &contacts.preference(&id).await?)
        }
        "PUT /v1/preference" => {
            let body: PreferenceBody = request.json_judged(|body: PreferenceBody| {
                body.judged(catalogue).err().unwrap_or_default()
            })?;
            let (named, preference) = body.judged(catalogue).map_err(Failure::Invalid)?;
            let id = match (caller, named) {
                (Some(own), Some(other)) if own != other => return Err(Failure::Forbidden),
                (Some(own), _) => own,
                (None, Some(named)) => named,
                (None, None) => {
                    return Err(
                        Violation::new("applicant", RuleName::Required, "is required").into()
                    );
                }
            };
            contacts.prefer(&id, &preference).await?;
            HttpReply::json(200, &preference)
        }
        _ => Err(Failure::RouteNotFound),
    }
}
