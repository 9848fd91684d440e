//! `docs/operations.md`: a section for each alarm, and nothing in it that does not exist.

use super::*;

const DOCUMENT: &str = "docs/operations.md";

/// What each section on alarms says, in this order.
const PARTS: [&str; 5] = ["**Means.**", "**At stake.**", "**Look at.**", "**Do.**", "**Over.**"];

/// A section: its heading as a page shows it in an address, and its text.
fn sections(document: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut in_block = false;
    for line in document.lines() {
        in_block ^= line.trim_start().starts_with("```");
        match line.strip_prefix('#').filter(|_| !in_block) {
            Some(heading) => found.push((address(heading.trim_start_matches('#')), String::new())),
            None => {
                let (_, text) = found.last_mut().expect("the document begins with a heading");
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    found
}

/// The address of a heading within its page.
fn address(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The alarms that a section names, without the end that all their ids have.
fn alarms_of(text: &str) -> BTreeSet<String> {
    let named = text.split_once("*Alarm: ").or_else(|| text.split_once("*Alarms: "));
    let Some((_, rest)) = named else { return BTreeSet::new() };
    let (listed, _) = rest.split_once(".*").expect("the list of alarms ends with a full stop");
    listed.split(',').map(|name| name.trim().to_owned()).collect()
}

/// The text of a description, with what the stack fills in.
fn description(alarm: &Value) -> &str {
    let text = &alarm["AlarmDescription"];
    text.as_str().or_else(|| text["Fn::Sub"].as_str()).expect("each alarm is described")
}

#[test]
fn each_alarm_names_the_section_that_names_it() {
    let document = file(DOCUMENT);
    let mut listed: BTreeSet<(String, String)> = BTreeSet::new();
    for (heading, text) in sections(&document) {
        listed.extend(alarms_of(&text).into_iter().map(|alarm| (alarm, heading.clone())));
    }
    let template = Template::read();
    let mut linked = BTreeSet::new();
    for (id, alarm) in template.of_type("AWS::CloudWatch::Alarm") {
        let link = description(alarm).split_once(&format!("({DOCUMENT}#"));
        let (_, rest) = link.unwrap_or_else(|| panic!("{id} names no section of {DOCUMENT}"));
        let heading = rest.strip_suffix(").").unwrap_or_else(|| panic!("{id}: the link is last"));
        let name = id.strip_suffix("Alarm").unwrap_or_else(|| panic!("{id} is not called Alarm"));
        assert!(linked.insert((name.to_owned(), heading.to_owned())));
    }
    assert_eq!(linked, listed, "the template beside {DOCUMENT}");
}

#[test]
fn each_section_on_alarms_says_what_it_means_what_is_at_stake_what_to_do_and_when_it_is_over() {
    for (heading, text) in sections(&file(DOCUMENT)) {
        if alarms_of(&text).is_empty() {
            continue;
        }
        let begins: Vec<usize> = PARTS
            .iter()
            .map(|part| text.find(part).unwrap_or_else(|| panic!("{heading} without {part}")))
            .collect();
        assert!(begins.is_sorted(), "{heading}: {PARTS:?} in this order");
    }
}

#[test]
fn no_two_sections_have_one_address_and_each_link_within_the_page_arrives() {
    let document = file(DOCUMENT);
    let mut addresses = BTreeSet::new();
    for (heading, _) in sections(&document) {
        assert!(addresses.insert(heading.clone()), "two sections are called {heading}");
    }
    for link in document.split("](#").skip(1) {
        let (target, _) = link.split_once(')').unwrap();
        assert!(addresses.contains(target), "no section {target}");
    }
}

#[test]
fn each_command_of_the_guide_exists() {
    let document = file(DOCUMENT);
    let makefile = file("Makefile");
    let words: Vec<&str> = document.split_whitespace().collect();
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let mut doors = 0;
    for pair in words.windows(2) {
        if pair[0].ends_with("`make") {
            let door = bare(pair[1]);
            assert!(makefile.contains(&format!("\n{door}:")), "make {door}");
            doors += 1;
        }
        if pair[0] == "--function-name" {
            let function = pair[1].strip_prefix("motcua-").expect("the stack is called motcua");
            let function = function.trim_end_matches(['`', ',', ')']);
            assert!(names_in("functions").contains(function), "no function {function}");
        }
    }
    assert!(doors > 20, "only {doors} doors of the Makefile were found");
    let queues = file("infra/redrive.py");
    for rest in document.split("QUEUE=").skip(1) {
        let queue = rest.split([' ', '`', '\n', ')', '|']).next().unwrap().trim_end_matches('.');
        assert!(queues.contains(&format!("\"{queue}\": (")), "make redrive QUEUE={queue}");
    }
}

#[test]
fn what_a_month_costs_is_counted_from_the_figures() {
    let figures = file("docs/figures.md");
    let dollars = |begins: &str| -> f64 {
        let (_, rest) = figures.split_once(begins).unwrap_or_else(|| panic!("no {begins}"));
        let number = rest.trim_start_matches([' ', '|', '$']);
        number.split([' ', ' ']).next().unwrap().parse().unwrap()
    };
    let beside = |begins: &str| -> f64 {
        let row = figures.lines().find(|line| line.starts_with(begins)).unwrap();
        row.split('|').nth(2).unwrap().trim().parse().unwrap()
    };
    let life = dollars("| tables, queues, compute |")
        + dollars("| HTTP requests, beside them |")
        + beside("| figures of the day, beside them")
        + beside("| logs, beside them");
    let idle =
        dollars("A month in which nothing happens: ") + dollars("for the pollers of the queues,\n");
    let document = file(DOCUMENT);
    for dossiers in [1_000_u32, 25_000, 100_000] {
        let cost = life * f64::from(dossiers) / 1_000.0;
        let row = format!("| {cost:.2} | {:.2} |", cost + idle);
        assert!(document.contains(&row), "{dossiers} dossiers a month: {row}");
    }
}

#[test]
fn each_parameter_is_described_and_is_in_one_group_of_the_form() {
    let template = Template::read();
    let parameters = template.0["Parameters"].as_object().unwrap();
    for (name, parameter) in parameters {
        let words = parameter["Description"].as_str().unwrap_or_default().split(' ').count();
        assert!(words >= 4, "{name} is not described");
    }
    let form = &template.0["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"];
    let groups = form.as_array().unwrap().iter();
    let mut grouped: Vec<&str> = groups
        .flat_map(|group| group["Parameters"].as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    grouped.sort_unstable();
    let mut named: Vec<&str> = parameters.keys().map(String::as_str).collect();
    named.sort_unstable();
    assert_eq!(grouped, named, "the form's groups beside the parameters");
}

#[test]
fn the_guide_to_deployment_names_each_parameter_that_has_to_be_given() {
    let template = Template::read();
    let guide = file("docs/deployment.md");
    let (_, rest) = guide.split_once("What has to be given: ").unwrap();
    let (list, _) = rest.split_once(". `PublicUrl`").unwrap();
    let named: BTreeSet<&str> = list.split('`').skip(1).step_by(2).collect();
    let parameters = template.0["Parameters"].as_object().unwrap().iter();
    let asked = parameters.filter(|(_, parameter)| parameter["Default"].is_null());
    assert_eq!(named, asked.map(|(name, _)| name.as_str()).collect());
}
