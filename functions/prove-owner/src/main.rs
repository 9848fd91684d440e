//! Wires `prove-owner`.

use platform::cloud::Cloud;
use platform::dynamo::ProofTable;
use platform::entry::{self, http};
use platform::sqs::Queue;
use prove_owner::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let gate = &entry::gate(&client, settings.gate);
    let proofs = &ProofTable::new(client, settings.proofs_table);
    let queue = &Queue::new(cloud.queues(), settings.notices_queue_url);
    let key = &settings.proof_key;
    http::run(async |request, now| {
        let office = prove_owner::Office { proofs, gate, queue, key };
        prove_owner::handle(request, &office, &*live.current(now).await?, now).await
    })
    .await
}
