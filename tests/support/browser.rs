//! A page in the pinned browser of `infra/local/browser.py`, spoken to by the DevTools protocol
//! over a pipe.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_lambda_events::encodings::Base64Data;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A browser that does not answer for so long has hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
pub struct Browser {
    _process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    last: u32,
    session: Option<String>,
    events: Vec<Value>,
}

/// A name in the folder of test files that nobody else has.
fn own(ending: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("page-{}-{number}{ending}", std::process::id()))
}

impl Browser {
    /// Shows `html` on a screen of `width` pixels.
    pub async fn showing(html: &str, width: u32) -> Self {
        let file = own(".html");
        std::fs::write(&file, html).unwrap();
        let mut browser = Self::open(width).await;
        browser.go(&format!("file://{}", file.display())).await;
        browser
    }

    /// Goes to `address`, and waits until it is loaded.
    pub async fn go(&mut self, address: &str) {
        self.events.retain(|event| event["method"] != "Page.loadEventFired");
        self.call("Page.navigate", json!({ "url": address })).await;
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.answer().await;
            self.events.push(event);
        }
    }

    /// An empty page on a screen of `width` pixels.
    pub async fn open(width: u32) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert!(
            root.join(".local/browser/integrity").exists(),
            "there is no browser: python3 infra/local/browser.py"
        );
        let mut process = Command::new(root.join("infra/local/browser.sh"))
            .arg(own(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (commands, answers) =
            (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        let mut browser = Self {
            _process: process,
            commands,
            answers,
            last: 0,
            session: None,
            events: Vec::new(),
        };
        let page = browser.call("Target.createTarget", json!({"url": "about:blank"})).await;
        let attached = json!({"targetId": page["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", attached).await;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Network.enable"] {
            browser.call(domain, json!({})).await;
        }
        let screen =
            json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600});
        browser.call("Emulation.setDeviceMetricsOverride", screen).await;
        browser
    }

    async fn answer(&mut self) -> Value {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.answers.read_until(0, &mut bytes)).await;
        read.expect("the browser has hung").unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser has gone");
        serde_json::from_slice(&bytes).unwrap()
    }

    /// The result of a command.
    pub async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).await.unwrap();
        loop {
            let mut answer = self.answer().await;
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    /// Waits until the browser tells of something by this name, which has not been asked for yet.
    pub async fn event(&mut self, method: &str) -> Value {
        loop {
            if let Some(place) = self.events.iter().position(|event| event["method"] == method) {
                return self.events.remove(place)["params"].take();
            }
            let event = self.answer().await;
            self.events.push(event);
        }
    }

    /// What a script says in the page.
    pub async fn says(&mut self, script: &str) -> Value {
        let asked = json!({"expression": script, "returnByValue": true, "awaitPromise": true});
        let mut said = self.call("Runtime.evaluate", asked).await;
        assert!(said["exceptionDetails"].is_null(), "{said}");
        said["result"]["value"].take()
    }

    /// Waits until a script says something that is true.
    pub async fn until(&mut self, script: &str) {
        let asked = format!(
            "new Promise((done, over) => {{ const began = Date.now(); const look = () => {{
               let is = false; try {{ is = !!({script}); }} catch {{}}
               if (is) done(true); else if (Date.now() - began > 20000) over(new Error(document.body.innerText)); else setTimeout(look, 20);
             }}; look(); }})"
        );
        self.says(&asked).await;
    }

    /// The page as a picture, in the folder of test files under this name.
    pub async fn picture(&mut self, name: &str) {
        let asked = json!({ "captureBeyondViewport": true });
        let mut taken = self.call("Page.captureScreenshot", asked).await;
        let bytes = serde_json::from_value::<Base64Data>(taken["data"].take()).unwrap().0;
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), bytes).unwrap();
    }

    /// From here on the page is as with these wishes of its reader.
    pub async fn wishing(&mut self, features: Value) {
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Chooses the file at `path` in the field that `selector` finds.
    pub async fn choose(&mut self, selector: &str, path: &Path) {
        let document = self.call("DOM.getDocument", json!({})).await;
        let asked = json!({ "nodeId": document["root"]["nodeId"], "selector": selector });
        let found = self.call("DOM.querySelector", asked).await;
        let chosen = json!({ "files": [path.to_str().unwrap()], "nodeId": found["nodeId"] });
        self.call("DOM.setFileInputFiles", chosen).await;
    }

    /// From here on the page's scripts do not run.
    pub async fn without_scripts(&mut self) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// Presses and releases the enter key.
    pub async fn press_enter(&mut self) {
        for (kind, text) in [("keyDown", "\r"), ("keyUp", "")] {
            let key = json!({"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": text});
            self.call("Input.dispatchKeyEvent", key).await;
        }
    }

    /// Presses twice, as fast as people do it by mistake, in the middle of what `selector` finds.
    pub async fn press_twice(&mut self, selector: &str) {
        let asked = format!(
            "(() => {{ const found = document.querySelector('{selector}');
               found.scrollIntoView({{ block: 'center', behavior: 'instant' }});
               const box = found.getBoundingClientRect();
               return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        );
        let place = self.says(&asked).await;
        for (count, kind) in
            [(1, "mousePressed"), (1, "mouseReleased"), (2, "mousePressed"), (2, "mouseReleased")]
        {
            let press = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": count});
            self.call("Input.dispatchMouseEvent", press).await;
        }
    }

    /// From here on the page is as it prints.
    pub async fn as_printed(&mut self) {
        self.call("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
    }

    /// The page as PDF.
    pub async fn pdf(&mut self) -> Vec<u8> {
        let mut printed = self.call("Page.printToPDF", json!({"preferCSSPageSize": true})).await;
        serde_json::from_value::<Base64Data>(printed["data"].take()).unwrap().0
    }

    /// What was fetched, by address.
    pub fn fetched(&self) -> Vec<&str> {
        let requests =
            self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        requests.filter_map(|event| event["params"]["request"]["url"].as_str()).collect()
    }
}
