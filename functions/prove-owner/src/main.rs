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
    let proofs = &ProofTable::new(cloud.tables(), settings.proofs_table);
    let queue = &Queue::new(cloud.queues(), settings.notices_queue_url);
    let key = &settings.proof_key;
    http::run(async |request, now| prove_owner::handle(request, proofs, queue, key, now).await)
        .await
}
