//! Whatever goes wrong and in whatever order. `make prove SEEDS=5000` goes on for long.

use replay::hook::Hook;
use replay::luck::{OF_A_WORLD, catalogue, hours_of_bad_luck};
use replay::play::Stage;

#[tokio::test]
async fn whatever_the_luck_of_the_hours_portal_and_subscriber_end_with_every_step_in_order() {
    let (stage, hook) = (Stage::new(catalogue()).await, Hook::lasting().await);
    for seed in 0..OF_A_WORLD {
        hours_of_bad_luck(&stage, &hook, seed).await;
    }
}
