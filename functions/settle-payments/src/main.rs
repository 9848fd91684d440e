//! Wires `settle-payments`.

use platform::cloud::Cloud;
use platform::dynamo::{Dossiers, Payments};
use platform::entry::{self, schedule};
use platform::paying::Till;
use platform::payment_platform::PaymentPlatform;
use settle_payments::{Order, Settings, settle};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let client = Cloud::open()?.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let store = &Dossiers::new(client.clone(), settings.dossiers);
    let book = &Payments::new(client, settings.payments_table, store.clone());
    let gateway = &PaymentPlatform::open(settings.platform)?;
    schedule::run(async |order: Order, now| {
        let catalogue = &*live.current(now).await?;
        settle(&order, &Till { book, store, gateway, catalogue }, now).await
    })
    .await
}
