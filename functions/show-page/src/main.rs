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
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let gate = &entry::gate(&client, settings.gate);
    let dossiers = &Dossiers::new(client.clone(), settings.dossiers);
    let feedback = &FeedbackTable::new(client, settings.feedback_table);
    let (tables, storage) = (Tables { dossiers, feedback }, &settings.storage_origin);
    http::run(async |request, now| {
        let doors = (tables, gate);
        show_page::handle(request, doors, storage, &*live.current(now).await?, now).await
    })
    .await
}
