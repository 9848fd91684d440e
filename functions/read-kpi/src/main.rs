//! Wires `read-kpi`.

use platform::cloud::Cloud;
use platform::dynamo::{Deliveries, Dossiers, FeedbackTable, Figures};
use platform::entry::{self, http};
use read_kpi::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire())
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let client = Cloud::open()?.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let figures = &Figures::new(client.clone(), settings.kpi_table);
    let dossiers = &Dossiers::states(client.clone(), settings.dossiers_table);
    let ledger = &Deliveries::new(client.clone(), settings.deliveries_table);
    let feedback = &FeedbackTable::new(client, settings.feedback_table);
    http::run(async |request, now| {
        let tables = (figures, dossiers, ledger, feedback);
        read_kpi::handle(request, tables, &*live.current(now).await?, now).await
    })
    .await
}
