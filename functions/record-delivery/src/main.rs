//! Wires `record-delivery`.

use platform::cloud::Cloud;
use platform::dynamo::Notices;
use platform::entry::{self, http};
use platform::gateway::report::ZaloSigner;
use record_delivery::{Reporters, Settings};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire())
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let client = Cloud::open()?.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let book = &Notices::new(client, settings.notices_table);
    let reporters = &Reporters {
        zalo: ZaloSigner { app_id: settings.zalo_app_id, oa_secret: settings.zalo_oa_secret },
        esms_secret: settings.esms_report_secret,
    };
    http::run(async |request, now| {
        record_delivery::handle(request, book, &*live.current(now).await?, reporters, now).await
    })
    .await
}
