//! A subscriber that takes its events from the queue of replies that it has already.

use std::sync::Mutex;

use super::*;

/// What SQS says to ten messages, and to one.
const TAKEN: &str = r#"{"MessageId": "m", "MD5OfMessageBody": "", "Failed": [], "Successful": [
    {"Id": "0", "MessageId": "m", "MD5OfMessageBody": ""},
    {"Id": "1", "MessageId": "m", "MD5OfMessageBody": ""},
    {"Id": "2", "MessageId": "m", "MD5OfMessageBody": ""},
    {"Id": "3", "MessageId": "m", "MD5OfMessageBody": ""},
    {"Id": "4", "MessageId": "m", "MD5OfMessageBody": ""},
    {"Id": "5", "MessageId": "m", "MD5OfMessageBody": ""},
    {"Id": "6", "MessageId": "m", "MD5OfMessageBody": ""},
    {"Id": "7", "MessageId": "m", "MD5OfMessageBody": ""},
    {"Id": "8", "MessageId": "m", "MD5OfMessageBody": ""},
    {"Id": "9", "MessageId": "m", "MD5OfMessageBody": ""}]}"#;

/// The calls that a queue took, and how many more it loses.
#[derive(Default)]
struct Line {
    calls: Mutex<Vec<Value>>,
    lost: Mutex<usize>,
}

impl Line {
    fn fate(&self, call: &TableCall) -> Fate {
        let mut lost = self.lost.lock().unwrap();
        if *lost > 0 {
            *lost -= 1;
            return Fate::LostBefore;
        }
        self.calls.lock().unwrap().push(serde_json::from_str(&call.body).unwrap());
        Fate::Answered(TAKEN)
    }

    /// The ids of the events that each call brought, with the queue.
    fn ids(&self) -> Vec<(String, Vec<String>)> {
        let id = |body: &Value| {
            let event: Value = serde_json::from_str(body.as_str().unwrap()).unwrap();
            event["id"].as_str().unwrap().to_owned()
        };
        let calls = self.calls.lock().unwrap();
        let of_call = |call: &Value| {
            let several = call["Entries"].as_array().into_iter().flatten();
            let mut ids: Vec<String> = several.map(|entry| id(&entry["MessageBody"])).collect();
            ids.extend(call.get("MessageBody").map(id));
            (call["QueueUrl"].as_str().unwrap().to_owned(), ids)
        };
        calls.iter().map(of_call).collect()
    }
}

/// A province that tells the integrator `ecosys` by its queue.
async fn queued(world: &World, line: &Arc<Line>, items: u32) -> National {
    let mut national = National::new(world).await;
    national.catalogue = with(vec![row(&json!({
        "protocol": "queue", "integrator": "urn:motcua:integrator:ecosys", "webhook": null,
        "itemsPerRequest": items,
    }))]);
    let fate = Arc::clone(line);
    let known = subscribers("", move |call| fate.fate(call));
    national.systems = NationalSystems::default().with(known);
    national
}

const QUEUE: &str = "http://localhost/replies-ecosys";

#[tokio::test]
async fn entries_go_to_the_integrator_s_queue_of_replies_in_few_calls_and_in_order() {
    let world = World::new().await;
    let line = Arc::new(Line::default());
    let national = queued(&world, &line, 10).await;
    let code = with_moves(&world, "a", 3).await;
    taken(&national, &messages(&world, &code).await, after(10)).await;
    assert_eq!(line.ids(), [(QUEUE.to_owned(), ids(&code, 1..=4))]);
    assert!(!national.line_of(&code, &hook_id()).await.is_behind());
    let more = with_moves(&world, "b", 3).await;
    taken(&queued(&world, &line, 3).await, &messages(&world, &more).await, after(20)).await;
    let expected = [ids(&more, 1..=3), ids(&more, 4..=4)].map(|ids| (QUEUE.to_owned(), ids));
    assert_eq!(line.ids()[1..], expected);
}

#[tokio::test]
async fn a_queue_that_cannot_be_reached_or_is_not_there_goes_on_being_owed() {
    let world = World::new().await;
    let line = Arc::new(Line::default());
    let national = queued(&world, &line, 10).await;
    let code = with_moves(&world, "a", 1).await;
    *line.lost.lock().unwrap() = 1;
    taken(&national, &messages(&world, &code).await, after(10)).await;
    let owed = national.line_of(&code, &hook_id()).await;
    assert_eq!((owed.acknowledged(), error(&owed)), (0, (ErrorKind::Unavailable, "queue")));
    national.minute(owed.due_at().unwrap()).await;
    assert_eq!(line.ids(), [(QUEUE.to_owned(), ids(&code, 1..=2))]);
}
