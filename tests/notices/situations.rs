//! The situations in which an applicant is told something, as `docs/notices.md` lists them.

use domain::dossier::{Action, HistoryEntry, RULES};
use domain::notice::text::parts;
use domain::notice::{Language, NoticeChannel, Wording};

use super::*;
use crate::support::file;
use crate::support::world::shipped;

/// A row of the tables: its number, the name of the action, template, channel, class.
fn rows() -> Vec<[String; 5]> {
    let text = file("docs/notices.md");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, situation, action, template, channel, class] = cells[..] else { return None };
        number.parse::<u8>().ok()?;
        assert!(situation.len() > 10, "{line}");
        let action = action.trim_matches('`');
        Some([number, action, template, channel, class].map(str::to_owned))
    });
    rows.collect()
}

fn action_named(name: &str) -> Action {
    let actions = RULES.iter().map(|rule| rule.action).chain([Action::Submit]);
    actions.into_iter().find(|action| action.name() == name).unwrap_or_else(|| panic!("no {name}"))
}

#[tokio::test]
async fn each_situation_is_told_as_the_table_says() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let dossier = world.dossier(&code).await;
    let policy = world.catalogue.notice_policy(domain::calendar::date_of(at(NOW)));
    assert_eq!(policy.channels(), NoticeChannel::ALL);
    for [number, name, template, channel, class] in rows() {
        let action = action_named(&name);
        let known = world.catalogue.templates().after(action).expect("nothing is said");
        assert_eq!(known.class.name(), class, "{number} {name}");
        assert_eq!(channel, "Zalo, else SMS", "{number} {name}");
        let entry = HistoryEntry { action, ..dossier.history[0].clone() };
        let told = world
            .catalogue
            .templates()
            .compose(&dossier, &entry, Wording::First, Language::Vi)
            .expect("nothing is sent");
        assert_eq!(told.zalo_template_id, template, "{number} {name}");
        assert_eq!(told.fields["code"], code, "{number} {name}");
        assert!(told.sms.contains(&code), "{number} {name}: {}", told.sms);
        assert_eq!(parts(&told.sms, told.encoding), 1, "{number} {name}: {}", told.sms);
    }
}

#[test]
fn the_tables_have_eighteen_situations_and_then_every_other_one_that_is_told_of() {
    let rows = rows();
    let numbers: Vec<String> = rows.iter().map(|[number, ..]| number.clone()).collect();
    let expected: Vec<String> = (1..=rows.len()).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected);
    let text = file("docs/notices.md");
    let (_, tables) = text.split_once("## The eighteen situations").unwrap();
    let (first, _) = tables.split_once("## Also told").unwrap();
    assert_eq!(first.lines().filter(|line| line.contains("Zalo, else SMS")).count(), 18);
    let told = |action: &Action| shipped().templates().after(*action).is_some();
    let actions = RULES.iter().map(|rule| rule.action).chain([Action::Submit]);
    let mut of_catalogue: Vec<&str> = actions.filter(told).map(|action| action.name()).collect();
    let mut of_tables: Vec<&str> = rows.iter().map(|[_, name, ..]| name.as_str()).collect();
    of_catalogue.sort_unstable();
    of_catalogue.dedup();
    of_tables.sort_unstable();
    assert_eq!(of_tables, of_catalogue);
}
