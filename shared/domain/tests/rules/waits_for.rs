//! What an applicant has to do for their dossier to go on, and until when.

use domain::dossier::{DossierStatus, Expected};

use super::world::{at, day, in_status, law, law_changed, played};
use domain::procedure::Channel;

#[test]
fn a_dossier_waits_for_its_applicant_where_documents_or_a_fee_were_asked_for_or_a_result_is_there()
{
    for status in DossierStatus::ALL {
        let expected = match status {
            DossierStatus::SupplementRequested => Some(Expected::Documents),
            DossierStatus::PaymentRequested => Some(Expected::Payment),
            DossierStatus::Finished => Some(Expected::Collection),
            DossierStatus::Registered
            | DossierStatus::Received
            | DossierStatus::Refused
            | DossierStatus::Processing
            | DossierStatus::Withdrawn
            | DossierStatus::Suspended
            | DossierStatus::Returned => None,
        };
        let dossier = in_status(status);
        let waits = dossier.waits_for(law());
        assert_eq!(waits.as_ref().map(|waits| waits.what), expected, "{status:?}");
        assert!(waits.is_none_or(|waits| waits.since == at("2026-03-02T08:20")), "{status:?}");
    }
}

// NĐ 61/2018 sets no time; `supplementCalendarDays` of `rules.json` does, and one that ends on a day
// off ends with the next working day (Bộ luật Dân sự 2015 Đ.148.5).
#[test]
fn documents_are_waited_for_until_the_last_day_of_their_time_or_the_working_day_after_it() {
    let asked = "submit 2026-03-02T07:30, receive 08:00, request-supplement 08:20";
    let dossier = played("5 working-day", Channel::Online, asked);
    let until = |days: u32| {
        let law = law_changed(&[("supplementCalendarDays", days.into())]);
        dossier.waits_for(&law).and_then(|waits| waits.until)
    };
    assert_eq!(until(4), Some(day("2026-03-06")), "a Friday");
    assert_eq!(until(5), Some(day("2026-03-09")), "a Saturday");
}

#[test]
fn the_last_request_is_the_one_that_is_waited_for_and_its_reason_is_given() {
    let twice = "submit 2026-03-02T07:30, receive 08:00, request-supplement 08:20, supplement 08:40, request-supplement 09:00";
    let dossier = played("5 working-day", Channel::Online, twice);
    let waits = dossier.waits_for(law()).unwrap();
    assert_eq!(waits.since, at("2026-03-02T09:00"));
    assert_eq!(waits.reason, dossier.history.last().unwrap().reason.as_deref());
    assert!(waits.reason.is_some());
    let paid = in_status(DossierStatus::PaymentRequested);
    assert_eq!(paid.waits_for(law()).unwrap().until, None, "no rule sets a day for a payment");
}
