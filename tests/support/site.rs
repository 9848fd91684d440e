//! The functions behind one address of this machine, as the gateway puts them, so that a browser
//! can be shown a page of theirs and the page can call them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lambda_events::encodings::Body;
use domain::upload::UploadState;
use platform::port::Uploads;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use url::{Url, form_urlencoded};

use super::call::Call;
use super::template::yaml;
use super::world::{NOW, World, at, bucket_at};

/// An address at which the functions of a world answer.
pub struct Site {
    pub address: String,
    /// What the functions work on.
    pub world: Arc<World>,
    /// Each request line as it came.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Serves the functions of `world` until the tests end, and takes its documents: each is taken
    /// for inspected as soon as it is there.
    pub async fn of(mut world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        world.bucket = bucket_at(&format!("{address}/storage"));
        let world = Arc::new(world);
        let served = Arc::clone(&world);
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&asked);
        let document = yaml("infra/openapi.yaml");
        let paths = document["paths"].as_object().unwrap();
        let each = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys().filter(|name| *name != "parameters");
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        });
        let routes: Arc<Vec<String>> = Arc::new(each.collect());
        let listener = listener.into_std().unwrap();
        // On a thread of its own: what the handlers are made of stays on one.
        std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let served = async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let (world, seen) = (Arc::clone(&served), Arc::clone(&seen));
                    tokio::task::spawn_local(answer(stream, world, Arc::clone(&routes), seen));
                }
            };
            LocalSet::new().block_on(&runtime, served);
        });
        Self { address, world, asked }
    }
}

/// The parameters of `path` where it is one of the route, as the gateway finds them.
fn parameters(route: &str, path: &str) -> Option<HashMap<String, String>> {
    let (wanted, sent) = (route.split('/'), path.split('/'));
    if wanted.clone().count() != sent.clone().count() {
        return None;
    }
    let mut found = HashMap::new();
    for (wanted, sent) in wanted.zip(sent) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => {
                let sent = format!("v={sent}").replace('+', "%2B");
                let (_, value) = form_urlencoded::parse(sent.as_bytes()).next()?;
                found.insert(name.to_owned(), value.into_owned());
            }
            None if wanted == sent => {}
            None => return None,
        }
    }
    Some(found)
}

async fn answer(
    stream: TcpStream,
    world: Arc<World>,
    routes: Arc<Vec<String>>,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    if stream.read_line(&mut line).await.is_err() || line.is_empty() {
        return;
    }
    seen.lock().unwrap().push(line.trim().to_owned());
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.unwrap();
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
    let url = Url::parse(&format!("http://localhost{target}")).unwrap();
    if let Some(id) = url.path().strip_prefix("/storage/documents/") {
        if method == "PUT" {
            let usable = UploadState::Usable {
                object_version: "v1".to_owned(),
                inspected_at: at(NOW),
                signature: None,
            };
            world.uploads.conclude(&id.parse().unwrap(), &usable).await.unwrap();
        }
        let stored = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(stored.as_bytes()).await.unwrap();
        return;
    }
    let matching = routes.iter().filter_map(|route| {
        let (wanted, template) = route.split_once(' ').unwrap();
        Some((route, parameters(template, url.path()).filter(|_| wanted == method)?))
    });
    // As the gateway does: what is written out goes before what has parameters.
    let matched = matching.min_by_key(|(_, found)| found.len());
    let mut reply = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned().into_bytes();
    if let Some((route, found)) = matched {
        let mut call = Call::new(route).without_header("content-type");
        for (name, value) in &found {
            call = call.path(name, value);
        }
        for (name, value) in url.query_pairs() {
            call = call.also(&name, &value);
        }
        for (name, value) in &headers {
            call = call.header(name, value);
        }
        if !body.is_empty() {
            call = call.raw(&String::from_utf8(body).unwrap());
        }
        let response = call.at_its_function(&world).await;
        let content = match response.body {
            Some(Body::Text(text)) => text.into_bytes(),
            Some(Body::Binary(bytes)) => bytes,
            Some(other) => panic!("{other:?}"),
            None => Vec::new(),
        };
        let mut head = format!(
            "HTTP/1.1 {} Answer\r\ncontent-length: {}\r\nconnection: close\r\n",
            response.status_code,
            content.len()
        );
        for (name, value) in &response.headers {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        reply = [head.as_bytes(), b"\r\n", &content].concat();
    }
    // A browser that has gone wants no answer.
    if stream.write_all(&reply).await.is_ok() {
        let _closed = stream.shutdown().await;
    }
}
