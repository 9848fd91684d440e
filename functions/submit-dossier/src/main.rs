//! Wires `submit-dossier`.

use platform::claiming::Claiming;
use platform::clock;
use platform::cloud::Cloud;
use platform::dynamo::{IntakeTable, UploadTable};
use platform::entry::{self, http};
use platform::objects::{ANSWER_WITHIN, Bucket, Objects};
use submit_dossier::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let gate = &entry::gate(&client, settings.gate);
    let bucket = Bucket::open(cloud, &settings.documents_url)?;
    let keeper = Objects::new(bucket, ANSWER_WITHIN, clock::now);
    let uploads = UploadTable::new(client.clone(), settings.documents_table.clone());
    let claims = &Claiming { uploads, keeper };
    let intake =
        IntakeTable::new(client, settings.dossiers, settings.intake_table, settings.people);
    let intake = &intake.claiming(settings.documents_table);
    http::run(async |request, now| {
        let doors = (intake, gate);
        submit_dossier::handle(request, doors, claims, &*live.current(now).await?, now).await
    })
    .await
}
