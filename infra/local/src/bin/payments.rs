//! The national payment platform's stand-in as a process.
//!
//! ```text
//! payments --port 4570 --account JSON
//! ```

use std::error::Error;
use std::io::Write;
use std::sync::Arc;

use local::arguments::Arguments;
use local::http::{listen, serve};
use local::payment_platform::PaymentPlatform;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1), &["port", "account"])?;
    let account = serde_json::from_str(&arguments.owed::<String>("account")?)?;
    let listener = listen(arguments.owed("port")?).await?;
    let address = format!("http://{}", listener.local_addr()?);
    writeln!(std::io::stdout(), "payments: {address}")?;
    serve(listener, Arc::new(PaymentPlatform::of(account, &address))).await?;
    Ok(())
}
