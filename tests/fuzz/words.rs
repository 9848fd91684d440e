//! What people type: codes, numbers, names, messages.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::LazyLock;

use domain::Violation;
use domain::agency::WardCode;
use domain::applicant::{Email, FullName};
use domain::catalogue::Catalogue;
use domain::feedback::FeedbackCode;
use domain::id::{AgencyCode, CommandId, DossierCode, ProcedureCode};
use domain::inquiry::{Inquiry, understand};
use domain::period::Period;
use domain::phone::Phone;
use domain::text;
use domain::upload::UploadId;
use platform::catalogue::{UndecidedYears, load};

/// The shipped catalogue.
#[allow(clippy::expect_used, reason = "without it nothing here is tested")]
pub(crate) static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| load(UndecidedYears::Assumed).expect("the shipped catalogue is put together"));

/// The text of an input; what is no UTF-8 never reaches a parser of text.
pub(crate) fn text_of(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// What is read is written so that it is read as the same.
fn read_again<T: FromStr<Err = Violation> + Display + PartialEq>(typed: &str) {
    if let Ok(read) = typed.parse::<T>() {
        let written = read.to_string();
        let again = written.parse::<T>().is_ok_and(|again| again == read);
        assert!(again, "{typed:?} is written {written:?}, and that is read otherwise");
    }
}

/// Codes, as they stand in addresses, bodies and messages.
pub(crate) fn code(input: &[u8]) {
    let Some(typed) = text_of(input) else { return };
    read_again::<DossierCode>(typed);
    read_again::<FeedbackCode>(typed);
    read_again::<AgencyCode>(typed);
    read_again::<ProcedureCode>(typed);
    read_again::<UploadId>(typed);
    read_again::<Period>(typed);
    if let Ok(ward) = WardCode::try_from(typed.to_owned()) {
        assert!(WardCode::try_from(ward.to_string()).is_ok_and(|again| again == ward));
    }
    if let Ok(id) = CommandId::try_from(typed.to_owned()) {
        assert!(CommandId::try_from(id.to_string()).is_ok_and(|again| again == id));
    }
}

/// Telephone numbers, in any way of writing them.
pub(crate) fn phone(input: &[u8]) {
    let Some(typed) = text_of(input) else { return };
    let Ok(phone) = Phone::try_from(typed.to_owned()) else { return };
    let again = [phone.reveal().to_owned(), phone.domestic()].map(Phone::try_from);
    for again in again {
        assert!(again.is_ok_and(|again| again == phone), "{typed:?} is another number when shown");
    }
    let digits = phone.reveal().trim_start_matches('+');
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{typed:?}");
    assert!(!phone.masked().contains(digits), "a masked number shows less than the whole");
}

/// The kinds of identity numbers, by the shipped rules.
pub(crate) fn identity(input: &[u8]) {
    let Some(typed) = text_of(input) else { return };
    let name = FullName::try_from(typed.to_owned());
    let email = Email::try_from(typed.to_owned());
    if let Ok(name) = name {
        let again = FullName::try_from(name.reveal().to_owned());
        assert!(again.is_ok_and(|again| again == name), "a name is kept as it is read again");
    }
    if let Ok(email) = email {
        let again = Email::try_from(email.reveal().to_owned());
        assert!(again.is_ok_and(|again| again == email), "an address is kept as it is read again");
    }
}

/// Names, reasons and remarks.
pub(crate) fn prose(input: &[u8]) {
    let Some(typed) = text_of(input) else { return };
    let line = text::line(typed);
    assert_eq!(text::line(&line), line, "a clean line stays as it is");
    let remark = text::remark(typed);
    assert_eq!(text::remark(&remark), remark, "a clean remark stays as it is");
    assert!(!line.contains('\n') && line.trim() == line);
    let bare = text::bare(typed);
    assert_eq!(text::bare(&bare), bare, "a bare number stays as it is");
    let unmarked = text::unmarked(&line);
    assert_eq!(text::unmarked(&unmarked), unmarked, "what has no marks keeps its letters");
    let _verdicts = (text::flaw(&line), text::says_something(&line), text::groups(typed));
}

/// Messages by SMS and Zalo.
pub(crate) fn inquiry(input: &[u8]) {
    let Some(typed) = text_of(input) else { return };
    let agencies = || CATALOGUE.agencies().map(|agency| &agency.code);
    if let Inquiry::Dossier(code) = understand(typed, "TRACUU", agencies()).inquiry {
        let again = understand(&code.to_string(), "TRACUU", agencies()).inquiry;
        assert_eq!(again, Inquiry::Dossier(code), "the code that was found is a code alone, too");
    }
}
