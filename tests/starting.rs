//! How a process of a function starts, and what its one thread bears.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use platform::batch::{self, Plan, SHORT_PATIENCE};
use platform::entry;
use serde_json::{Value, json};

use crate::support::world::{Kept, NOW, at};

#[test]
fn ten_messages_at_a_time_share_one_thread_and_the_three_that_block_hang_and_panic_fail_alone() {
    static GATE: Barrier = Barrier::new(2);
    let records: Vec<Value> = (0..10)
        .map(|place| {
            json!({
                "messageId": format!("m{place}"), "body": place.to_string(), "awsRegion": "x",
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": at(NOW).as_millisecond().to_string(),
                },
            })
        })
        .collect();
    let event: SqsEvent = serde_json::from_value(json!({ "Records": records })).unwrap();
    let plan = Plan {
        width: 10,
        record_timeout: Duration::from_secs(1),
        receives_max: 11,
        patience: SHORT_PATIENCE,
    };
    let begun = AtomicUsize::new(0);
    let (queue, ours) = (Kept::default(), std::thread::current().id());
    let mut failed = Vec::new();
    entry::on_one_thread(async {
        let work = async |message: batch::Arrived| {
            begun.fetch_add(1, Ordering::SeqCst);
            // No one goes on before each has begun.
            while begun.load(Ordering::SeqCst) < 10 {
                tokio::task::yield_now().await;
            }
            match message.body.as_str() {
                "2" => panic!("as the test wants"),
                "5" => std::future::pending().await,
                "7" => {
                    let blocked = tokio::task::spawn_blocking(|| GATE.wait().is_leader());
                    blocked.await.map(drop).map_err(|_| platform::Failure::Malformed)
                }
                _ => {
                    tokio::task::spawn(async {}).await.unwrap();
                    assert_eq!(std::thread::current().id(), ours);
                    Ok(())
                }
            }
        };
        let answer = batch::run(event, plan, &queue, at(NOW), work).await;
        failed
            .extend(answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier));
        Ok(())
    })
    .unwrap();
    failed.sort();
    assert_eq!(failed, ["m2", "m5", "m7"], "to be delivered again");
    assert_eq!(queue.hidden.lock().unwrap().len(), 0, "they have no receipt to be hidden by");
    // The thread that blocked was left behind, and ends now.
    GATE.wait();
}

#[test]
fn what_a_function_ends_with_ends_its_process() {
    let failed = entry::on_one_thread(async { Err("no catalogue".into()) });
    assert_eq!(failed.unwrap_err().to_string(), "no catalogue");
    let at_once = entry::on_one_thread(async {
        tokio::time::timeout(Duration::ZERO, std::future::pending::<()>()).await.unwrap_err();
        Ok(())
    });
    at_once.unwrap();
}
