//! Uploaded documents.

use inspection::{Accepted, Declared, Inspected, Kind, Rule, inspect, sha256};
use signer::{HEADER, ONE_PAGE, Paper, one_page, packed_page, table_stream, zlib};

use super::files::{container, docx, jpeg, jpeg_with, png, png_with, types, xlsx};

const BYTES_MAX: u64 = 4096;

/// A file of each kind.
fn samples() -> [(Kind, Vec<u8>); 5] {
    [
        (Kind::Pdf, one_page()),
        (Kind::Jpeg, jpeg()),
        (Kind::Png, png()),
        (Kind::Docx, docx()),
        (Kind::Xlsx, xlsx()),
    ]
}

fn inspected(content: &[u8], kind: Kind) -> Result<Inspected, Rule> {
    inspected_up_to(content, kind, u64::MAX)
}

fn inspected_up_to(content: &[u8], kind: Kind, bytes_max: u64) -> Result<Inspected, Rule> {
    let sha256 = sha256(content);
    let bytes = u64::try_from(content.len()).unwrap();
    let declared = Declared { media_type: kind.media_type(), bytes, sha256: &sha256 };
    inspect(content, &declared, &[Accepted { kind, bytes_max }])
}

#[track_caller]
fn refused(content: &[u8], kind: Kind, rule: Rule) {
    assert_eq!(inspected(content, kind), Err(rule));
}

/// A PDF of exactly this many bytes.
fn page_of(bytes: usize) -> Vec<u8> {
    let mut content = one_page();
    // Blanks behind its end change nothing.
    content.resize(bytes, b'\n');
    content
}

#[test]
fn a_whole_file_of_each_kind_is_accepted_as_what_it_is() {
    for (kind, content) in samples() {
        let accepted = inspected(&content, kind).unwrap();
        assert_eq!(accepted.kind, kind);
        assert_eq!(accepted.bytes, u64::try_from(content.len()).unwrap());
        assert_eq!(accepted.sha256, sha256(&content));
    }
}

#[test]
fn the_hash_is_the_standard_one() {
    // FIPS 180-4, the example of one block.
    let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256(b"abc"), of_abc);
}

#[test]
fn a_file_without_bytes_is_refused() {
    for kind in Kind::ALL {
        refused(b"", *kind, Rule::EmptyDocument);
    }
}

#[test]
fn a_file_of_exactly_the_limit_is_accepted() {
    let content = page_of(usize::try_from(BYTES_MAX).unwrap());
    assert_eq!(inspected_up_to(&content, Kind::Pdf, BYTES_MAX).unwrap().bytes, BYTES_MAX);
}

#[test]
fn a_file_of_one_byte_above_the_limit_is_refused() {
    let content = page_of(usize::try_from(BYTES_MAX).unwrap() + 1);
    assert_eq!(inspected_up_to(&content, Kind::Pdf, BYTES_MAX), Err(Rule::TooLarge));
}

#[test]
fn a_file_of_another_length_than_declared_is_refused() {
    let content = one_page();
    let bytes = u64::try_from(content.len()).unwrap() + 1;
    let declared = Declared { media_type: "application/pdf", bytes, sha256: &sha256(&content) };
    let accepted = [Accepted { kind: Kind::Pdf, bytes_max: u64::MAX }];
    assert_eq!(inspect(&content, &declared, &accepted), Err(Rule::LengthDiffers));
}

#[test]
fn a_file_of_another_hash_than_declared_is_refused() {
    let content = one_page();
    let bytes = u64::try_from(content.len()).unwrap();
    let declared = Declared { media_type: "application/pdf", bytes, sha256: &sha256(b"other") };
    let accepted = [Accepted { kind: Kind::Pdf, bytes_max: u64::MAX }];
    assert_eq!(inspect(&content, &declared, &accepted), Err(Rule::HashDiffers));
}

#[test]
fn a_type_that_the_catalogue_does_not_list_is_refused() {
    let content = one_page();
    let bytes = u64::try_from(content.len()).unwrap();
    let sha256 = sha256(&content);
    for (media_type, kind) in [("application/pdf", Kind::Png), ("text/html", Kind::Pdf)] {
        let declared = Declared { media_type, bytes, sha256: &sha256 };
        let accepted = [Accepted { kind, bytes_max: u64::MAX }];
        assert_eq!(inspect(&content, &declared, &accepted), Err(Rule::TypeNotAccepted));
    }
}

#[test]
fn a_file_of_another_type_than_declared_is_refused() {
    for (kind, content) in samples() {
        for declared in Kind::ALL.iter().filter(|declared| **declared != kind) {
            refused(&content, *declared, Rule::WrongType);
        }
    }
}

#[test]
fn a_pdf_behind_something_else_is_refused() {
    for front in [&b"<html></html>"[..], b"#!/bin/sh\n", b"\xff\xd8\xff\xe0", b" ", b"PK\x03\x04"] {
        let content = [front, &one_page()].concat();
        refused(&content, Kind::Pdf, Rule::Polyglot);
    }
}

#[test]
fn a_document_that_opens_as_a_container_as_well_is_refused() {
    let zip = container(&[("a.txt", b"a")], false);
    let empty = container(&[], false);
    for zip in [zip, empty] {
        refused(&[one_page(), zip.clone()].concat(), Kind::Pdf, Rule::Polyglot);
        refused(&jpeg_with(b"", &zip), Kind::Jpeg, Rule::Polyglot);
        refused(&jpeg_with(&zip, b""), Kind::Jpeg, Rule::Polyglot);
        refused(&png_with(&zip, b""), Kind::Png, Rule::Polyglot);
    }
}

#[test]
fn an_image_or_container_that_opens_as_a_pdf_as_well_is_refused() {
    refused(&jpeg_with(&one_page(), b""), Kind::Jpeg, Rule::Polyglot);
    refused(&png_with(&one_page(), b""), Kind::Png, Rule::Polyglot);
    let types = types("wordprocessingml.document");
    let entries: [(&str, &[u8]); 2] =
        [("%PDF-1.7", b"<document/>"), ("[Content_Types].xml", &types)];
    refused(&container(&entries, false), Kind::Docx, Rule::Polyglot);
}

#[test]
fn a_file_that_begins_with_what_a_browser_would_run_is_refused() {
    for script in ["<HTML>", "<script>", "<!DOCTYPE html>", "<?php ", "<svg onload=a()>"] {
        refused(&jpeg_with(script.as_bytes(), b""), Kind::Jpeg, Rule::Polyglot);
        refused(&png_with(script.as_bytes(), b""), Kind::Png, Rule::Polyglot);
        let page = Paper::new().revision(&[(9, &format!("({script})"))], "");
        refused(&page.revision(&ONE_PAGE, "").bytes, Kind::Pdf, Rule::Polyglot);
    }
}

#[test]
fn a_pdf_with_packed_objects_and_a_packed_table_opens() {
    assert!(inspected(&packed_page(), Kind::Pdf).is_ok());
}

#[test]
fn a_pdf_of_several_revisions_opens_by_its_last() {
    let renewed = [(2, "<</Type/Pages/Kids[]/Count 0>>")];
    let paper = Paper::new().revision(&ONE_PAGE, "").revision(&renewed, "");
    refused(&paper.bytes, Kind::Pdf, Rule::PdfWithoutPages);
    let restored = paper.revision(&ONE_PAGE[1..2], "");
    assert!(inspected(&restored.bytes, Kind::Pdf).is_ok());
}

#[test]
fn a_pdf_without_pages_is_refused() {
    let objects = [(1, "<</Type/Catalog/Pages 2 0 R>>"), (2, "<</Type/Pages/Kids[]/Count 0>>")];
    refused(&Paper::new().revision(&objects, "").bytes, Kind::Pdf, Rule::PdfWithoutPages);
}

#[test]
fn an_encrypted_pdf_is_refused() {
    let encryption = "/Encrypt<</Filter/Standard/V 2/R 3>>";
    refused(&Paper::new().revision(&ONE_PAGE, encryption).bytes, Kind::Pdf, Rule::PdfEncrypted);
    // Whichever revision says so.
    let hidden = Paper::new().revision(&ONE_PAGE, encryption).revision(&ONE_PAGE, "");
    refused(&hidden.bytes, Kind::Pdf, Rule::PdfEncrypted);
}

#[test]
fn a_pdf_that_is_cut_off_anywhere_is_refused() {
    for content in [one_page(), packed_page()] {
        // The last byte is a line's end that nobody needs.
        for length in 1..content.len() - 1 {
            let cut = &content[..length];
            assert!(inspected(cut, Kind::Pdf).is_err(), "cut at {length} it opens");
        }
        refused(&content[..content.len() - 30], Kind::Pdf, Rule::Truncated);
    }
}

#[test]
fn an_image_or_container_that_is_cut_off_anywhere_is_refused() {
    for (kind, content) in samples().into_iter().filter(|(kind, _)| *kind != Kind::Pdf) {
        for length in 1..content.len() {
            assert!(inspected(&content[..length], kind).is_err(), "{kind:?} cut at {length} opens");
        }
        refused(&content[..content.len() - 1], kind, Rule::Truncated);
    }
}

#[test]
fn what_follows_the_end_of_a_file_is_refused() {
    for (kind, content) in samples().into_iter().filter(|(kind, _)| *kind != Kind::Jpeg) {
        refused(&[&content[..], b"MZ"].concat(), kind, Rule::AppendedBytes);
    }
}

#[test]
fn a_photograph_with_the_film_that_telephones_write_behind_it_is_accepted() {
    let film = [&b"\0\0\0\x18ftypmp42"[..], &[0x55; 500]].concat();
    assert!(inspected(&jpeg_with(b"", &film), Kind::Jpeg).is_ok());
}

#[test]
fn a_pdf_whose_table_is_a_lie_is_refused() {
    let page = one_page();
    let start = page.windows(10).rposition(|part| part == b"startxref\n").unwrap();
    for lie in ["0", "99999999", "9", "-1", "abc", "99999999999999999999999"] {
        let end = format!("startxref\n{lie}\n%%EOF");
        refused(&[&page[..start], end.as_bytes()].concat(), Kind::Pdf, Rule::PdfUnreadable);
    }
}

#[test]
fn a_pdf_whose_revisions_go_in_a_circle_is_refused() {
    let at = HEADER.len();
    let content =
        format!("xref\ntrailer\n<</Root 1 0 R/Prev {at}>>\nstartxref\n{at}\n%%EOF").into_bytes();
    refused(&[HEADER, &content].concat(), Kind::Pdf, Rule::PdfUnreadable);
}

#[test]
fn pages_and_references_that_go_in_a_circle_are_refused() {
    let circle = [(1, ONE_PAGE[0].1), (2, "<</Type/Pages/Count 1/Kids[2 0 R]>>")];
    refused(&Paper::new().revision(&circle, "").bytes, Kind::Pdf, Rule::TooComplex);
    let itself = [(1, ONE_PAGE[0].1), (2, "2 0 R")];
    refused(&Paper::new().revision(&itself, "").bytes, Kind::Pdf, Rule::PdfUnreadable);
}

#[test]
fn a_table_that_unpacks_to_more_than_any_document_needs_is_refused() {
    let at = HEADER.len();
    let bomb = zlib(&vec![0; 33 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    let mut content = [HEADER, &table_stream(5, &bomb, "")].concat();
    content.extend(format!("startxref\n{at}\n%%EOF").bytes());
    refused(&content, Kind::Pdf, Rule::TooComplex);
}

#[test]
fn lists_without_end_or_bottom_are_refused() {
    for many in ["[".repeat(100_000), format!("[{}]", "0 ".repeat(300_000))] {
        let page = Paper::new().revision(&[(1, &many), ONE_PAGE[1], ONE_PAGE[2]], "");
        refused(&page.bytes, Kind::Pdf, Rule::TooComplex);
    }
}

#[test]
fn a_workbook_as_a_program_writes_it_is_accepted() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook.add_worksheet().write(0, 0, "Hồ sơ").unwrap();
    let content = workbook.save_to_buffer().unwrap();
    assert!(inspected(&content, Kind::Xlsx).is_ok());
    refused(&content, Kind::Docx, Rule::WrongType);
}

#[test]
fn macros_controls_and_embedded_objects_are_refused() {
    let types = types("wordprocessingml.document");
    for active in
        ["word/vbaProject.bin", "word/activeX/activeX1.xml", "word/embeddings/oleObject1.bin"]
    {
        let entries: [(&str, &[u8]); 2] = [("[Content_Types].xml", &types), (active, b"a")];
        refused(&container(&entries, true), Kind::Docx, Rule::OfficeActiveContent);
    }
}

#[test]
fn a_container_that_programs_read_differently_is_refused() {
    let types = types("wordprocessingml.document");
    let main: (&str, &[u8]) = ("[Content_Types].xml", &types);
    // The same name twice.
    refused(&container(&[main, main], false), Kind::Docx, Rule::OfficeUnreadable);
    // Another name in front of the data than in the list.
    let mut content = docx();
    content[30] = b'_';
    refused(&content, Kind::Docx, Rule::OfficeUnreadable);
    // An encrypted entry.
    let mut content = docx();
    let list = content.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    content[list + 8] |= 1;
    refused(&content, Kind::Docx, Rule::OfficeUnreadable);
    // Something between the entries and the list.
    let mut content = docx();
    let end = content.len() - 22;
    content.splice(list..list, [0; 40]);
    let moved = u32::try_from(list + 40).unwrap().to_le_bytes();
    content[end + 40 + 16..end + 40 + 20].copy_from_slice(&moved);
    refused(&content, Kind::Docx, Rule::OfficeUnreadable);
}

#[test]
fn a_list_of_content_types_that_unpacks_to_more_than_any_has_is_refused() {
    let bomb = vec![b' '; 8 * 1024 * 1024];
    let content = container(&[("[Content_Types].xml", &bomb), ("a", b"")], true);
    refused(&content, Kind::Docx, Rule::TooComplex);
}
