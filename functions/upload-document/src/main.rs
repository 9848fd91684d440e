//! Wires `upload-document`.

use platform::cloud::Cloud;
use platform::dynamo::UploadTable;
use platform::entry::{self, http};
use platform::objects::Bucket;
use upload_document::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let gate = &entry::gate(&client, settings.gate);
    let uploads = &UploadTable::new(client, settings.documents_table);
    let bucket = &Bucket::open(cloud, &settings.documents_url)?;
    let key = &settings.proof_key;
    http::run(async |request, now| {
        let request = request.proven(key, now)?;
        let catalogue = &*live.current(now).await?;
        upload_document::handle(request, (uploads, gate), bucket, catalogue, now).await
    })
    .await
}
