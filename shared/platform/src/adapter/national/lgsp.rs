//! A province's service bus (LGSP), as Hà Giang's has it: the national items as a bare list, unit
//! and kind of call in the address. It can be asked nothing.

use serde_json::Value;

use super::{asked, item, receipts};
use crate::gateway::Address;
use crate::port::{Case, Receipts, Trouble};

crate::settings! {
    /// The account with a service bus.
    pub struct LgspSettings {
        /// The base address, before `/SynsTTHCC`.
        url: Address = "LGSP_URL",
        /// The code of our unit (`MaDinhDanhDV`), right to left: `000.00.01.H22`.
        unit: String = "LGSP_UNIT",
    }
}

/// A service bus, where nobody signs in.
#[derive(Debug)]
pub struct Lgsp {
    http: reqwest::Client,
    url: Address,
    unit: String,
}

impl Lgsp {
    /// The bus of this account, over `http`.
    pub(super) fn new(http: reqwest::Client, account: LgspSettings) -> Self {
        Self { http, url: account.url, unit: account.unit }
    }

    pub(super) async fn put(&self, known: bool, cases: &[Case<'_>]) -> Result<Receipts, Trouble> {
        let data: Vec<Value> = cases.iter().map(|case| item(*case)).collect();
        let address = format!("{}/SynsTTHCC/DongBoHoSoMC", self.url);
        let updating = if known { "True" } else { "False" };
        let query = [("MaDinhDanhDV", self.unit.as_str()), ("isUpdating", updating)];
        let mut address = reqwest::Url::parse(&address).map_err(|_| super::no_account())?;
        address.query_pairs_mut().extend_pairs(query);
        let answer = asked(self.http.post(address).json(&data)).await?;
        receipts(&answer, &cases.iter().map(|case| &case.dossier.code).collect::<Vec<_>>())
    }
}
