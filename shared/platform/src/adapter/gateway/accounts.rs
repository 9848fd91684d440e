//! The deployment's accounts with the gateways, as its settings name them.

use std::time::Duration;

use super::{
    Address, Gateways, esms::Esms, http_client, speedsms::SpeedSms, vnpt::Vnpt, zalo::Zalo,
};
use crate::Failure;

crate::settings! {
    /// The settings of all gateways. Zalo and eSMS are always there; of the others a deployment may
    /// have none.
    pub struct GatewaySettings {
        /// The time for one exchange.
        timeout: Duration = "GATEWAY_TIMEOUT_MS",
        /// Base address of Zalo, whose tokens are kept elsewhere.
        zalo_url: Address = "ZALO_URL",
        /// The account with eSMS.
        esms: EsmsSettings,
        /// The account with SpeedSMS, if there is one.
        speedsms: Option<SpeedSmsSettings>,
        /// The account with VNPT, if there is one.
        vnpt: Option<VnptSettings>,
    }
}

crate::settings! {
    /// The account with eSMS; the fields are those of [`Esms`].
    pub struct EsmsSettings {
        /// The base address of the interface.
        url: Address = "ESMS_URL",
        /// The key of the account.
        api_key: String = "ESMS_API_KEY",
        /// The secret of the account.
        secret_key: String = "ESMS_SECRET_KEY",
        /// Sender's name, registered with the carriers.
        brandname: String = "ESMS_BRANDNAME",
        /// Where delivery reports are to be sent.
        callback_url: Option<String> = "ESMS_CALLBACK_URL",
    }
}

crate::settings! {
    /// The account with SpeedSMS; the fields are those of [`SpeedSms`].
    pub struct SpeedSmsSettings {
        /// The token of the account.
        token: String = "SPEEDSMS_TOKEN",
        /// The base address of the interface.
        url: Address = "SPEEDSMS_URL",
        /// Sender's name, registered with the carriers.
        sender: String = "SPEEDSMS_SENDER",
    }
}

crate::settings! {
    /// The account with VNPT; the fields are those of [`Vnpt`].
    pub struct VnptSettings {
        /// The user of the interface.
        api_user: String = "VNPT_API_USER",
        /// The complete address of the interface.
        url: Address = "VNPT_URL",
        /// The sender's name, as the operator numbers it.
        label_id: String = "VNPT_LABEL_ID",
        /// The id of the contract.
        contract_id: String = "VNPT_CONTRACT_ID",
        /// The id of the template.
        template_id: String = "VNPT_TEMPLATE_ID",
        /// The id of the agent.
        agent_id: String = "VNPT_AGENT_ID",
        /// The password of the interface's user.
        api_password: String = "VNPT_API_PASSWORD",
        /// The name of the contract's user.
        user_name: String = "VNPT_USER_NAME",
    }
}

impl<T> Gateways<T> {
    /// The gateways with which the deployment has accounts; Zalo is asked with `zalo_tokens`.
    pub fn open(settings: GatewaySettings, zalo_tokens: T) -> Result<Self, Failure> {
        let GatewaySettings { timeout, zalo_url, esms, speedsms, vnpt } = settings;
        let http = http_client(timeout)?;
        let EsmsSettings { url, api_key, secret_key, brandname, callback_url } = esms;
        Ok(Self {
            zalo: Some(Zalo { http: http.clone(), url: zalo_url, tokens: zalo_tokens }),
            esms: Some(Esms {
                http: http.clone(),
                url,
                api_key,
                secret_key,
                brandname,
                callback_url,
            }),
            speedsms: speedsms.map(|SpeedSmsSettings { token, url, sender }| SpeedSms {
                http: http.clone(),
                url,
                token,
                sender,
            }),
            vnpt: vnpt.map(|account| Vnpt {
                http: http.clone(),
                url: account.url,
                label_id: account.label_id,
                contract_id: account.contract_id,
                template_id: account.template_id,
                agent_id: account.agent_id,
                api_user: account.api_user,
                api_password: account.api_password,
                user_name: account.user_name,
            }),
        })
    }
}
