//! Images and containers, made byte by byte.

/// A JPEG of one pixel, as far as its structure goes: comment, tables, frame, scan, end.
pub(crate) fn jpeg_with(comment: &[u8], behind: &[u8]) -> Vec<u8> {
    let segment = |marker: u8, data: &[u8]| {
        let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], data].concat()
    };
    [
        vec![0xff, 0xd8],
        segment(0xfe, comment),
        segment(0xdb, &[0; 65]),
        segment(0xc0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
        segment(0xc4, &[0; 18]),
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
        vec![0x55, 0xff, 0x00, 0xff, 0xd0, 0x55],
        vec![0xff, 0xd9],
        behind.to_vec(),
    ]
    .concat()
}

pub(crate) fn jpeg() -> Vec<u8> {
    jpeg_with(b"one pixel", b"")
}

/// A PNG of one pixel, as far as its structure goes.
pub(crate) fn png_with(text: &[u8], behind: &[u8]) -> Vec<u8> {
    let chunk = |name: &[u8], data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&length[..], name, data, &[0; 4]].concat()
    };
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]),
        chunk(b"tEXt", text),
        chunk(b"IDAT", &[0; 12]),
        chunk(b"IEND", b""),
        behind.to_vec(),
    ]
    .concat()
}

pub(crate) fn png() -> Vec<u8> {
    png_with(b"Comment\0one pixel", b"")
}

/// A container of these entries, the first of them `packed` (DEFLATE) where that is wanted.
pub(crate) fn container(entries: &[(&str, &[u8])], packed: bool) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for (index, (name, data)) in entries.iter().enumerate() {
        let method: u16 = if packed && index == 0 { 8 } else { 0 };
        let stored = match method {
            8 => miniz_oxide::deflate::compress_to_vec(data, 6),
            _ => data.to_vec(),
        };
        let at = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let sizes = [stored.len(), data.len()];
        let sizes = sizes.map(|size| u32::try_from(size).unwrap().to_le_bytes()).concat();
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let method = method.to_le_bytes();
        let shared = [&[20, 0, 0, 0], &method[..], &[0; 8], &sizes, &name_length, &[0, 0]].concat();
        bytes.extend([b"PK\x03\x04", &shared[..], name.as_bytes(), &stored].concat());
        list.extend([b"PK\x01\x02\x14\0", &shared[..], &[0; 10], &at, name.as_bytes()].concat());
    }
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let lengths = [list.len(), bytes.len()];
    let lengths = lengths.map(|length| u32::try_from(length).unwrap().to_le_bytes()).concat();
    [&bytes, &list, &b"PK\x05\x06\0\0\0\0"[..], &count, &count, &lengths, &[0, 0]].concat()
}

/// The list of content types of a document or workbook with this main part.
pub(crate) fn types(main: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\"?><Types><Override PartName=\"/main.xml\" ContentType=\
         \"application/vnd.openxmlformats-officedocument.{main}.main+xml\"/></Types>"
    )
    .into_bytes()
}

pub(crate) fn docx() -> Vec<u8> {
    let types = types("wordprocessingml.document");
    container(&[("[Content_Types].xml", &types), ("word/document.xml", b"<document/>")], true)
}

pub(crate) fn xlsx() -> Vec<u8> {
    let types = types("spreadsheetml.sheet");
    container(&[("[Content_Types].xml", &types), ("xl/workbook.xml", b"<workbook/>")], true)
}
