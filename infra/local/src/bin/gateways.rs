//! The message gateways' stand-ins as a process.
//!
//! ```text
//! gateways --port 4568 --account JSON [--memory FILE] [--templates FILE] [--daily-quota 10000]
//!          [--zalo-webhook-url URL] [--esms-callback-url URL]
//! ```

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use local::arguments::Arguments;
use local::gateways::{Gateways, Settings, registered_templates};
use local::http::{listen, serve};

/// ZNS messages a day, where nothing else is said.
const DAILY_QUOTA: u64 = 10_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let known = [
        "port",
        "account",
        "memory",
        "templates",
        "daily-quota",
        "zalo-webhook-url",
        "esms-callback-url",
    ];
    let arguments = Arguments::read(std::env::args().skip(1), &known)?;
    let templates = arguments
        .optional::<PathBuf>("templates")?
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/templates.json"));
    let settings = Settings {
        account: serde_json::from_str(&arguments.owed::<String>("account")?)?,
        templates: registered_templates(&templates)?,
        daily_quota: arguments.optional("daily-quota")?.unwrap_or(DAILY_QUOTA),
        memory: arguments.optional("memory")?,
        zalo_webhook_url: arguments.optional("zalo-webhook-url")?.unwrap_or_default(),
        esms_callback_url: arguments.optional("esms-callback-url")?.unwrap_or_default(),
    };
    let gateways = Arc::new(Gateways::new(settings)?);
    let listener = listen(arguments.owed("port")?).await?;
    writeln!(std::io::stdout(), "gateways: http://{}", listener.local_addr()?)?;
    serve(listener, gateways).await?;
    Ok(())
}
