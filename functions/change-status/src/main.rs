//! Wires `change-status`.

use change_status::Settings;
use platform::claiming::Claiming;
use platform::clock;
use platform::cloud::Cloud;
use platform::dynamo::{Dossiers, UploadTable};
use platform::entry::{self, http};
use platform::objects::{ANSWER_WITHIN, Bucket, Objects};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let bucket = Bucket::open(cloud, &settings.documents_url)?;
    let keeper = Objects::new(bucket, ANSWER_WITHIN, clock::now);
    let uploads = UploadTable::new(client.clone(), settings.documents_table.clone());
    let claims = &Claiming { uploads, keeper };
    let dossiers = Dossiers::new(client, settings.dossiers).claiming(settings.documents_table);
    let dossiers = &dossiers.finding(settings.people);
    let key = &settings.proof_key;
    http::run(async |request, now| {
        let request = request.proven(key, now)?;
        change_status::handle(request, dossiers, claims, &*live.current(now).await?, now).await
    })
    .await
}
