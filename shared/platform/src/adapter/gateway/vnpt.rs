//! SMS under a brand name by VNPT (Vinaphone): the operator keeps the text as a template, and we
//! send its parameters.

use domain::applicant::Phone;
use domain::notice::Notice;
use domain::notice::text::Encoding;
use serde_json::json;

use super::{Address, Gateway, Verdict, exchange, request_id, whole_number};

/// The VNPT gateway. Whether it recognises a `REQID` that comes again is not known.
#[derive(Debug)]
pub struct Vnpt {
    /// The HTTP client, made by [`http_client`](super::http_client).
    pub http: reqwest::Client,
    /// The complete address of the interface.
    pub url: Address,
    /// The sender's name, as the operator numbers it.
    pub label_id: String,
    /// The id of the contract.
    pub contract_id: String,
    /// The operator's template with one parameter, the whole text.
    pub template_id: String,
    /// The id of the agent.
    pub agent_id: String,
    /// The user of the interface.
    pub api_user: String,
    /// The password of the interface.
    pub api_password: String,
    /// The account of the customer.
    pub user_name: String,
}

impl Gateway for Vnpt {
    async fn send(&self, notice: &Notice, phone: &Phone) -> Verdict {
        let body = json!({ "RQST": {
            "name": "send_sms_list",
            "REQID": request_id(notice),
            "LABELID": self.label_id,
            "CONTRACTTYPEID": "1",
            "CONTRACTID": self.contract_id,
            "TEMPLATEID": self.template_id,
            "PARAMS": [{ "NUM": "1", "CONTENT": notice.sms }],
            "SCHEDULETIME": "",
            "MOBILELIST": phone.zalo(),
            "ISTELCOSUB": "0",
            "AGENTID": self.agent_id,
            "APIUSER": self.api_user,
            "APIPASS": self.api_password,
            "USERNAME": self.user_name,
            "DATACODING": if notice.encoding == Encoding::Ucs2 { "8" } else { "0" },
        }});
        let answer = match exchange(self.http.post(self.url.to_string()).json(&body)).await {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        match whole_number(&answer["RPLY"]["ERROR"]) {
            Some(0) => Verdict::Accepted { message: Some(request_id(notice)) },
            Some(code) => Verdict::Declined { code: i32::try_from(code).unwrap_or(i32::MIN) },
            None => Verdict::Unknown { instead: "unreadable".to_owned() },
        }
    }
}
