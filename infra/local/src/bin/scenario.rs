//! Writes `infra/local/scenario.json`; a test says whether the file is what this writes.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenario.json");
    std::fs::write(file, local::writer::scenario()?)?;
    Ok(())
}
