//! Wires `take-payment`.

use platform::cloud::Cloud;
use platform::dynamo::{Dossiers, Payments};
use platform::entry::{self, http};
use platform::paying::Till;
use platform::payment_platform::PaymentPlatform;
use take_payment::Settings;

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
    http::run(async |request, now| {
        let catalogue = &*live.current(now).await?;
        take_payment::handle(request, &Till { book, store, gateway, catalogue }, now).await
    })
    .await
}
