//! What hostile files take of the machine. A binary of its own: its peak is nobody else's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "all of this crate is tests, and what the tests share fails like a test"
)]

use std::fmt::Write;

use inspection::{Accepted, Declared, Kind, Rule, TrustAnchors, inspect, sha256};

/// The most that one inspection takes besides the file: unpacked streams, objects, the table.
const BESIDES_BYTES_MAX: usize = 100 * 1024 * 1024;

/// The most memory that this process has taken so far, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// A PDF with this table, whatever objects are in front of it.
fn ending(mut content: Vec<u8>, table: &[u8]) -> Vec<u8> {
    let at = content.len();
    content.extend(table);
    content.extend(format!("\nstartxref\n{at}\n%%EOF").bytes());
    content
}

fn packed_table(plain: &[u8], more: &str) -> Vec<u8> {
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(plain, 6);
    let length = packed.len();
    let head = format!(
        "9 0 obj\n<</Type/XRef/Root 1 0 R/Filter/FlateDecode/Length {length}{more}>>stream\n"
    );
    [head.as_bytes(), &packed, b"\nendstream\nendobj"].concat()
}

/// Objects one behind the other, and their table.
fn plain(objects: &[(u32, String)]) -> Vec<u8> {
    let mut content = b"%PDF-1.7\n".to_vec();
    let mut table = String::from("xref\n");
    for (number, object) in objects {
        write!(table, "{number} 1\n{:010} 00000 n \n", content.len()).unwrap();
        content.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    ending(content, format!("{table}trailer\n<</Root 1 0 R>>").as_bytes())
}

fn hostile() -> Vec<(&'static str, Rule, Vec<u8>)> {
    let header = || b"%PDF-1.7\n".to_vec();
    let zeros = vec![0; 33 * 1024 * 1024];
    let rows = vec![1; 3 * 1_000_000];
    let page = (3, "<</Type/Page>>".to_owned());
    let pages = (2, "<</Type/Pages/Count 1/Kids[3 0 R]>>".to_owned());
    let catalogue = |more: &str| (1, format!("<</Type/Catalog/Pages 2 0 R{more}>>"));
    let names = "/a 0".repeat(400_000);
    let numbers = "0 ".repeat(4_000_000);
    let many = (0..9_000).fold(String::new(), |mut many, _| {
        many.push_str("<</FT 5 0 R>>");
        many
    });
    let form = format!("/AcroForm<</Fields[{many}]>>");
    let text = (5, format!("({})", "a".repeat(2_000_000)));
    let circle =
        (0..100).map(|at| format!("xref\ntrailer\n<</Prev {}>>", 9 + at)).collect::<String>();
    vec![
        (
            "a table of 33 MB in 33 kB",
            Rule::TooComplex,
            ending(header(), &packed_table(&zeros, "/Size 9/W[1 2 1]")),
        ),
        (
            "a table of a million objects",
            Rule::TooComplex,
            ending(header(), &packed_table(&rows, "/Size 1000000/W[1 1 1]")),
        ),
        (
            "a table that says it has four thousand million objects",
            Rule::PdfUnreadable,
            ending(header(), &packed_table(&[1; 300], "/Index[0 4294967295]/Size 9/W[1 1 1]")),
        ),
        (
            "a list of four million numbers",
            Rule::TooComplex,
            plain(&[catalogue(&format!("/List[{numbers}]")), pages.clone(), page.clone()]),
        ),
        (
            "a dictionary of four hundred thousand keys",
            Rule::TooComplex,
            plain(&[catalogue(&names), pages.clone(), page.clone()]),
        ),
        (
            "nine thousand references to a long text",
            Rule::TooComplex,
            plain(&[catalogue(&form), pages, page, text]),
        ),
        ("revisions without end", Rule::PdfUnreadable, ending(header(), circle.as_bytes())),
    ]
}

#[test]
fn no_file_takes_more_memory_than_its_bound() {
    let files = hostile();
    let anchors = TrustAnchors::from_certificates(Vec::<Vec<u8>>::new()).unwrap();
    let accepted = [Accepted { kind: Kind::Pdf, bytes_max: u64::MAX }];
    let before = peak();
    for (what, rule, content) in &files {
        let sha256 = sha256(content);
        let bytes = u64::try_from(content.len()).unwrap();
        let declared = Declared { media_type: "application/pdf", bytes, sha256: &sha256 };
        let opened = inspect(content, &declared, &accepted).err();
        // A form is looked at only where signatures are asked for.
        let now = "2026-11-26T10:00:00Z".parse().unwrap();
        let verified = inspection::verify_signed_pdf(content, &anchors, now).err();
        assert_eq!(verified, Some(*rule), "{what}");
        assert!(opened.is_none() || opened == verified, "{what}");
        assert!(peak() <= before + BESIDES_BYTES_MAX, "{what}: {} bytes more", peak() - before);
    }
}
