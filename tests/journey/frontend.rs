//! What a frontend team starts from: the generated client, and the example of a portal page in a
//! browser, both against the deployed stack. `make sdk` builds them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, MutexGuard};

use crate::support::browser::Browser;
use crate::support::root;
use crate::support::shelf::pdf;
use crate::support::stack::{Stack, setting, unique_phone};

/// Where applicants look dossiers up, as the page under test believes.
const LOOK_UP: &str = "https://motcua.example.vn/tra-cuu";

/// One pair of hands and one port for the page: its tests take turns.
static TURN: Mutex<()> = Mutex::const_new(());

/// A file of the built examples.
fn built(path: &str) -> PathBuf {
    let path = root().join("docs/examples").join(path);
    assert!(path.exists(), "{} is missing: make sdk", path.display());
    path
}

#[tokio::test]
async fn the_generated_client_does_against_the_stack_what_it_promises() {
    let tests = built("sdk/dist/test");
    let mut node = Command::new("node");
    for name in ["API_URL", "ISSUER_URL"] {
        node.env(name, setting(name));
    }
    let done = node.arg("--test").arg(tests).output().await.unwrap();
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{told}{}", String::from_utf8_lossy(&done.stderr));
    assert!(!told.contains("# tests 0"), "{told}");
}

/// Somebody at the page.
struct Visit {
    browser: Browser,
    stack: Stack,
    /// Their identity number, under which nobody else hands in.
    citizen: String,
    phone: String,
    _server: Child,
    _turn: MutexGuard<'static, ()>,
}

impl Visit {
    async fn begun() -> Self {
        let citizen = format!("087199{}", fastrand::u32(100_000..1_000_000));
        let turn = TURN.lock().await;
        built("portal/dist/portal.js");
        let page = setting("PAGE_URL");
        let mut server = Command::new("node")
            .arg(root().join("docs/examples/portal/server.js"))
            .env("API_URL", setting("API_URL"))
            .env("ISSUER_URL", setting("ISSUER_URL"))
            .env("STORAGE_URL", setting("AWS_ENDPOINT_URL"))
            .env("LOOK_UP_URL", LOOK_UP)
            .env("CITIZEN_ID", &citizen)
            .env("PORT", page.rsplit(':').next().unwrap())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut told = BufReader::new(server.stdout.take().unwrap()).lines();
        assert!(told.next_line().await.unwrap().is_some(), "the page's server has ended");
        let mut browser = Browser::open(390).await;
        browser.go(&format!("{page}/")).await;
        browser.until("document.querySelector('.line')").await;
        Self {
            browser,
            stack: Stack::new(),
            citizen,
            phone: unique_phone(),
            _server: server,
            _turn: turn,
        }
    }

    /// Looks for the registration of a birth and opens it.
    async fn choose(&mut self) {
        self.fill("search", "khai sinh").await;
        self.browser.says("document.querySelector('[role=search] button').click()").await;
        self.browser.until("document.querySelectorAll('.line').length < 10").await;
        let press = "[...document.querySelectorAll('.line')].find(line => line.innerText === 'Đăng ký khai sinh').click()";
        self.browser.says(press).await;
        self.browser.until("document.querySelector('fieldset')").await;
    }

    /// Types or chooses at the field with this path.
    async fn fill(&mut self, path: &str, value: &str) {
        let script = format!(
            "(() => {{ const found = document.getElementById('f:{path}'); found.focus();
               if (found.tagName === 'SELECT' || found.type === 'date') {{
                 found.value = '{value}'; found.dispatchEvent(new Event('input', {{ bubbles: true }}));
               }} else found.select(); return found.value; }})()"
        );
        if self.browser.says(&script).await != value {
            self.browser.call("Input.insertText", json!({ "text": value })).await;
        }
    }

    async fn value(&mut self, path: &str) -> Value {
        self.browser.says(&format!("document.getElementById('f:{path}').value")).await
    }

    /// Everything that the form of a birth asks for.
    async fn fill_all(&mut self) {
        let (citizen, phone) = (self.citizen.clone(), self.phone.clone());
        for (path, value) in [
            ("agency", "H20.101"),
            ("applicant.fullName", "Trần Thị Mẫu"),
            ("applicant.idNumber", citizen.as_str()),
            ("applicant.phone", phone.as_str()),
            ("form.relation", "parent"),
            ("form.child.fullName", "Trần Minh Thử"),
            ("form.child.sex", "male"),
            ("form.child.birthDate", "2026-11-09"),
            ("form.child.birthPlace", "Bệnh viện Đa khoa Sa Đéc"),
            ("form.mother.fullName", "Trần Thị Mẫu"),
            ("form.mother.birthYear", "1990"),
        ] {
            self.fill(path, value).await;
        }
    }

    /// Uploads a PDF for the document with this code, and waits for its inspection.
    async fn upload(&mut self, code: &str) {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let file = file.join(format!("{code}-{}.pdf", self.citizen));
        std::fs::write(&file, pdf("", 0)).unwrap();
        self.browser.choose(&format!("[id=\"f:document.{code}\"]"), &file).await;
        let there = format!(
            "document.getElementById('f:document.{code}:hint').innerText.includes('Đã tải lên')"
        );
        self.browser.until(&there).await;
    }

    /// Nobody is kept out by how the page is made, by the rules of axe.
    async fn accessible(&mut self, step: &str) {
        let axe = std::fs::read_to_string(built("node_modules/axe-core/axe.min.js")).unwrap();
        self.browser.says(&format!("{axe}; true")).await;
        let found = "axe.run(document).then(done => done.violations.map(broken => [broken.id, broken.nodes.map(node => node.html)]))";
        assert_eq!(self.browser.says(found).await, json!([]), "{step}");
        let wide = "document.documentElement.scrollWidth > innerWidth";
        assert_eq!(self.browser.says(wide).await, json!(false), "{step}: wider than the screen");
        self.browser.picture(&format!("portal-{step}.png")).await;
    }

    /// The code on the receipt, which is that of the only dossier of this person.
    async fn receipt(&mut self) -> String {
        self.browser.until("document.querySelector('.code')").await;
        let code = self.browser.says("document.querySelector('.code').innerText").await;
        let token = self.stack.token(json!({ "role": "citizen", "idNumber": self.citizen })).await;
        let own = self.stack.get("/v1/me/dossiers?limit=50", Some(&token)).await;
        let codes: Vec<&Value> =
            own.body["items"].as_array().unwrap().iter().map(|item| &item["code"]).collect();
        assert_eq!(codes, [&code], "one dossier, and this one");
        code.as_str().unwrap().to_owned()
    }

    /// What the QR code on the receipt says.
    async fn qr(&mut self) -> String {
        let drawn = self.browser.says(
            "[document.querySelector('.qr').viewBox.baseVal.width - 8, document.querySelector('.qr path').getAttribute('d')]",
        );
        let drawn = drawn.await;
        let size = usize::try_from(drawn[0].as_u64().unwrap()).unwrap();
        let dark: Vec<(usize, usize)> = drawn[1]
            .as_str()
            .unwrap()
            .split('M')
            .skip(1)
            .map(|square| {
                let (x, rest) = square.split_once(' ').unwrap();
                let y = rest.split_once('h').unwrap().0;
                (x.parse().unwrap(), y.parse().unwrap())
            })
            .collect();
        let grid = rqrr::SimpleGrid::from_func(size, |x, y| dark.contains(&(x, y)));
        rqrr::Grid::new(grid).decode().unwrap().1
    }

    /// Neither an address nor what the browser keeps holds anything personal.
    async fn keeps_nothing_personal(&mut self) {
        let kept = self
            .browser
            .says("JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])");
        let kept = kept.await;
        let mut places = self.browser.fetched().join("\n");
        let allowed = [setting("PAGE_URL"), setting("AWS_ENDPOINT_URL"), "data:"];
        for address in places.lines() {
            assert!(allowed.iter().any(|begin| address.starts_with(begin)), "{address}");
        }
        places.push_str(kept.as_str().unwrap());
        for personal in [self.citizen.as_str(), &self.phone, "Trần", "Tr%E1", "Minh"] {
            assert!(!places.contains(personal), "{personal} in {places}");
        }
    }
}

#[tokio::test]
async fn a_citizen_chooses_fills_in_uploads_presses_twice_and_has_one_dossier_with_its_receipt() {
    let mut visit = Visit::begun().await;
    visit.accessible("choose").await;
    visit.choose().await;
    visit.accessible("form").await;

    // Nothing is filled in: each broken rule stands at its field and leads there from above.
    visit.browser.says("document.querySelector('button[type=submit]').click()").await;
    visit.browser.until("document.querySelector('.problem')").await;
    let broken =
        "[...document.querySelectorAll('[aria-invalid]')].map(control => control.dataset.path)";
    let broken = visit.browser.says(broken).await;
    for path in ["agency", "applicant.fullName", "applicant.idNumber", "applicant.phone"] {
        assert!(broken.as_array().unwrap().contains(&json!(path)), "{path}: {broken}");
    }
    let told = visit.browser.says("document.querySelector('.problem').innerText").await;
    assert!(told.as_str().unwrap().contains("Số điện thoại: "), "{told}");
    visit.accessible("problem").await;
    let heard = "document.getElementById(document.getElementById('f:applicant.phone').getAttribute('aria-describedby').split(' ')[0]).innerText";
    assert!(!visit.browser.says(heard).await.as_str().unwrap().is_ascii());
    visit.browser.says("document.querySelector('.problem a').click()").await;
    let focused = visit.browser.says("document.activeElement.getAttribute('aria-invalid')").await;
    assert_eq!(focused, json!("true"), "the link leads to the field");

    visit.fill_all().await;
    visit.fill("form.mother.idNumber", "12").await;
    visit.upload("TK").await;
    visit.upload("GCS").await;
    visit.browser.says("document.querySelector('button[type=submit]').click()").await;
    visit.browser.until("document.querySelectorAll('[aria-invalid]').length === 1").await;
    let broken = "document.querySelector('[aria-invalid]').dataset.path";
    assert_eq!(visit.browser.says(broken).await, "form.mother.idNumber", "deep in the form");
    visit.fill("form.mother.idNumber", "087190001234").await;

    visit.browser.press_twice("button[type=submit]").await;
    let code = visit.receipt().await;
    visit.accessible("receipt").await;
    assert_eq!(visit.qr().await, format!("{LOOK_UP}#{code}"));
    visit.keeps_nothing_personal().await;
    let officer = visit.stack.officer("H20.101").await;
    let case = visit.stack.get(&format!("/v1/dossiers/{code}/case"), Some(&officer)).await;
    let form = &case.body["forms"][0]["fields"];
    assert_eq!(form["mother"]["birthYear"], json!(1990), "{}", case.body);
    assert_eq!(case.body["documents"].as_array().map(Vec::len), Some(2));
    // Whoever reloads the receipt sees it again.
    visit.browser.go(&format!("{}/", setting("PAGE_URL"))).await;
    assert_eq!(visit.receipt().await, code);
}

#[tokio::test]
async fn a_reload_in_the_middle_of_a_form_or_of_sending_loses_nothing_and_doubles_nothing() {
    let mut visit = Visit::begun().await;
    let page = format!("{}/", setting("PAGE_URL"));
    visit.choose().await;
    visit.fill_all().await;
    visit.upload("TK").await;
    visit.browser.go(&page).await;
    visit.browser.until("document.querySelector('fieldset')").await;
    assert_eq!(visit.value("agency").await, "H20.101");
    assert_eq!(visit.value("form.child.fullName").await, "Trần Minh Thử");
    assert_eq!(visit.value("form.child.birthDate").await, "2026-11-09");
    let hint = visit.browser.says("document.getElementById('f:document.TK:hint').innerText").await;
    assert!(hint.as_str().unwrap().contains("Đã tải lên"), "{hint}");
    visit.upload("GCS").await;

    // The dossier is taken, and the answer does not come through before the reader reloads.
    let held =
        json!({ "patterns": [{ "urlPattern": "*/v1/dossiers", "requestStage": "Response" }] });
    visit.browser.call("Fetch.enable", held).await;
    visit.browser.press_twice("button[type=submit]").await;
    let paused = visit.browser.event("Fetch.requestPaused").await;
    assert_eq!(paused["responseStatusCode"], 201, "{paused}");
    visit.browser.call("Fetch.disable", json!({})).await;
    visit.browser.go(&page).await;
    let code = visit.receipt().await;

    let public = visit.stack.get(&format!("/v1/dossiers/{code}"), None).await;
    assert_eq!(public.body["status"], 1, "{}", public.body);
    visit.keeps_nothing_personal().await;
}

#[tokio::test]
async fn the_pages_server_opens_its_four_doors_to_its_own_page_and_nothing_else_to_nobody_else() {
    let visit = Visit::begun().await;
    let page = setting("PAGE_URL");
    let asked = |path: &str, site: &'static str| {
        let request = visit.stack.http.get(format!("{page}{path}")).header("sec-fetch-site", site);
        async move { request.send().await.unwrap() }
    };
    let own = asked("/api/v1/procedures?limit=1", "same-origin").await;
    assert_eq!(own.status(), 200);
    assert_eq!(own.headers()["cache-control"], "no-store");
    for site in ["cross-site", "same-site", "none"] {
        assert_eq!(asked("/api/v1/procedures?limit=1", site).await.status(), 403, "{site}");
    }
    for path in ["/api/v1/me/dossiers", "/api/v1/procedures/../me/dossiers", "/api/v1/dossiers"] {
        assert_eq!(asked(path, "same-origin").await.status(), 403, "{path}");
    }
    for path in ["/server.js", "/../sdk/package.json", "/dist/portal.js", "/src/portal.ts"] {
        assert_eq!(asked(path, "same-origin").await.status(), 404, "{path}");
    }
}
