//! Saves what people would look at: the page of the report, a receipt on A4, and what telephones
//! showed, as the demonstration leaves them behind.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde_json::Value;

use super::error::DemoError;
use super::notices::{clock_of, masked, text_of, varied};
use super::screen::Screen;
use super::stack::{Asker, Stack};

/// How many messages are on the page.
const MESSAGES: usize = 24;

/// The page of the messages: without anything from elsewhere, in light and in dark.
const HEAD: &str = r#"<!doctype html>
<html lang="vi">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tin nhắn tới người dân</title>
<style>
:root { color-scheme: light dark; font: 16px/1.45 system-ui, sans-serif; }
body { max-width: 26rem; margin: 2rem auto; padding: 0 1rem; }
article { margin: 0 0 1rem; padding: .7rem .9rem; border: 1px solid #8886; border-radius: .9rem; }
article.zalo { border-inline-start: .3rem solid #0068ff; }
article.sms { border-inline-start: .3rem solid #2a9d4a; }
header, footer { font-size: .8rem; opacity: .75; display: flex; justify-content: space-between; }
p { margin: .4rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: .4rem 0; }
dt { opacity: .75; } dd { margin: 0; font-weight: 600; }
</style>
<h1>Tin nhắn tới người dân</h1>
"#;

/// The parameters that a template of Zalo gets, as its table names them.
const ROWS: [(&str, &str); 3] =
    [("code", "Mã hồ sơ"), ("status", "Trạng thái"), ("date", "Ngày hẹn")];

/// What is saved, and where it comes from.
pub(super) struct Shown<'a> {
    /// The day whose report is saved.
    pub(super) day: Date,
    /// The dossier whose receipt is saved.
    pub(super) code: &'a str,
    /// An officer who may print it.
    pub(super) officer: Asker,
    /// What the texts of Zalo's templates are, by name.
    pub(super) texts: &'a HashMap<String, String>,
}

/// Saves the pages beside the stack's settings, and says where.
pub(super) async fn save(
    stack: &Stack,
    screen: &Screen,
    folder: &Path,
    shown: &Shown<'_>,
) -> Result<(), DemoError> {
    fs::create_dir_all(folder)?;
    let report = stack.page(&format!("/v1/reports/{}", shown.day), None).await?;
    let form = format!("/v1/dossiers/{}/forms/01", shown.code);
    let receipt = stack.page(&form, Some(shown.officer.clone())).await?;
    let messages = page_of(&stack.accepted().await?, shown.texts);
    screen.title("Saved to look at, in a browser");
    for (name, content, what) in [
        ("report.html", report, "the leader's page of the working day before"),
        ("receipt.html", receipt, "the citizen's receipt, as the counter prints it"),
        ("messages.html", messages, "what telephones showed, by Zalo and SMS"),
    ] {
        let path = folder.join(name);
        fs::write(&path, content)?;
        screen.line(&format!("  {:<40} {what}", from_here(&path).display()));
    }
    Ok(())
}

/// A path as somebody types it who stands in the folder of the work.
fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let within = here.and_then(|here| path.strip_prefix(here).map(Path::to_owned).ok());
    within.unwrap_or_else(|| path.to_owned())
}

/// A few messages of every kind, as bubbles.
fn page_of(messages: &[Value], texts: &HashMap<String, String>) -> String {
    let mut page = HEAD.to_owned();
    for message in varied(messages, MESSAGES) {
        let (kind, sender) = if message["gateway"] == "zalo" {
            ("zalo", "Zalo · Một Cửa")
        } else {
            ("sms", "SMS · MOTCUA")
        };
        let phone = masked(message["phone"].as_str().unwrap_or_default());
        let at = clock_of(message);
        let text = escaped(&text_of(&message["request"], texts));
        // Writing to a text never fails.
        let _ = writeln!(
            page,
            "<article class={kind}><header><span>{sender}</span><span>{phone}</span></header>\
             <p>{text}</p>{}<footer><span></span><time>{at}</time></footer></article>",
            table(&message["request"]["template_data"]),
        );
    }
    page
}

/// The table under the text of a Zalo message: what the template was given.
fn table(data: &Value) -> String {
    let rows = ROWS.iter().filter_map(|(name, label)| {
        let value = data[name].as_str().filter(|value| !value.is_empty())?;
        Some(format!("<dt>{label}</dt><dd>{}</dd>", escaped(value)))
    });
    let rows: String = rows.collect();
    if rows.is_empty() { rows } else { format!("<dl>{rows}</dl>") }
}

/// A text as HTML shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_zalo_message_is_its_template_filled_in_and_no_text_becomes_markup() {
        let message = json!({
            "seq": 1, "gateway": "zalo", "phone": "84912345678",
            "receivedAt": "2026-11-26T03:00:00Z",
            "request": { "template_id": "310101",
                         "template_data": { "code": "H20.12-261126-0001", "status": "<b>" } },
        });
        let texts = HashMap::from([("310101".to_owned(), "Hồ sơ {code}: {status}".to_owned())]);
        let page = page_of(&[message], &texts);
        assert!(page.contains("<p>Hồ sơ H20.12-261126-0001: &lt;b&gt;</p>"), "{page}");
        assert!(page.contains("<dt>Mã hồ sơ</dt><dd>H20.12-261126-0001</dd>"), "{page}");
        assert!(!page.contains("84912345678") && !page.contains("Ngày hẹn"), "{page}");
    }
}
