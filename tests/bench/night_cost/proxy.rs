//! Stands before the embedded tables, asks with every call for the capacity that it consumes, and
//! adds it up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::Client;
use dynoxide::Database;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What was spent so far.
#[derive(Clone, Copy)]
pub struct Spent {
    /// Capacity units, reads and writes together, rounded up for each call.
    pub units: u64,
    /// Calls.
    pub calls: u64,
}

#[derive(Default)]
struct Tally {
    units: AtomicU64,
    calls: AtomicU64,
}

/// The proxy.
pub struct Proxy {
    /// Where it listens.
    pub endpoint: String,
    tally: Arc<Tally>,
}

impl Proxy {
    /// Before these tables.
    pub async fn before(database: Database) -> Self {
        let tables = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let upstream = tables.local_addr().expect("an address");
        tokio::spawn(dynoxide::server::serve_on(tables, database));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let tally = Arc::new(Tally::default());
        let kept = Arc::clone(&tally);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let tables = TcpStream::connect(upstream).await.expect("the tables listen");
                tokio::spawn(serve(client, tables, Arc::clone(&kept)));
            }
        });
        Self { endpoint, tally }
    }

    /// A client of the tables behind it.
    pub fn client(&self) -> Client {
        replay::tables::client(&self.endpoint)
    }

    /// What was spent since the beginning.
    pub fn spent(&self) -> Spent {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Spent { units: read(&self.tally.units), calls: read(&self.tally.calls) }
    }
}

/// Calls of one connection, one after the other, until the client closes it.
async fn serve(mut client: TcpStream, mut tables: TcpStream, tally: Arc<Tally>) {
    let _ = (client.set_nodelay(true), tables.set_nodelay(true));
    while let Some((head, body)) = message(&mut client).await {
        let asked = match body.strip_prefix(b"{") {
            // An empty object has no comma to follow.
            Some(rest) if !rest.starts_with(b"}") => {
                [b"{\"ReturnConsumedCapacity\":\"TOTAL\",", rest].concat()
            }
            _ => body,
        };
        let length = format!("content-length: {}", asked.len());
        let lines = head.lines().map(|line| if is_length(line) { length.as_str() } else { line });
        let head = format!("{}\r\n\r\n", lines.collect::<Vec<_>>().join("\r\n"));
        if tables.write_all(&[head.as_bytes(), &asked].concat()).await.is_err() {
            return;
        }
        let Some((head, body)) = message(&mut tables).await else { return };
        tally.calls.fetch_add(1, Ordering::Relaxed);
        tally.units.fetch_add(units(&body), Ordering::Relaxed);
        if client.write_all(&[head.as_bytes(), b"\r\n\r\n", &body].concat()).await.is_err() {
            return;
        }
    }
}

fn is_length(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case("content-length"))
}

/// One message of HTTP/1.1 whose length is said: its head without the empty line, and its body.
pub async fn message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let end = loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(read[..end].to_vec()).ok()?;
    let length = head.lines().find(|line| is_length(line)).and_then(|line| line.split_once(':'));
    let length: usize = length.map_or(Some(0), |(_, length)| length.trim().parse().ok())?;
    let mut body = read.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, body))
}

/// Capacity units that an answer speaks of, rounded up.
fn units(body: &[u8]) -> u64 {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let consumed = &answer["ConsumedCapacity"];
    // Of a batch it is a list, with one row a table.
    let each = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
    let units = each.iter().filter_map(|table| table["CapacityUnits"].as_f64());
    units.sum::<f64>().ceil() as u64
}
