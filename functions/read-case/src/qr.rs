//! QR codes as SVG, one unit a module.

use platform::Failure;
use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of white that a reader needs around a code (ISO/IEC 18004).
const QUIET: i32 = 4;

/// A QR code to be drawn.
pub(crate) struct Drawn {
    /// The width and height with the quiet zone, in modules.
    pub(crate) size: i32,
    /// The dark modules as the data of an SVG path, a stroke for each run of a line.
    pub(crate) path: String,
}

/// The code of `text`, readable with a seventh of it spoilt. Fails for what is longer than any
/// address of a dossier.
pub(crate) fn of(text: &str) -> Result<Drawn, Failure> {
    let too_long = |_| Failure::Defect("an address does not fit into a QR code".to_owned());
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(too_long)?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let length = (x..code.size()).take_while(|&x| code.get_module(x, y)).count();
            let length = i32::try_from(length).unwrap_or(0);
            if length > 0 {
                path.push_str(&format!("M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET));
            }
            x += length + 1;
        }
    }
    Ok(Drawn { size: code.size() + 2 * QUIET, path })
}
