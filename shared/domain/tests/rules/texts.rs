//! What comes through the text gate, what is made of it, and what does not.

use domain::applicant::{ApplicantKind, FullName, Phone};
use domain::dossier::{Action, Decision, Dossier, Refusal};
use domain::phone::Unreachable;
use domain::submission::{Document, DocumentContent, DocumentReference};
use domain::text;
use proptest::prelude::*;

use super::world::{AGENCY, at, catalogue, command, day, handed_in, law, officer, only};
use domain::procedure::Channel;

fn name(given: &str) -> Result<String, &'static str> {
    FullName::try_from(given.to_owned())
        .map(String::from)
        .map_err(|violation| violation.rule.slug())
}

fn phone(given: &str) -> Result<String, &'static str> {
    Phone::try_from(given.to_owned()).map(String::from).map_err(|violation| violation.rule.slug())
}

fn number(of: ApplicantKind, kind: Option<&str>, given: &str) -> Result<String, &'static str> {
    catalogue()
        .identities()
        .read(of, kind, given)
        .map(|number| number.stored())
        .map_err(|violation| violation.rule.slug())
}

const CITIZEN: ApplicantKind = ApplicantKind::Citizen;
const BUSINESS: ApplicantKind = ApplicantKind::Business;

#[test]
fn a_telephone_number_is_the_same_however_it_was_copied() {
    for given in [
        "0912345678",
        "+84912345678",
        "0084 912 345 678",
        "84.912.345.678",
        "(091) 234-5678",
        "+84 0912345678",
        "\u{202a}0912345678\u{202c}",
        "0912\u{2011}345\u{2011}678",
        "0912\u{2013}345\u{2013}678",
        "0912\u{2009}345\u{2009}678",
        "0912\u{202f}345\u{202f}678",
        "\u{200b}0912345678",
        "\u{feff}0912345678",
        "0912\t345\t678\n",
        "0912/345/678",
        "０９１２３４５６７８",
        "＋８４９１２３４５６７８",
        "\u{2068}0912\u{00a0}345\u{3000}678\u{2069}",
        "0912\u{2212}345\u{ad}678",
    ] {
        assert_eq!(phone(given).as_deref(), Ok("+84912345678"), "{given:?}");
    }
}

#[test]
fn numbers_of_before_2018_are_converted() {
    for (old, new) in domain::phone::CONVERTED_2018 {
        assert_eq!(
            phone(&format!("{old}3456789")),
            Ok(format!("+84{}3456789", &new[1..])),
            "{old}"
        );
    }
    assert_eq!(phone("+841681234567").as_deref(), Ok("+84381234567"));
}

#[test]
fn what_is_no_telephone_number_is_refused() {
    for given in [
        "",
        "113",
        "1900545415",
        "091234567",
        "09123456789",
        "09123456x8",
        "0912345678/0987654321",
        "٠٩١٢٣٤٥٦٧٨",
        "9812345678",
        "8491234567",
        "0273387258",
        "0612345678",
        // Somebody's mobile with a misprint is no foreign number.
        "+912345678",
        "00912345678",
        "+0912345678",
        "+1234567890123456",
        &"9".repeat(400),
    ] {
        assert_eq!(phone(given), Err("mobile-phone"), "{given}");
    }
}

#[test]
fn land_lines_ranges_of_nobody_and_foreign_numbers_are_kept_and_get_no_message() {
    let land = Some(Unreachable::LandLine);
    let none = Some(Unreachable::NoMobileRange);
    for (given, kept, expected) in [
        ("0912000111", "+84912000111", None),
        ("0273 3872 582", "+842733872582", land),
        ("+84 28 3822 1234", "+842838221234", land),
        // An old land line of Tiền Giang.
        ("0736188610", "+84736188610", none),
        ("0501234567", "+84501234567", none),
        ("0531234567", "+84531234567", none),
        ("0541234567", "+84541234567", none),
        ("0571234567", "+84571234567", none),
        ("0711234567", "+84711234567", none),
        ("0721234567", "+84721234567", none),
        ("0741234567", "+84741234567", none),
        ("0751234567", "+84751234567", none),
        ("0801234567", "+84801234567", none),
        // Ranges that are given out, some of them lately or in part.
        ("0301234567", "+84301234567", None),
        ("0511234567", "+84511234567", None),
        ("0521234567", "+84521234567", None),
        ("0551234567", "+84551234567", None),
        ("0761234567", "+84761234567", None),
        ("0951234567", "+84951234567", None),
        ("+1 202 555 0123", "+12025550123", Some(Unreachable::ForeignNumber)),
        ("0065 6123 4567", "+6561234567", Some(Unreachable::ForeignNumber)),
    ] {
        let phone = Phone::try_from(given.to_owned()).unwrap();
        assert_eq!(phone.reveal(), kept);
        assert_eq!(
            catalogue().telephones().unreachable(Some(&phone), day("2026-11-26")),
            expected,
            "{given}"
        );
    }
}

#[test]
fn a_range_is_no_carrier_s_from_a_day_on() {
    let phone = Phone::try_from("0736188610".to_owned()).unwrap();
    let on = |text| catalogue().telephones().unreachable(Some(&phone), day(text));
    assert_eq!((on("2018-09-14"), on("2018-09-15")), (None, Some(Unreachable::NoMobileRange)));
}

#[test]
fn a_number_is_written_as_each_gateway_wants_it_and_a_foreign_one_never_as_a_vietnamese_one() {
    let written = |given: &str| {
        let phone = Phone::try_from(given.to_owned()).unwrap();
        (phone.zalo().to_owned(), phone.domestic(), phone.masked())
    };
    let all = |zalo: &str, domestic: &str, masked: &str| {
        (zalo.to_owned(), domestic.to_owned(), masked.to_owned())
    };
    assert_eq!(written("0912345678"), all("84912345678", "0912345678", "09*****678"));
    assert_eq!(written("+65 6123 4567"), all("6561234567", "+6561234567", "+*****567"));
}

#[test]
fn a_name_is_kept_composed_on_one_line_and_without_what_cannot_be_seen() {
    for (given, kept) in [
        ("Nguyễn Văn An", "Nguyễn Văn An"),
        ("Nguye\u{302}\u{303}n Va\u{306}n An", "Nguyễn Văn An"),
        ("  Nguyễn\t Văn\n An ", "Nguyễn Văn An"),
        ("Nguyễn\u{200b} Văn\u{feff} A\u{ad}n\u{200e}", "Nguyễn Văn An"),
        ("Nguyễn\u{3164}Văn\u{2800}An", "Nguyễn Văn An"),
        ("Ng\u{200d}uyễn", "Nguyễn"),
        // They mean something there.
        ("علی\u{200c}رضا", "علی\u{200c}رضا"),
        ("Công ty 333", "Công ty 333"),
    ] {
        assert_eq!(name(given).as_deref(), Ok(kept), "{given:?}");
    }
}

#[test]
fn a_name_that_nobody_can_read_is_refused_by_its_rule() {
    let marks = format!("a{}", "\u{301}".repeat(150));
    for (given, rule) in [
        ("", "full-name"),
        ("\u{200b}", "full-name"),
        ("\u{2800}", "full-name"),
        ("\u{3164}", "full-name"),
        ("\u{feff}", "full-name"),
        ("\u{115f}\u{1160}\u{ffa0}", "full-name"),
        ("\u{2060}\u{180e}\u{e0041}", "full-name"),
        (". - ,", "full-name"),
        ("An\u{0}", "text-control"),
        ("An\u{1b}[2J", "text-control"),
        ("An\u{9b}", "text-control"),
        ("An\u{fff9}x", "text-control"),
        ("\u{202e}nA", "text-direction"),
        ("\u{2066}An", "text-direction"),
        ("Nguy\u{fffd}n", "text-damaged"),
        ("An\u{e000}", "text-private"),
        ("An\u{ffff}", "text-private"),
        (&marks, "text-marks"),
        (&"\u{301}".repeat(150), "text-marks"),
        // A mark beside the letter (U+093E) begins no new one.
        (&format!("\u{928}{}", "\u{301}\u{302}\u{93e}".repeat(75)), "text-marks"),
        ("\u{301}An", "text-marks"),
        (&"ă".repeat(201), "full-name"),
    ] {
        assert_eq!(name(given), Err(rule), "{given:?}");
    }
}

#[test]
fn a_reason_has_to_say_something_to_the_applicant() {
    for (given, expected) in [
        (Some("Thiếu giấy tờ"), None),
        (None, Some("reason-owed")),
        (Some(""), Some("reason-owed")),
        (Some("\u{200b}"), Some("reason-owed")),
        (Some("\u{3164}\u{2800}"), Some("reason-owed")),
        (Some("..."), Some("reason-owed")),
        (Some("Thiếu\u{0}"), Some("text-control")),
        (Some("\u{202e}Thiếu"), Some("text-direction")),
        (Some("Thi\u{fffd}u"), Some("text-damaged")),
    ] {
        let dossier = handed_in("10 working-day", Channel::Online, at("2026-03-02T08:00"));
        let mut command = command("refused", Action::Refuse);
        command.reason = given.map(str::to_owned);
        let rule = match dossier.decide(command, &officer(AGENCY), law(), at("2026-03-02T09:00")) {
            Err(Refusal::Invalid(violation)) => Some(only(&violation).rule.slug()),
            Ok(_) => None,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(rule, expected, "{given:?}");
    }
}

#[test]
fn a_remark_is_kept_cleaned_with_its_lines() {
    let dossier = handed_in("10 working-day", Channel::Online, at("2026-03-02T08:00"));
    let mut command = command("noted", Action::Receive);
    command.note = Some("\u{feff} đa\u{303} gọi \r\n\r\n hẹn\t mai\u{200b} \n".to_owned());
    let decided = dossier.decide(command, &officer(AGENCY), law(), at("2026-03-02T09:00")).unwrap();
    let Decision::Moved(next) = decided else { panic!("{decided:?}") };
    assert_eq!(next.history[1].note.as_deref(), Some("đã gọi\n\nhẹn mai"));
}

// What was stored before there was a text gate is compared as if it had gone through it.
#[test]
fn a_command_of_before_the_text_gate_is_still_recognised() {
    let dossier = handed_in("10 working-day", Channel::Online, at("2026-03-02T08:00"));
    let mut given = command("noted", Action::Receive);
    given.note = Some(" đa\u{303} gọi ".to_owned());
    let moved =
        dossier.decide(given.clone(), &officer(AGENCY), law(), at("2026-03-02T09:00")).unwrap();
    let Decision::Moved(next) = moved else { panic!("{moved:?}") };
    let mut state = next.into_state();
    state.history[1].note.clone_from(&given.note);
    let next = Dossier::try_from(state).unwrap();
    let again = next.decide(given, &officer(AGENCY), law(), at("2026-03-02T09:05")).unwrap();
    assert!(matches!(again, Decision::Repeated(_)), "{again:?}");
}

#[test]
fn citizens_numbers_are_kept_bare_and_what_is_certain_about_them_is_checked() {
    for (given, expected) in [
        ("087199055501", Ok("087199055501")),
        ("087 199 055 501", Ok("087199055501")),
        ("087.199.055.501", Ok("087199055501")),
        ("087\u{2013}199\u{2011}055-501", Ok("087199055501")),
        ("\u{202a}０８７１９９０５５５０１\u{202c}", Ok("087199055501")),
        ("\u{feff}087199055501\n", Ok("087199055501")),
        ("08719905550", Err("citizen-id")),
        ("0871990555012", Err("citizen-id")),
        ("08719905550a", Err("citizen-id")),
        ("000000000000", Err("id-number-zeros")),
        ("000199055501", Err("citizen-id-province")),
        ("003199055501", Err("citizen-id-province")),
        ("097199055501", Err("citizen-id-province")),
        ("999199055501", Err("citizen-id-province")),
        // Registered abroad.
        ("101199055501", Ok("101199055501")),
        ("087499055501", Err("citizen-id-century")),
        ("087999055501", Err("citizen-id-century")),
        ("087203055501", Ok("087203055501")),
        ("280 123 456", Ok("old-identity-card:280123456")),
        ("000000000", Err("id-number-zeros")),
    ] {
        assert_eq!(number(CITIZEN, None, given).as_deref(), expected.as_deref(), "{given:?}");
    }
}

#[test]
fn numbers_of_businesses_are_kept_in_one_form_and_checked() {
    for (given, expected) in [
        ("0300588569", Ok("0300588569")),
        ("0300 588 569", Ok("0300588569")),
        ("0300588569-001", Ok("0300588569-001")),
        ("0300588569 001", Ok("0300588569-001")),
        ("0300588569001", Ok("0300588569-001")),
        ("0300588569\u{2011}001", Ok("0300588569-001")),
        ("0300 588 569 001", Ok("0300588569-001")),
        ("0300588568", Err("tax-code-check-digit")),
        ("0000000000", Err("id-number-zeros")),
        ("0300588569-000", Err("tax-code-branch")),
        ("0300588569000", Err("tax-code-branch")),
        ("0300588569-01", Err("business-id")),
        ("0300588569 01", Err("business-id")),
        ("0300588569.01", Err("business-id")),
        ("0300588569-0001", Err("business-id")),
        ("031234567", Err("business-id")),
        ("087 199 055 501", Ok("household-business:087199055501")),
        ("Z01ABC123", Ok("foreign-organisation:Z01ABC123")),
        ("z01 abc 123", Ok("foreign-organisation:Z01ABC123")),
        ("Z00ABC123", Err("organisation-scheme")),
        ("Z01", Err("business-id")),
    ] {
        assert_eq!(number(BUSINESS, None, given).as_deref(), expected.as_deref(), "{given:?}");
    }
}

#[test]
fn a_kind_whose_numbers_look_like_others_is_named() {
    for (of, kind, given, expected) in [
        (CITIZEN, Some("passport"), "c 1234567", Ok("passport:C1234567")),
        (CITIZEN, Some("passport"), "123456789", Ok("passport:123456789")),
        (CITIZEN, Some(" Passport "), "C1234567", Ok("passport:C1234567")),
        (CITIZEN, None, "C1234567", Err("citizen-id")),
        (CITIZEN, Some("residence-card"), "NT1234567", Ok("residence-card:NT1234567")),
        (CITIZEN, Some("passport"), "ABCDEFG", Err("id-number-digit")),
        (CITIZEN, Some("passport"), "0000000", Err("id-number-zeros")),
        (CITIZEN, Some("passport"), "C12", Err("citizen-id")),
        (CITIZEN, Some("enterprise"), "0300588569", Err("known-id-kind")),
        (CITIZEN, Some("driving-licence"), "123456789", Err("known-id-kind")),
        (BUSINESS, Some("passport"), "C1234567", Err("known-id-kind")),
        (BUSINESS, Some("cooperative"), "4607E00001", Ok("cooperative:4607E00001")),
        (
            BUSINESS,
            Some("household-business"),
            "087199055501",
            Ok("household-business:087199055501"),
        ),
        (BUSINESS, Some("household-business"), "0300588569-01", Err("business-id")),
    ] {
        assert_eq!(number(of, kind, given).as_deref(), expected.as_deref(), "{kind:?} {given}");
    }
}

#[test]
fn numbers_of_two_kinds_are_two_people_s() {
    let read = |kind| catalogue().identities().read(CITIZEN, kind, "280123456").unwrap();
    assert_ne!(read(None), read(Some("passport")));
    assert_eq!(read(None).reveal(), read(Some("passport")).reveal());
}

#[test]
fn a_number_is_taken_on_its_days_and_by_its_procedures() {
    let rule = |of, kind, given: &str, procedure: &str, on: &str| {
        let number = catalogue().identities().read(of, kind, given).unwrap();
        let found =
            catalogue().identities().violation(&number, &procedure.parse().unwrap(), day(on));
        found.map(|violation| violation.rule.slug())
    };
    let (land, marriage) = ("1.013831", "2.000806");
    for (of, kind, given, procedure, on, expected) in [
        (CITIZEN, None, "280123456", land, "2024-12-31", None),
        (CITIZEN, None, "280123456", land, "2025-01-01", Some("id-kind-in-force")),
        (CITIZEN, Some("passport"), "C1234567", marriage, "2026-03-02", None),
        (CITIZEN, Some("passport"), "C1234567", land, "2026-03-02", Some("id-kind-of-procedure")),
        (BUSINESS, None, "087199055501", land, "2025-06-30", Some("id-kind-in-force")),
        (BUSINESS, None, "087199055501", land, "2025-07-01", None),
        (CITIZEN, None, "087226055501", land, "2026-03-02", None),
        (CITIZEN, None, "087227055501", land, "2026-03-02", Some("citizen-id-century")),
    ] {
        assert_eq!(rule(of, kind, given, procedure, on), expected, "{given} {procedure} {on}");
    }
}

#[test]
fn a_number_in_a_store_is_read_whatever_the_rules_say_by_now() {
    for stored in ["999999999999", "0000000000", "1400123456-000", "passport:X", "gone-kind:1"] {
        let number: domain::applicant::IdNumber = serde_json::from_value(stored.into()).unwrap();
        assert_eq!(serde_json::to_value(number).unwrap(), stored);
    }
    for stored in ["\u{200b}", "An\u{0}"] {
        let name: FullName = serde_json::from_value(stored.into()).unwrap();
        assert_eq!(name.reveal(), stored);
    }
}

fn document(url: &str) -> Document {
    let (code, name) = ("TK".to_owned(), "Tờ khai.pdf".to_owned());
    let kept = DocumentReference { name, sha256: "a1".repeat(32), url: url.to_owned() };
    Document { code, version: 1, content: DocumentContent::Reference(kept) }.cleaned()
}

#[test]
fn an_address_names_a_host_and_nothing_that_speaks_for_somebody() {
    for url in [
        "",
        "https://",
        "https://\\evil",
        "https://#",
        "https://?a",
        "https:files.example.vn/a",
        "http://files.example.vn/a",
        "ftp://files.example.vn/a",
        "https://user:pass@files.example.vn/a",
        "https://user@files.example.vn/a",
        "https://files.example.vn@evil.example/a",
        "https://files.example.vn:8443/a",
        "https://127.0.0.1/a",
        "https://2130706433/a",
        "https://0x7f.1/a",
        "https://0177.0.0.1/a",
        "https://[::1]/a",
        "https://[::ffff:169.254.169.254]/a",
        "https://169.254.169.254/latest/meta-data/",
        "https://metadata.google.internal/a",
        "https://localhost/a",
        "https://files/a",
        "https://files.example.vn./a",
        "https://files.example.vn/a b",
        "https://files.example.vn\\a",
        "https://files.example.vn/a\u{0}",
        "https://files.example.vn/%00",
        "https://files.example.vn/a?b=%0d%0aX:1",
        "https://files.example.vn/a%7F",
        "https://files.example.vn/\u{202e}gpj.exe",
        "javascript:alert(1)",
        "//files.example.vn/a",
    ] {
        let rules: Vec<_> =
            document(url).violations().iter().map(|violation| violation.rule.slug()).collect();
        assert_eq!(rules, ["https-url"], "{url}");
    }
}

#[test]
fn documents_lie_on_the_hosts_of_the_catalogue() {
    for (url, kept, expected) in [
        ("https://files.example.vn/a", "https://files.example.vn/a", None),
        ("  https://FILES.example.vn:443/a\u{200b}\n", "https://files.example.vn/a", None),
        (
            "https://ｆiles.example.vn/tờ khai".split(' ').next().unwrap(),
            "https://files.example.vn/t%E1%BB%9D",
            None,
        ),
        ("https://files.example.vn/../../a%20b", "https://files.example.vn/a%20b", None),
        ("https://files.example.vn%2eevil.example/a", "", Some("document-host")),
        ("https://evil.example/a", "https://evil.example/a", Some("document-host")),
        (
            "https://files.example.vn.evil.example/a",
            "https://files.example.vn.evil.example/a",
            Some("document-host"),
        ),
        ("https://a.files.example.vn/a", "https://a.files.example.vn/a", Some("document-host")),
        // A Cyrillic letter in it.
        (
            "https://f\u{456}les.example.vn/a",
            "https://xn--fles-j0a.example.vn/a",
            Some("document-host"),
        ),
    ] {
        let document = document(url);
        let found = catalogue().document_hosts().violation(&document, day("2026-11-26"));
        assert_eq!(found.map(|violation| violation.rule.slug()), expected, "{url}");
        if expected.is_none() {
            let DocumentContent::Reference(read) = &document.content else { panic!("{url}") };
            assert_eq!(read.url, kept);
        }
        assert_eq!(document.violations(), [], "{url}");
    }
}

proptest! {
    #[test]
    fn to_clean_twice_is_to_clean_once(given in "\\PC{0,30}", odd in proptest::collection::vec(any::<char>(), 0..30)) {
        let odd: String = odd.into_iter().collect();
        for given in [&given, &odd] {
            let (line, remark, bare) = (text::line(given), text::remark(given), text::bare(given));
            prop_assert_eq!(text::line(&line), line.clone());
            prop_assert_eq!(text::remark(&remark), remark);
            prop_assert_eq!(text::bare(&bare), bare);
        }
    }

    #[test]
    fn what_cannot_be_seen_makes_no_other_name(
        letters in proptest::collection::vec(proptest::sample::select("aăâeêoơuưyđAnhtrg ".chars().collect::<Vec<_>>()), 1..20),
        hidden in proptest::sample::select(vec!['\u{200b}', '\u{feff}', '\u{2060}', '\u{ad}', '\u{200e}', '\u{fe0f}', '\u{34f}']),
        place in 0_usize..20,
    ) {
        let plain: String = letters.iter().collect();
        let mut spoilt = letters;
        spoilt.insert(place.min(spoilt.len()), hidden);
        prop_assert_eq!(text::line(&spoilt.iter().collect::<String>()), text::line(&plain));
    }

    #[test]
    fn blanks_and_dashes_make_no_other_number(digits in "0[35789][0-9]{8}", places in proptest::collection::vec((0_usize..10, 0_usize..6), 0..8)) {
        let mut spoilt: Vec<char> = digits.chars().collect();
        for (place, which) in places {
            spoilt.insert(place, [' ', '-', '.', '\u{2009}', '\u{2011}', '/'][which]);
        }
        prop_assert_eq!(phone(&spoilt.iter().collect::<String>()), phone(&digits));
    }

    // Any one digit of a tax code that is misread makes another check digit.
    #[test]
    fn a_misread_digit_of_a_tax_code_is_found(nine in "[0-9]{9}", place in 0_usize..9, other in b'0'..=b'9') {
        let whole = (b'0'..=b'9').map(|check| format!("{nine}{}", char::from(check))).find(|code| number(BUSINESS, None, code).is_ok());
        prop_assume!(whole.is_some());
        let code = whole.unwrap();
        prop_assume!(code.as_bytes()[place] != other);
        let mut misread = code.into_bytes();
        misread[place] = other;
        prop_assert!(number(BUSINESS, None, &String::from_utf8(misread).unwrap()).is_err());
    }
}
