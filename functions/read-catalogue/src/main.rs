//! Wires `read-catalogue`.

use platform::cloud::Cloud;
use platform::entry::{self, http};
use read_catalogue::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let live = &entry::catalogue(&Cloud::open()?.tables(), settings.catalogue).await?;
    http::run(async |request, now| {
        read_catalogue::handle(&request, &*live.current(now).await?, now)
    })
    .await
}
