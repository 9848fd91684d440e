//! PDFs, made revision by revision.

use std::fmt::Write;

/// Header of every PDF here.
pub const HEADER: &[u8] = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";

/// A PDF in the making.
#[derive(Clone)]
pub struct Paper {
    /// The file as far as it is written.
    pub bytes: Vec<u8>,
    previous: Option<usize>,
}

impl Default for Paper {
    fn default() -> Self {
        Self::new()
    }
}

impl Paper {
    /// A header, and nothing behind it.
    pub fn new() -> Self {
        Self { bytes: HEADER.to_vec(), previous: None }
    }

    /// Adds a revision of these objects, with a table and a trailer that has `more` in it.
    pub fn revision(mut self, objects: &[(u32, &str)], more: &str) -> Self {
        let mut table = String::from("xref\n");
        for (number, object) in objects {
            let at = self.bytes.len();
            write!(table, "{number} 1\n{at:010} 00000 n \n").unwrap();
            self.bytes.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
        }
        let at = self.bytes.len();
        let previous = self.previous.map_or(String::new(), |at| format!("/Prev {at}"));
        write!(table, "trailer\n<</Root 1 0 R/Size 99{previous}{more}>>\n").unwrap();
        self.bytes.extend(table.bytes());
        self.bytes.extend(format!("startxref\n{at}\n%%EOF\n").bytes());
        self.previous = Some(at);
        self
    }
}

/// Objects of a document of one page.
pub const ONE_PAGE: [(u32, &str); 3] = [
    (1, "<</Type/Catalog/Pages 2 0 R>>"),
    (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>"),
    (3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"),
];

/// A document of one page.
pub fn one_page() -> Vec<u8> {
    Paper::new().revision(&ONE_PAGE, "").bytes
}

/// The same as modern programs write it: objects in a packed stream, the table as a stream with
/// the "up" predictor.
pub fn packed_page() -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    let (mut numbers, mut objects) = (String::new(), String::new());
    for (number, object) in ONE_PAGE {
        write!(numbers, "{number} {} ", objects.len()).unwrap();
        writeln!(objects, "{object}").unwrap();
    }
    let packed = zlib(format!("{numbers}{objects}").as_bytes());
    let stream_at = bytes.len();
    let first = numbers.len();
    let length = packed.len();
    bytes.extend(
        format!(
            "4 0 obj\n<</Type/ObjStm/N 3/First {first}/Filter/FlateDecode/Length {length}>>stream\n"
        )
        .bytes(),
    );
    bytes.extend(packed);
    bytes.extend(b"\nendstream\nendobj\n");
    let table_at = bytes.len();
    let row = |kind: u8, second: usize, third: u8| {
        [vec![kind], u16::try_from(second).unwrap().to_be_bytes().to_vec(), vec![third]].concat()
    };
    let rows = [
        row(0, 0, 255),
        row(2, 4, 0),
        row(2, 4, 1),
        row(2, 4, 2),
        row(1, stream_at, 0),
        row(1, table_at, 0),
    ];
    let mut above = vec![0; 4];
    let mut predicted = Vec::new();
    for row in rows {
        predicted.push(2);
        predicted.extend(row.iter().zip(&above).map(|(byte, up)| byte.wrapping_sub(*up)));
        above = row;
    }
    bytes.extend(table_stream(5, &zlib(&predicted), "/DecodeParms<</Predictor 12/Columns 4>>"));
    bytes.extend(format!("startxref\n{table_at}\n%%EOF\n").bytes());
    bytes
}

/// A table in the form of a stream with rows of 1, 2 and 1 bytes.
pub fn table_stream(number: u32, packed: &[u8], more: &str) -> Vec<u8> {
    let length = packed.len();
    let mut bytes = format!(
        "{number} 0 obj\n<</Type/XRef/Root 1 0 R/Size 6/W[1 2 1]/Filter/FlateDecode\
         /Length {length}{more}>>stream\r\n"
    )
    .into_bytes();
    bytes.extend(packed);
    bytes.extend(b"\nendstream\nendobj\n");
    bytes
}

/// The same bytes, packed as a PDF packs them.
pub fn zlib(plain: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(plain, 6)
}
