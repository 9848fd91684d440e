//! Unpacking of the streams that hold a PDF's own structure: `FlateDecode` with or without the
//! predictors of PNG, which is what programs write them with.

use super::object::{Budget, Dict, Object};
use crate::{Rule, inflate};

/// The data of a stream.
pub(super) fn unpacked(dict: &Dict, packed: &[u8], budget: &Budget) -> Result<Vec<u8>, Rule> {
    let filter = only(dict.get(b"Filter"));
    let data = if filter == Object::Null {
        packed.get(..budget.unpacked_left()).unwrap_or(packed).to_vec()
    } else if filter.is_name(b"FlateDecode") {
        inflate::zlib(packed, budget.unpacked_left())
            .map_err(|error| error.or(Rule::PdfUnreadable))?
    } else {
        return Err(Rule::PdfUnreadable);
    };
    budget.unpacked(data.len())?;
    let Object::Dict(parameters) = only(dict.get(b"DecodeParms")) else { return Ok(data) };
    match parameters.get(b"Predictor").int().unwrap_or(1) {
        1 => Ok(data),
        10..=15 => unpredicted(&data, parameters.get(b"Columns").size().unwrap_or(1)),
        _ => Err(Rule::PdfUnreadable),
    }
}

/// The object, or the only one of a list of one: a stream may have several filters.
fn only(object: &Object) -> Object {
    match object.array() {
        Some([only]) => only.clone(),
        Some([]) => Object::Null,
        Some(_) | None => object.clone(),
    }
}

/// Undoes the predictors of PNG (ISO 15948 §9) over rows of `columns` bytes.
fn unpredicted(data: &[u8], columns: usize) -> Result<Vec<u8>, Rule> {
    if columns == 0 || columns > data.len() {
        return if data.is_empty() { Ok(Vec::new()) } else { Err(Rule::PdfUnreadable) };
    }
    let mut plain: Vec<u8> = Vec::with_capacity(data.len());
    for row in data.chunks_exact(columns + 1) {
        let Some((method, row)) = row.split_first() else { break };
        let above = plain.len().checked_sub(columns);
        for (column, byte) in row.iter().enumerate() {
            let left = if column == 0 { 0 } else { plain.last().copied().unwrap_or(0) };
            let at = |column: usize| above.and_then(|above| plain.get(above + column).copied());
            let up = at(column).unwrap_or(0);
            let corner = column.checked_sub(1).and_then(at).unwrap_or(0);
            let guess = match method {
                0 => 0,
                1 => left,
                2 => up,
                3 => left.midpoint(up),
                4 => paeth(left, up, corner),
                _ => return Err(Rule::PdfUnreadable),
            };
            plain.push(byte.wrapping_add(guess));
        }
    }
    Ok(plain)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(up) - i16::from(corner);
    let far = |byte: u8| (guess - i16::from(byte)).abs();
    if far(left) <= far(up) && far(left) <= far(corner) {
        left
    } else if far(up) <= far(corner) {
        up
    } else {
        corner
    }
}
