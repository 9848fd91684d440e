//! The catalogue table: every edition that was ever published, and the files that it is made of.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use serde::Deserialize;

use super::{down, read, rows, stored, text, write};
use crate::Failure;
use crate::catalogue::{Edition, Texts};
use crate::port::{CatalogueEditions, LastEdition, Stored};

/// Among how many of the last editions one is looked for that can be read.
const LOOKED_AT_MAX: i32 = 8;

/// Reads and writes the catalogue table.
#[derive(Debug, Clone)]
pub struct CatalogueStore {
    client: Client,
    table: String,
}

#[derive(Deserialize)]
struct FileItem {
    text: String,
}

/// The sort key of an edition.
fn place(edition: u64) -> String {
    format!("{edition:012}")
}

impl CatalogueStore {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The latest edition that can be read, of the last few; none before the first. One that cannot
    /// be read is left out and named in the log.
    pub async fn latest(&self) -> Result<Option<Edition>, Failure> {
        let found = self.editions().limit(LOOKED_AT_MAX).send().await.map_err(down)?;
        Ok(found
            .items
            .unwrap_or_default()
            .into_iter()
            .find_map(|item| rows::readable(item, &["part", "name"])))
    }

    /// All editions, the latest first.
    fn editions(&self) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("part = :edition")
            .expression_attribute_values(":edition", text("edition"))
            .scan_index_forward(false)
            .consistent_read(true)
    }

    async fn get(&self, part: &str, name: &str) -> Result<Option<super::Item>, Failure> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("part", text(part))
            .key("name", text(name));
        Ok(got.consistent_read(true).send().await.map_err(down)?.item)
    }

    /// Publishes `edition` of `texts`: the files first, which change nothing by themselves, then
    /// the edition, which puts them in force. Only one edition has a number.
    pub async fn publish(&self, edition: &Edition, texts: &Texts) -> Result<Stored, Failure> {
        for (name, content) in texts.iter() {
            let Some(hash) = edition.files.get(name) else {
                continue;
            };
            let file = [
                ("part", "file".to_owned()),
                ("name", format!("{name}#{hash}")),
                ("text", content.to_owned()),
            ];
            let item = file.map(|(field, value)| (field.to_owned(), text(value)));
            super::put(&self.client, &self.table, item.into()).await?;
        }
        let mut item = write(edition)?;
        item.insert("part".to_owned(), text("edition"));
        item.insert("name".to_owned(), text(place(edition.edition)));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        stored(put.condition_expression("attribute_not_exists(part)").send().await)
    }
}

impl CatalogueEditions for CatalogueStore {
    async fn last(&self) -> Result<LastEdition, Failure> {
        let found = self.editions().limit(1).send().await.map_err(down)?;
        let Some(item) = found.items.unwrap_or_default().pop() else {
            return Ok(LastEdition { number: 0, edition: None });
        };
        // The key says which one it is, whatever the rest says.
        let number = item.get("name").and_then(|name| name.as_s().ok()?.parse().ok());
        let number =
            number.ok_or_else(|| Failure::Defect("an edition has no number".to_owned()))?;
        Ok(LastEdition { number, edition: read(item).ok() })
    }

    async fn edition(&self, edition: u64) -> Result<Option<Edition>, Failure> {
        let found = self.get("edition", &place(edition)).await?;
        found.map(read).transpose()
    }

    async fn text(&self, name: &str, hash: &str) -> Result<Option<String>, Failure> {
        let found = self.get("file", &format!("{name}#{hash}")).await?;
        Ok(found.map(read::<FileItem>).transpose()?.map(|item| item.text))
    }
}
