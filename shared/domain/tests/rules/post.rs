//! What goes by post: the newest that the post says holds, in whatever order it comes.

use domain::post::{Carried, ORDERS_MAX, Post, PostalItem, PostalState};
use jiff::SignedDuration;
use proptest::prelude::*;

use super::world::at;

fn item(order: &str, state: PostalState, minutes: i64) -> PostalItem {
    let at = at("2026-03-02T09:00") + SignedDuration::from_mins(minutes);
    PostalItem { order: order.to_owned(), what: Carried::Result, state, at }
}

#[test]
fn a_number_of_an_order_has_its_form_and_a_dossier_has_a_bound_of_them() {
    let mut post = Post::default();
    for wrong in ["", "VN 1", "VN\u{1ef1}", &"9".repeat(65)] {
        let broken = post.hear(item(wrong, PostalState::Ordered, 0)).unwrap_err();
        assert_eq!((broken.field.as_str(), broken.rule.slug()), ("order", "format"));
    }
    assert!(post.is_empty());
    for number in 0..ORDERS_MAX {
        assert!(post.hear(item(&format!("VN{number}"), PostalState::Ordered, 0)).unwrap());
    }
    let stored = serde_json::to_string(&post).unwrap();
    assert!((stored.len()..8_000).contains(&post.stored_bytes()), "{}", stored.len());
    let broken = post.hear(item("VN99", PostalState::Ordered, 0)).unwrap_err();
    assert_eq!(broken.rule.slug(), "item-count");
    assert!(post.hear(item("VN3", PostalState::Delivered, 1)).unwrap());
}

#[test]
fn what_is_repeated_or_older_is_no_news_and_what_the_post_takes_back_is() {
    let mut post = Post::default();
    for (state, minutes, news) in [
        (PostalState::InTransit, 10, true),
        (PostalState::InTransit, 10, false),
        (PostalState::Collected, 5, false),
        (PostalState::OutForDelivery, 10, true),
        (PostalState::Delivered, 20, true),
        (PostalState::NotDelivered, 30, true),
    ] {
        let version = post.version;
        assert_eq!(post.hear(item("VN1", state, minutes)).unwrap(), news, "{state:?} {minutes}");
        assert_eq!(post.version, version + u64::from(news));
    }
    assert_eq!(post.items[0].state, PostalState::NotDelivered);
}

proptest! {
    #[test]
    fn whatever_comes_late_twice_or_out_of_order_ends_in_the_same_place(
        heard in prop::collection::vec((0_usize..3, 0_usize..8, 0_i64..4), 1..12).prop_flat_map(
            |heard| (Just(heard.clone()), Just(heard).prop_shuffle()),
        ),
    ) {
        let play = |heard: &[(usize, usize, i64)]| {
            let mut post = Post::default();
            for (order, state, minutes) in heard {
                let state = PostalState::ALL[*state];
                post.hear(item(&format!("VN{order}"), state, *minutes)).unwrap();
            }
            post.items.sort_by(|one, other| one.order.cmp(&other.order));
            post.items
        };
        let (first, mut shuffled) = heard;
        shuffled.extend(shuffled.clone());
        prop_assert_eq!(play(&first), play(&shuffled));
    }
}
