//! Wires `remind-deadline`.

use platform::cloud::Cloud;
use platform::dynamo::Dossiers;
use platform::entry::{self, schedule};
use remind_deadline::{Order, Outcome, Settings, remind};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let client = Cloud::open()?.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::new(client, settings.dossiers);
    schedule::run(async |order: Order, now| {
        let catalogue = &*live.current(now).await?;
        remind(&order, dossiers, dossiers, catalogue, now).await.and_then(Outcome::settled)
    })
    .await
}
