//! Wires `announce-report`.

use announce_report::{Order, Settings, announce};
use platform::cloud::Cloud;
use platform::dynamo::{Figures, Notices};
use platform::entry::{self, schedule};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let client = Cloud::open()?.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let figures = &Figures::new(client.clone(), settings.kpi_table);
    let book = &Notices::new(client, settings.notices_table);
    let url = &settings.public_url;
    schedule::run(async |order: Order, now| {
        announce(&order, figures, book, &*live.current(now).await?, url, now).await
    })
    .await
}
