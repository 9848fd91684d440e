//! Answers by SMS to the question after a result: from the applicant's number alone, once.

use super::*;
use crate::answers::{ANOTHER, OWN, hear, short, texts_of, to_account};
use crate::support::asker::Desk;

const LATER: &str = "2026-11-18T03:00:00Z";

#[tokio::test]
async fn a_digit_behind_the_code_from_the_applicants_number_counts_once_and_is_thanked_for() {
    let (world, desk) = (few_agencies().await, Desk::new());
    let code = returned(&world, "k").await;
    let answer = hear(&desk, &world, short("m1", OWN, &format!("MOTCUA {code} 5")), LATER).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "taken": true })));
    let thanks = format!(
        "Mot Cua: da ghi nhan danh gia cua Ong/Ba ve ho so {code}, moi ho so mot lan. Xin cam on."
    );
    assert_eq!(texts_of(&desk), std::slice::from_ref(&thanks));
    // The gateway repeats itself, and the applicant thinks again, in letters of their own.
    hear(&desk, &world, short("m1", OWN, &format!("MOTCUA {code} 5")), LATER).await;
    let typed = code.to_lowercase().replace(['.', '-'], " ");
    hear(&desk, &world, short("m2", OWN, &format!("Motcua {typed} 1")), LATER).await;
    assert_eq!(texts_of(&desk), [thanks.clone(), thanks]);
    let day = "2026-11-17".parse().unwrap();
    let by = platform::dynamo::AnswersBy::Agency;
    let said = world.office.feedback.said(by, day, day).await.unwrap();
    assert_eq!((said[AGENCY].all(), said[AGENCY].satisfied()), (1, 1));
}

#[tokio::test]
async fn from_another_number_it_counts_nothing_and_is_answered_as_an_unknown_code_is() {
    let (world, desk) = (few_agencies().await, Desk::new());
    let code = returned(&world, "k").await;
    for (id, text) in
        [("m1", format!("MOTCUA {code} 1")), ("m2", "MOTCUA H20.03-261117-9999 1".to_owned())]
    {
        hear(&desk, &world, short(id, ANOTHER, &text), LATER).await;
    }
    let said = texts_of(&desk);
    assert!(said[0] == said[1] && said[0].contains("khong tim thay"), "{said:?}");
    assert_eq!(counted(&world).await, 0);
}

#[tokio::test]
async fn before_the_result_and_after_the_last_day_a_digit_is_a_look_up() {
    let (world, desk) = (few_agencies().await, Desk::new());
    let open = dossier(&world, "open", &TO_THE_END[..2], NOW).await;
    hear(&desk, &world, short("m1", OWN, &format!("MOTCUA {open} 5")), LATER).await;
    assert!(texts_of(&desk)[0].contains("Dang xu ly"), "{:?}", texts_of(&desk));
    let code = returned(&world, "k").await;
    hear(&desk, &world, short("m2", OWN, &format!("MOTCUA {code} 5")), TOO_LATE).await;
    assert!(texts_of(&desk)[1].contains("Da tra ket qua"), "{:?}", texts_of(&desk));
    assert_eq!(counted(&world).await, 0);
}

#[tokio::test]
async fn by_zalo_nobody_knows_whose_number_it_is_and_a_digit_is_a_look_up() {
    let (world, desk) = (few_agencies().await, Desk::new());
    let code = returned(&world, "k").await;
    let call = to_account("z1", OWN, &format!("{code} 5"), at(LATER));
    hear(&desk, &world, call, LATER).await;
    assert!(desk.account.said()[0].1.contains("Đã trả kết quả"), "{:?}", desk.account.said());
    assert_eq!(counted(&world).await, 0);
}

#[tokio::test]
async fn what_is_no_level_is_a_look_up_and_two_at_once_count_once() {
    let (world, desk) = (few_agencies().await, Desk::new());
    let code = returned(&world, "k").await;
    for (id, behind) in [("m1", "0"), ("m2", "6"), ("m3", "55"), ("m4", "5 5"), ("m5", "rat tot 5")]
    {
        hear(&desk, &world, short(id, OWN, &format!("MOTCUA {code} {behind}")), LATER).await;
    }
    assert_eq!(counted(&world).await, 0);
    assert!(texts_of(&desk).iter().all(|text| text.contains("Da tra ket qua")));
    let both = ["4", "2"].map(|level| short(&format!("b{level}"), OWN, &format!("{code} {level}")));
    let both = join_all(both.map(|call| hear(&desk, &world, call, LATER))).await;
    assert!(both.iter().any(|answer| answer.status == 200), "{both:?}");
    assert_eq!(counted(&world).await, 1);
}
