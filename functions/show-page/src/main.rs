//! Wires `show-page`.

use platform::cloud::Cloud;
use platform::dynamo::{Dossiers, FeedbackTable};
use platform::entry::{self, http};
use show_page::{Settings, Tables};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let client = Cloud::open()?.tables();
    let dossiers = &Dossiers::new(client.clone(), settings.dossiers);
    let feedback = &FeedbackTable::new(client, settings.feedback_table);
    let (tables, storage) = (Tables { dossiers, feedback }, &settings.storage_origin);
    http::run(async |request, now| show_page::handle(request, tables, storage, now).await).await
}
