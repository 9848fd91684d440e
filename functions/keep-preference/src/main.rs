//! Wires `keep-preference`.

use keep_preference::Settings;
use platform::cloud::Cloud;
use platform::dynamo::ContactBook;
use platform::entry::{self, http};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let client = Cloud::open()?.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let contacts = &ContactBook::new(client, settings.contacts_table, settings.contacts_key);
    http::run(async |request, now| {
        keep_preference::handle(request, contacts, &*live.current(now).await?).await
    })
    .await
}
