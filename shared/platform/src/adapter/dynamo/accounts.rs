//! The accounts table: the tokens of the accounts that we have with gateways. Readable by the two
//! functions that need them.

use aws_sdk_dynamodb::Client;

use super::{down, put_version, read, text, write};
use crate::Failure;
use crate::account::AccountTokens;
use crate::port::{Stored, TokenStore};

/// The key of the only account so far.
const ZALO: &str = "zalo";

/// Reads and writes the accounts table.
#[derive(Debug, Clone)]
pub struct AccountTable {
    client: Client,
    table: String,
}

impl AccountTable {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl TokenStore for AccountTable {
    async fn tokens(&self) -> Result<Option<AccountTokens>, Failure> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("account", text(ZALO))
            .consistent_read(true);
        got.send().await.map_err(down)?.item.map(read).transpose()
    }

    async fn keep(&self, tokens: &AccountTokens) -> Result<Stored, Failure> {
        let mut item = write(tokens)?;
        item.insert("account".to_owned(), text(ZALO));
        put_version(&self.client, &self.table, ("account", tokens.version()), item).await
    }
}
