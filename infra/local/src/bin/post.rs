//! The public post's stand-in as a process.
//!
//! ```text
//! post --port 4571 --account JSON
//! ```

use std::error::Error;
use std::io::Write;
use std::sync::Arc;

use local::arguments::Arguments;
use local::http::{listen, serve};
use local::post::Post;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1), &["port", "account"])?;
    let account = serde_json::from_str(&arguments.owed::<String>("account")?)?;
    let listener = listen(arguments.owed("port")?).await?;
    writeln!(std::io::stdout(), "post: http://{}", listener.local_addr()?)?;
    serve(listener, Arc::new(Post::new(account))).await?;
    Ok(())
}
