//! What a frontend makes a form of: procedures to find, each with what a submission to it needs, and
//! the agencies of a day.

use std::collections::BTreeSet;

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use platform::catalogue::{Texts, UndecidedYears};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, PROCEDURE, submission, submission_for};
use crate::support::eform::filled;
use crate::support::file;
use crate::support::world::{NOW, World, at};

/// A world with a shipped file of the catalogue changed.
async fn world_with(name: &str, change: impl Fn(&mut Value)) -> World {
    let mut text: Value = serde_json::from_str(&file(&format!("infra/data/{name}"))).unwrap();
    change(&mut text);
    let texts = Texts::built_in().with([(name.to_owned(), text.to_string())].into()).unwrap();
    World::of(texts.assemble(UndecidedYears::Refused).unwrap().into()).await
}

/// The entry with this code, of the list under `name`.
fn entry<'a>(file: &'a mut Value, name: &str, code: &str) -> &'a mut Value {
    let entries = file[name].as_array_mut().unwrap();
    entries.iter_mut().find(|entry| entry["code"] == code).unwrap()
}

async fn asked_at(world: &World, route: &str, parameters: &[(&str, &str)], now: &str) -> Answer {
    let call = Call::new(route);
    let call = parameters.iter().fold(call, |call, (name, value)| call.also(name, value));
    call.at_catalogue(world, at(now)).await.into()
}

async fn list(world: &World, parameters: &[(&str, &str)]) -> Answer {
    asked_at(world, "GET /v1/procedures", parameters, NOW).await
}

async fn agencies(world: &World, parameters: &[(&str, &str)]) -> Answer {
    asked_at(world, "GET /v1/agencies", parameters, NOW).await
}

async fn one_at(world: &World, code: &str, now: &str) -> Answer {
    Call::new("GET /v1/procedures/{code}").code(code).at_catalogue(world, at(now)).await.into()
}

async fn one(world: &World, code: &str) -> Value {
    let answer = one_at(world, code, NOW).await;
    assert_eq!(answer.status, 200, "{code}: {}", answer.body);
    answer.body
}

fn codes(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let items = answer.body["items"].as_array().unwrap();
    items.iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect()
}

/// The texts of a list, by the name of their field.
fn texts<'a>(list: &'a Value, name: &str) -> BTreeSet<&'a str> {
    list.as_array().unwrap().iter().map(|item| item[name].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_procedure_is_found_by_its_name_without_accents_its_field_and_its_code() {
    let world = World::new().await;
    let birth = "1.001193".to_owned();
    for search in ["Đăng ký khai sinh", "dang ky khai sinh", "KHAI SI", "khai sinh, ho", "1.001193"]
    {
        let found = list(&world, &[("search", search)]).await;
        assert!(codes(&found).contains(&birth), "{search}");
        assert!(found.body["total"].as_u64().unwrap() < 92, "{search} finds everything");
    }
    let nothing = list(&world, &[("search", "khai sinh đất đai")]).await;
    assert_eq!((codes(&nothing).len(), &nothing.body["total"]), (0, &json!(0)));
}

#[tokio::test]
async fn each_procedure_is_on_one_page_in_the_order_of_codes() {
    let world = World::new().await;
    let whole = list(&world, &[("limit", "200")]).await;
    let all = codes(&whole);
    assert!(all.is_sorted() && all.len() == 92, "{}", all.len());
    assert!(whole.body["nextCursor"].is_null());
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let after = cursor.iter().map(|cursor| ("cursor", cursor.as_str()));
        let parameters: Vec<_> = [("limit", "7")].into_iter().chain(after).collect();
        let page = list(&world, &parameters).await;
        assert_eq!(page.body["total"], 92);
        seen.extend(codes(&page));
        cursor = page.body["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_list_goes_on_where_it_was_although_the_last_procedure_shown_has_gone() {
    let world = World::new().await;
    let first = list(&world, &[("limit", "7")]).await;
    let (shown, cursor) = (codes(&first), first.body["nextCursor"].as_str().unwrap().to_owned());
    let later = world_with("procedures.json", |file| {
        let listed = file["procedures"].as_array_mut().unwrap();
        listed.retain(|procedure| procedure["code"] != shown[6].as_str());
    });
    let next = codes(&list(&later.await, &[("limit", "7"), ("cursor", &cursor)]).await);
    let all = codes(&list(&world, &[("limit", "200")]).await);
    assert_eq!(next, all[7..14]);
}

#[tokio::test]
async fn what_is_asked_for_holds_of_every_procedure_found_and_of_no_other() {
    let world = World::new().await;
    let all = list(&world, &[("limit", "200")]).await;
    let (fields, items) = (&all.body["fields"], all.body["items"].as_array().unwrap());
    let holding = |holds: &dyn Fn(&Value) -> bool| -> Vec<String> {
        let held = items.iter().filter(|item| holds(item));
        held.map(|item| item["code"].as_str().unwrap().to_owned()).collect()
    };
    let named: BTreeSet<&str> =
        items.iter().map(|item| item["field"]["code"].as_str().unwrap()).collect();
    assert_eq!(texts(fields, "code"), named);
    for field in named {
        let found = codes(&list(&world, &[("limit", "200"), ("field", field)]).await);
        assert_eq!(found, holding(&|item| item["field"]["code"] == field), "{field}");
    }
    for level in ["province", "department", "district", "commune"] {
        let found = codes(&list(&world, &[("limit", "200"), ("level", level)]).await);
        assert_eq!(found, holding(&|item| item["level"] == level), "{level}");
    }
    let offline = codes(&list(&world, &[("limit", "200"), ("online", "information")]).await);
    assert_eq!(offline, holding(&|item| item["online"] == "information"));
    let online = [("limit", "200"), ("online", "full"), ("online", "partial")];
    assert_eq!(codes(&list(&world, &online).await).len() + offline.len(), items.len());
    let department = codes(&list(&world, &[("limit", "200"), ("agency", AGENCY)]).await);
    assert_eq!(department, holding(&|item| item["level"] == "department"));
    let both = [("limit", "200"), ("agency", AGENCY), ("level", "commune")];
    assert!(codes(&list(&world, &both).await).is_empty(), "each has to hold");
}

#[tokio::test]
async fn an_agency_that_takes_nothing_in_is_refused_with_its_successor() {
    let world = World::new().await;
    for (agency, rule) in
        [("H20.99", "known-agency"), ("H20.06", "agency-in-force"), ("village", "agency-code")]
    {
        let answer = list(&world, &[("agency", agency)]).await;
        assert_eq!((answer.status, answer.broken()), (400, ("agency", rule)), "{agency}");
    }
    let ended = list(&world, &[("agency", "H20.06")]).await;
    assert!(ended.body["errors"][0]["detail"].as_str().unwrap().ends_with("H20.05"));
}

#[tokio::test]
async fn what_the_list_cannot_mean_is_refused_and_named() {
    let world = World::new().await;
    for (name, value, rule) in [
        ("search", "", "length"),
        ("field", "g15", "field-code"),
        ("level", "village", "known-value"),
        ("online", "true", "known-value"),
        ("limit", "201", "range"),
        ("cursor", "MXx8", "cursor"),
        ("cursor", "é", "cursor"),
    ] {
        let answer = list(&world, &[(name, value)]).await;
        assert_eq!((answer.status, answer.broken()), (400, (name, rule)), "{name}={value}");
    }
}

#[tokio::test]
async fn a_submission_made_of_what_each_procedure_says_is_taken() {
    let world = World::new().await;
    for code in codes(&list(&world, &[("limit", "200")]).await) {
        let told = one(&world, &code).await;
        let host = told["documentHosts"][0].as_str().unwrap();
        let documents = told["documents"].as_array().unwrap().iter().map(|document| {
            let mut sent = submission()["documents"][0].clone();
            sent["code"] = document["code"].clone();
            sent["url"] = format!("https://{host}/giay-to.pdf").into();
            sent
        });
        let documents: Vec<Value> = documents.collect();
        for (place, channel) in told["channels"].as_array().unwrap().iter().enumerate() {
            let mut body = submission();
            body["procedure"] = code.as_str().into();
            body["agency"] = told["agencies"][place]["code"].clone();
            body["channel"] = channel["channel"].clone();
            body["documents"] = documents.clone().into();
            if told["form"].is_object() {
                body["form"] = filled(&told["form"]["schema"]);
            }
            let call = Call::submit(&format!("{code}-{place}")).body(&body);
            let answer = call.at_submit(&world.intake, &world, at(NOW)).await;
            assert_eq!(answer.status, 201, "{code}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_procedure_that_is_not_on_line_names_no_such_channel_and_none_is_taken() {
    let world = World::new().await;
    for code in codes(&list(&world, &[("online", "information")]).await) {
        let told = one(&world, &code).await;
        assert_eq!(texts(&told["channels"], "channel"), ["counter", "postal"].into(), "{code}");
        let mut body = submission_for(&code);
        body["agency"] = told["agencies"][0]["code"].clone();
        let answer = Call::submit(&code).body(&body).at_submit(&world.intake, &world, at(NOW));
        assert_eq!(answer.await.broken(), ("channel", "online-procedure"), "{code}");
    }
}

#[tokio::test]
async fn a_procedure_names_the_kinds_of_identity_that_it_takes_and_takes_no_other() {
    let world = World::new().await;
    let takes = async |procedure: &str, kind: &str| {
        let told = one(&world, procedure).await;
        let kinds = texts(&told["identities"], "idKind").contains(kind);
        let mut body = submission_for(procedure);
        body["agency"] = told["agencies"][0]["code"].clone();
        body["channel"] = "counter".into();
        body["applicant"]["idKind"] = kind.into();
        body["applicant"]["idNumber"] =
            if kind == "citizen-id" { CITIZEN } else { "C1234567" }.into();
        let call = Call::submit(&format!("{procedure}-{kind}")).body(&body);
        let answer = call.at_submit(&world.intake, &world, at(NOW)).await;
        (kinds, answer.status)
    };
    assert_eq!(takes("1.001193", "passport").await, (true, 201));
    assert_eq!(takes(PROCEDURE, "passport").await, (false, 400));
    assert_eq!(takes(PROCEDURE, "citizen-id").await, (true, 201));
    let told = one(&world, "1.001193").await;
    let kinds = texts(&told["identities"], "idKind");
    assert!(!kinds.contains("old-identity-card"), "taken until the end of 2024 alone");
    let passport =
        told["identities"].as_array().unwrap().iter().find(|it| it["idKind"] == "passport");
    assert_eq!(passport.unwrap()["idKindOwed"], true);
}

#[tokio::test]
async fn a_term_is_shown_in_its_unit_with_its_article_and_in_words() {
    let world = World::new().await;
    let told = one(&world, PROCEDURE).await;
    let online = &told["channels"][0];
    assert_eq!((&online["channel"], &online["name"]), (&json!("online"), &json!("Trực tuyến")));
    let expected = json!({
        "amount": 4,
        "unit": "working-hour",
        "source": "NĐ 118/2025/NĐ-CP, read as NĐ 61/2018/NĐ-CP Đ.17",
        "text": "4 giờ làm việc",
    });
    assert_eq!(online["term"], expected);
    // The procedure gives no date.
    assert!(one(&world, "2.000033").await["channels"][0]["term"].is_null());
}

#[tokio::test]
async fn a_procedure_is_there_from_the_first_day_of_its_version_on_and_in_one_version() {
    let world = world_with("procedures.json", |file| {
        let mut next = entry(file, "procedures", PROCEDURE).clone();
        (next["version"], next["feeVnd"]) = (2.into(), 60_000.into());
        next["validFrom"] = "2026-11-18".into();
        let mut new = next.clone();
        (new["code"], new["version"]) = ("9.000001".into(), 1.into());
        file["procedures"].as_array_mut().unwrap().extend([next, new]);
    });
    let world = world.await;
    let (before, after) = ("2026-11-17T16:59:59Z", "2026-11-17T17:00:00Z");
    assert_eq!(one_at(&world, PROCEDURE, before).await.body["version"], 1);
    let next = one_at(&world, PROCEDURE, after).await.body;
    assert_eq!((&next["version"], &next["feeVnd"]), (&json!(2), &json!(60_000)));
    let new = one_at(&world, "9.000001", before).await;
    assert_eq!((new.status, new.problem()), (404, "procedure-not-found"));
    assert_eq!(one_at(&world, "9.000001", after).await.status, 200);
    // Whoever prepares a form asks for the day on which it will be handed in.
    let call = |day: &str| Call::new("GET /v1/procedures/{code}").code(PROCEDURE).query("day", day);
    for (day, version, fee) in [
        ("2026-11-17", 1, one_at(&world, PROCEDURE, before).await.body["feeVnd"].take()),
        ("2026-11-18", 2, json!(60_000)),
    ] {
        let asked: Answer = call(day).at_catalogue(&world, at(before)).await.into();
        let said = [&asked.body["day"], &asked.body["version"], &asked.body["feeVnd"]];
        assert_eq!(said, [&json!(day), &json!(version), &fee]);
    }
    let tomorrow = [("day", "2026-11-18"), ("limit", "200")];
    assert_eq!(codes(&asked_at(&world, "GET /v1/procedures", &tomorrow, before).await).len(), 93);
    for (now, total) in [(before, 92), (after, 93)] {
        let all = asked_at(&world, "GET /v1/procedures", &[("limit", "200")], now).await;
        assert_eq!((codes(&all).len(), &all.body["total"]), (total, &json!(total)), "{now}");
    }
}

#[tokio::test]
async fn the_agencies_of_a_day_are_those_that_existed_then_under_their_names_of_then() {
    let world = world_with("agencies.json", |file| {
        entry(file, "agencies", "H20.03")["renamed"] =
            json!([{ "from": "2026-01-01", "name": "Sở Công nghiệp" }]);
    });
    let world = world.await;
    let june = agencies(&world, &[("day", "2025-06-30")]).await;
    let today = agencies(&world, &[]).await;
    assert_eq!(
        (&june.body["day"], &today.body["day"]),
        (&json!("2025-06-30"), &json!("2026-11-17"))
    );
    let (of_june, of_today) = (codes(&june), codes(&today));
    for (code, then, now) in [("H58", true, false), ("H20.102", false, true), ("H20", true, true)] {
        let listed = |codes: &[String]| codes.iter().any(|listed| listed == code);
        assert_eq!((listed(&of_june), listed(&of_today)), (then, now), "{code}");
    }
    let name = |answer: &Answer| {
        let items = answer.body["items"].as_array().unwrap();
        let agency = items.iter().find(|item| item["code"] == "H20.03").unwrap();
        agency["name"].as_str().unwrap().to_owned()
    };
    assert_eq!([name(&june), name(&today)], ["Sở Công Thương", "Sở Công nghiệp"]);
    assert!(codes(&agencies(&world, &[("day", "1999-01-01")]).await).is_empty());
    let communes = agencies(&world, &[("level", "commune")]).await;
    assert_eq!(texts(&communes.body["items"], "level"), ["commune"].into());
}

#[tokio::test]
async fn an_agency_says_when_it_is_open_on_the_day_by_the_calendar_that_holds_for_it() {
    let world = world_with("calendar.json", |file| {
        file["exceptions"] = json!([{
            "agency": "H20.03", "off": ["2026-11-17"], "reason": "di dời trụ sở",
            "source": "QĐ 1/QĐ-UBND",
        }]);
    });
    let world = world.await;
    let open = async |agency: &str, day: &str| {
        let listed = agencies(&world, &[("day", day)]).await;
        let items = listed.body["items"].as_array().unwrap();
        items.iter().find(|item| item["code"] == agency).unwrap()["open"].clone()
    };
    let hours = json!([
        { "from": "07:00", "to": "11:30" },
        { "from": "13:30", "to": "17:00" },
    ]);
    assert_eq!(open("H20.12", "2026-11-17").await, hours);
    assert_eq!(open("H20.03", "2026-11-17").await, json!([]), "closed by decision");
    assert_eq!(open("H20.03", "2026-11-18").await, hours);
    assert_eq!(open("H20.12", "2026-11-22").await, json!([]), "a Sunday");
    assert_eq!(open("H20.12", "2090-11-17").await, Value::Null, "no calendar has the year");
}

#[tokio::test]
async fn each_agency_is_under_one_that_is_listed_with_it_or_has_ended() {
    let world = World::new().await;
    for day in ["2025-06-30", "2026-11-17"] {
        let with_ended = agencies(&world, &[("day", day), ("ended", "true")]).await;
        let listed = codes(&with_ended);
        for item in with_ended.body["items"].as_array().unwrap() {
            let above =
                item["parent"].as_str().is_none_or(|parent| listed.iter().any(|it| it == parent));
            assert!(above, "{day}: {item}");
        }
    }
}

#[tokio::test]
async fn an_agency_that_has_ended_leads_to_whoever_carries_on_part_by_part() {
    let world = world_with("agencies.json", |file| {
        entry(file, "agencies", "H58.03")["division"] = json!([
            { "successor": "H20.12", "procedures": ["2.000004"] },
            { "successor": "H20.05", "wards": ["28249"] },
        ]);
    });
    let world = world.await;
    assert!(!codes(&agencies(&world, &[]).await).contains(&"H58.03".to_owned()));
    let ended = agencies(&world, &[("ended", "true")]).await;
    let items = ended.body["items"].as_array().unwrap();
    let divided = items.iter().find(|item| item["code"] == "H58.03").unwrap();
    let expected = json!([
        { "agency": "H20.12", "procedures": ["2.000004"] },
        { "agency": "H20.05", "wards": ["28249"] },
        { "agency": "H20.03" },
    ]);
    assert_eq!(divided["successors"], expected);
    assert_eq!(divided["validTo"], "2025-06-30");
}

fn header<'a>(response: &'a ApiGatewayV2httpResponse, name: &str) -> &'a str {
    response.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn each_answer_may_be_kept_by_anybody_and_its_tag_is_answered_without_a_body() {
    let world = World::new().await;
    for route in ["GET /v1/procedures", "GET /v1/procedures/{code}", "GET /v1/agencies"] {
        let call = Call::new(route).code("1.001193");
        let first = call.clone().at_catalogue(&world, at(NOW)).await;
        assert_eq!(header(&first, "cache-control"), "public, max-age=300", "{route}");
        let tag = header(&first, "etag").to_owned();
        let again = call.clone().header("if-none-match", &tag).at_catalogue(&world, at(NOW)).await;
        assert_eq!((again.status_code, header(&again, "etag")), (304, tag.as_str()), "{route}");
        assert_eq!(again.body, Some(Body::Text(String::new())), "{route}");
        let other = call.header("if-none-match", "\"other\"").at_catalogue(&world, at(NOW)).await;
        assert_eq!((other.status_code, other.body), (200, first.body), "{route}");
    }
}

#[tokio::test]
async fn a_tag_ends_with_the_edition_that_it_was_given_for() {
    let world = World::new().await;
    let call = Call::new("GET /v1/procedures/{code}").code("1.001193");
    let tag = header(&call.clone().at_catalogue(&world, at(NOW)).await, "etag").to_owned();
    let later = world_with("procedures.json", |file| {
        entry(file, "procedures", "1.001193")["feeVnd"] = 8_000.into();
    });
    let answer: Answer =
        call.header("if-none-match", &tag).at_catalogue(&later.await, at(NOW)).await.into();
    assert_eq!((answer.status, &answer.body["feeVnd"]), (200, &json!(8_000)));
}

#[tokio::test]
async fn without_a_required_document_nothing_is_taken_in_and_each_missing_one_is_named() {
    let world = World::new().await;
    let required = one(&world, PROCEDURE).await["documents"].clone();
    let mut body = submission();
    body["documents"] = json!([]);
    let answer = Call::submit("k").body(&body).at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    let named: Vec<_> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (error["rule"].as_str().unwrap(), error["detail"].as_str().unwrap().to_owned())
        })
        .collect();
    let expected: Vec<_> = required
        .as_array()
        .unwrap()
        .iter()
        .map(|asked| {
            let (code, name) = (asked["code"].as_str().unwrap(), asked["name"].as_str().unwrap());
            ("required-document", format!("{code} is missing: {name}"))
        })
        .collect();
    assert_eq!(named, expected);
    assert_eq!(world.count("DossiersTable").await, 0);
    body["documentsWithSender"] = true.into();
    let answer = Call::submit("k").body(&body).at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!(answer.broken(), ("documentsWithSender", "documents-with-sender"));
}

#[tokio::test]
async fn a_document_is_on_paper_or_at_an_address_and_what_it_lacks_is_named() {
    let world = World::new().await;
    for (change, expected) in [
        (json!({ "paper": "copy" }), vec![("documents[0].paper", "document-content")]),
        (json!({ "url": null }), vec![("documents[0].url", "required")]),
        (
            json!({ "url": null, "sha256": null, "name": "" }),
            vec![
                ("documents[0].sha256", "required"),
                ("documents[0].url", "required"),
                ("documents[0].name", "length"),
            ],
        ),
    ] {
        let mut body = submission();
        body["channel"] = "counter".into();
        let document = body["documents"][0].as_object_mut().unwrap();
        for (name, value) in change.as_object().unwrap() {
            match value {
                Value::Null => drop(document.remove(name)),
                value => drop(document.insert(name.clone(), value.clone())),
            }
        }
        let answer = Call::submit("k").body(&body).at_submit(&world.intake, &world, at(NOW));
        let answer = answer.await.body;
        let found: Vec<_> = answer["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| (error["field"].as_str().unwrap(), error["rule"].as_str().unwrap()))
            .collect();
        assert_eq!(found, expected, "{change}");
    }
}
