//! `make schema`: writes the JSON Schemas of the catalogue's files to `infra/data/schema`.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/data/schema");
    for (name, schema) in domain::schema::each() {
        let text = serde_json::to_string_pretty(&schema)?;
        std::fs::write(folder.join(format!("{name}.schema.json")), text + "\n")?;
    }
    Ok(())
}
