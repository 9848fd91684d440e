//! Wires `read-kpi`.

use platform::cloud::Cloud;
use platform::dynamo::{Deliveries, Dossiers, FeedbackTable, Figures, LiveTable, Notices};
use platform::entry::{self, http};
use read_kpi::{Settings, Tables};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let client = Cloud::open()?.tables();
    let catalogue = &entry::catalogue(&client, settings.catalogue).await?;
    let figures = &Figures::new(client.clone(), settings.kpi_table);
    let dossiers = &Dossiers::states(client.clone(), settings.dossiers_table);
    let ledger = &Deliveries::new(client.clone(), settings.deliveries_table);
    let feedback = &FeedbackTable::new(client.clone(), settings.feedback_table);
    let live = &LiveTable::new(client.clone(), settings.live_table);
    let notices = &Notices::new(client, settings.notices_table);
    let tables = Tables { figures, dossiers, ledger, feedback, live, notices };
    http::run(async |request, now| {
        read_kpi::handle(request, tables, &*catalogue.current(now).await?, now).await
    })
    .await
}
