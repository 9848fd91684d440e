//! The OIDC issuer's stand-in as a process: `issuer --port 4567 --key FILE`.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use local::arguments::Arguments;
use local::http::{listen, serve};
use local::issuer::Issuer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1), &["port", "key"])?;
    let key = std::fs::read(arguments.owed::<PathBuf>("key")?)?;
    let listener = listen(arguments.owed("port")?).await?;
    // The name, not the address: the authorizer compares `iss` with its configuration as text.
    let url = format!("http://localhost:{}", listener.local_addr()?.port());
    let issuer = Arc::new(Issuer::new(url.clone(), &key)?);
    writeln!(std::io::stdout(), "issuer: {url}")?;
    serve(listener, issuer).await?;
    Ok(())
}
