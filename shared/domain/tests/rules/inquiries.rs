//! What people ask by SMS and Zalo, however they type it.

use domain::id::{AgencyCode, CodeFormat, CodeGrammar, DossierCode};
use domain::inquiry::{Inquiry, Understood, understand};
use domain::language::Language;
use domain::satisfaction::Satisfaction;
use jiff::civil::Date;
use proptest::prelude::*;
use proptest::sample::select;

/// Agencies that are known: a province, one below it, and one below that with a letter.
const KNOWN: [&str; 6] = ["H20", "H20.1", "H20.12", "H20.12.3A", "H58.15", "G09.20"];

fn agencies(known: &[&str]) -> Vec<AgencyCode> {
    known.iter().map(|code| code.parse().unwrap()).collect()
}

fn read(message: &str) -> Inquiry {
    understand(message, "MOTCUA", agencies(&KNOWN).iter()).inquiry
}

#[test]
fn a_code_is_read_as_people_type_it() {
    for message in [
        "H20.12-261120-0001",
        "motcua H20.12-261120-0001",
        "MOTCUAH20.12-261120-0001",
        "Mộtcửa h20.12-261120-0001",
        "MOT CUA cho em hỏi hồ sơ h20.12-261120-0001 với ạ",
        "h20 12 261120 0001",
        "H2012 261120 0001",
        "H20122611200001",
        "H20.12–261120—0001.",
        "H20.12/261120/0001",
        "H2O.I2-26II2O-OOO1",
        "h2o.l2-26112o-ooo1",
        "h 20 . 12 - 26 11 20 - 00 01",
        "tracuu H20.12-261120-0001 0912345678",
        "https://dichvucong.example/tra-cuu?ma=H20.12-261120-0001",
        "Ｈ２０.１２－２６１１２０－０００１",
        "Mã: H20.12-261120-0001\nXin cảm ơn",
    ] {
        let meant = Inquiry::Dossier("H20.12-261120-0001".parse().unwrap());
        assert_eq!(read(message), meant, "{message}");
    }
}

#[test]
fn one_digit_from_1_to_5_behind_a_code_is_an_answer_and_everything_else_a_look_up() {
    let code: DossierCode = "H20.12-261120-0001".parse().unwrap();
    for (message, level) in [
        ("MOTCUA H20.12-261120-0001 5", Satisfaction::VerySatisfied),
        ("motcua h20.12-261120-0001 - 1.", Satisfaction::VeryUnsatisfied),
        ("H2012 261120 0001 3", Satisfaction::Neutral),
        ("h 20 . 12 - 26 11 20 - 00 01 4", Satisfaction::Satisfied),
        ("MOTCUA en H20.12-261120-0001, 2", Satisfaction::Unsatisfied),
    ] {
        assert_eq!(read(message), Inquiry::Answer(code.clone(), level), "{message}");
    }
    for message in [
        "H20.12-261120-0001 0",
        "H20.12-261120-0001 6",
        "H20.12-261120-0001 10",
        "H20.12-261120-0001 4 5",
        "H20.12-261120-0001 5 sao",
        "5 H20.12-261120-0001",
        "H20.12-261120-0001 l",
    ] {
        assert_eq!(read(message), Inquiry::Dossier(code.clone()), "{message}");
    }
}

#[test]
fn a_code_of_an_agency_that_nobody_listed_is_read_where_its_parts_stand_apart() {
    for (message, code) in [
        ("tra cuu K07.3-261120-0001", "K07.3-261120-0001"),
        ("K07 3 261120 0001", "K07.3-261120-0001"),
        ("000.00.15.K07-200101-0001", "000.00.15.K07-200101-0001"),
        ("ooo oo 15 ko7 2ool01 oool", "000.00.15.K07-200101-0001"),
        ("ho so 12 K07 20261120 0092637", "K07-20261120-0092637"),
        ("K07.A1.5-261120-0001", "K07.A1.5-261120-0001"),
    ] {
        assert_eq!(read(message), Inquiry::Dossier(code.parse().unwrap()), "{message}");
    }
}

#[test]
fn what_means_a_dossier_and_names_none_is_told_from_what_means_nothing() {
    for message in [
        "H20.12-261320-0001",
        "motcua 261120",
        "H20.12-261120-1",
        "MOTCUA Z20.12-261120-0001",
        "0912345678",
    ] {
        assert_eq!(read(message), Inquiry::NoCode, "{message}");
    }
    for message in
        ["", "xin chào", "motcua", "MOTCUA huong dan", "👍", "motcua 6", "motcua 12", "0"]
    {
        assert_eq!(read(message), Inquiry::Nothing, "{message}");
    }
}

#[test]
fn letters_that_could_be_two_codes_are_none() {
    assert_eq!(
        read("H20.1-20310101-0001"),
        Inquiry::Dossier("H20.1-20310101-0001".parse().unwrap())
    );
    assert_eq!(
        read("H20.12-031010-10001"),
        Inquiry::Dossier("H20.12-031010-10001".parse().unwrap())
    );
    assert_eq!(read("H201203101010001"), Inquiry::NoCode);
}

#[test]
fn a_single_digit_asks_nothing() {
    for message in ["5", "motcua 4", "MOTCUA5", " 1. ", "MOTCUA - 3 !", "２"] {
        assert_eq!(read(message), Inquiry::Nothing, "{message}");
    }
}

#[test]
fn an_answer_is_in_vietnamese_unless_english_is_asked_for() {
    let language = |message| {
        let Understood { language, .. } = understand(message, "MOTCUA", agencies(&KNOWN).iter());
        language
    };
    for message in ["motcua H20.12-261120-0001", "en-261120", "tracker", "trạng thái"] {
        let meant = if message.starts_with("en") { Language::En } else { Language::Vi };
        assert_eq!(language(message), meant, "{message}");
    }
    for message in ["MOTCUA en H20.12-261120-0001", "Status H20.12-261120-0001", "track"] {
        assert_eq!(language(message), Language::En, "{message}");
    }
}

/// How somebody types one character of a code.
fn typed(c: char, way: u8) -> String {
    match (c, way % 4) {
        ('0', 1) => "O".to_owned(),
        ('0', 2) => "o".to_owned(),
        ('1', 1) => "I".to_owned(),
        ('1', 2) => "l".to_owned(),
        ('A', 1) => "á".to_owned(),
        ('-' | '.', 1) => " ".to_owned(),
        ('-', 2) => " – ".to_owned(),
        ('.', 2) => "-".to_owned(),
        (c, 3) => c.to_lowercase().to_string(),
        (c, _) => c.to_string(),
    }
}

fn any_code() -> impl Strategy<Value = DossierCode> {
    let grammars = [CodeGrammar::LeftToRight, CodeGrammar::RightToLeft, CodeGrammar::WholeYear];
    let day = (2018_i16..2060, 1_i8..=12, 1_i8..=28);
    (select(KNOWN.to_vec()), select(grammars.to_vec()), 4_u8..=7, day, 1_u32..9_999).prop_map(
        |(agency, grammar, digits, (year, month, day), count)| {
            let format = CodeFormat { grammar, digits, integrator_digit: None };
            let day = Date::new(year, month, day).unwrap();
            DossierCode::issue(format, &agency.parse().unwrap(), day, count).unwrap()
        },
    )
}

proptest! {
    #[test]
    fn every_code_of_a_known_agency_is_read_whatever_is_left_out_or_mistaken(
        code in any_code(),
        ways in prop::collection::vec(any::<u8>(), 64),
        leaves_out in any::<bool>(),
        before in select(vec!["", "MOTCUA ", "motcua", "tra cứu ", "ho so so "]),
        behind in select(vec!["", ".", " voi a", " ?", " 👍"]),
    ) {
        let each = code.as_str().chars().zip(&ways);
        let letters: String = each
            .filter(|(c, _)| !leaves_out || c.is_ascii_alphanumeric())
            .map(|(c, way)| typed(c, *way))
            .collect();
        let message = format!("{before}{letters}{behind}");
        let read = read(&message);
        // Without anything between the parts some are the letters of two codes: none of them then.
        if leaves_out && read == Inquiry::NoCode {
            return Ok(());
        }
        prop_assert_eq!(read, Inquiry::Dossier(code), "{}", message);
    }

    #[test]
    fn a_code_of_any_agency_is_read_where_its_parts_stand_apart(
        province in "[A-Y][0-9]{2}",
        below in prop::collection::vec("[2-9][0-9]?", 0..4),
        ways in prop::collection::vec(any::<u8>(), 64),
    ) {
        let agency: String = std::iter::once(province).chain(below).collect::<Vec<_>>().join(".");
        let code = format!("{agency}-261120-0042");
        let mut letters = code.chars().zip(&ways);
        let first: String = letters.next().map(|(c, _)| c).into_iter().collect();
        let message: String = letters.map(|(c, way)| typed(c, *way)).collect();
        let message = format!("{first}{message}");
        let read = understand(&message, "MOTCUA", [].iter()).inquiry;
        prop_assert_eq!(read, Inquiry::Dossier(code.parse().unwrap()), "{}", message);
    }

    #[test]
    fn whatever_is_written_is_answered_and_what_is_read_was_written(message in any::<String>()) {
        if let Inquiry::Dossier(code) = read(&message) {
            let sequence = code.as_str().rsplit('-').next().unwrap().len();
            let digits = message.chars().filter(|c| c.is_alphanumeric()).count();
            prop_assert!(digits >= sequence + 6, "{} in {}", code, message);
        }
    }

    #[test]
    fn no_words_without_digits_are_a_code(message in "[a-zA-ZđĐạ .,-]{0,80}") {
        prop_assert_eq!(read(&message), Inquiry::Nothing);
    }
}
