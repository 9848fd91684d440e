//! Wires `take-feedback`.

use platform::claiming::Claiming;
use platform::clock;
use platform::cloud::Cloud;
use platform::dynamo::{Deliveries, Dossiers, FeedbackTable, Notices, Reads, UploadTable};
use platform::entry::{self, http};
use platform::objects::{ANSWER_WITHIN, Bucket, Objects};
use take_feedback::{Office, Settings};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let bucket = &Bucket::open(cloud, &settings.documents_url)?;
    let keeper =
        Objects::new(Bucket::open(cloud, &settings.documents_url)?, ANSWER_WITHIN, clock::now);
    let uploads = UploadTable::new(client.clone(), settings.documents_table.clone());
    let feedback = FeedbackTable::new(client.clone(), settings.feedback_table);
    let dossiers = Dossiers::states(client.clone(), settings.dossiers_table);
    let office = &Office {
        feedback: feedback.claiming(settings.documents_table),
        gate: entry::gate(&client, settings.gate),
        ledger: Deliveries::new(client.clone(), settings.deliveries_table),
        notices: Notices::new(client.clone(), settings.notices_table),
        reads: Reads::new(client, settings.reads_table),
        uploads: Claiming { uploads, keeper },
        key: settings.proof_key,
        dossiers,
        people: settings.people,
    };
    http::run(async |request, now| {
        take_feedback::handle(request, office, bucket, &*live.current(now).await?, now).await
    })
    .await
}
