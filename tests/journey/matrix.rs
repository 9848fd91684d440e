//! Who gets what at which door, through the gateway and its authorizer: the table of
//! [`crate::matrix`], asked with tokens of the issuer and under the roles of the template.

use std::collections::BTreeMap;

use inspection::sha256;

use super::uploading::{asked, inspected};
use super::*;
use crate::matrix::{ACTORS, Asked, MOVES, Question, claims, differences, moved, question};
use crate::support::shelf::pdf;

/// Whose dossier it is: a citizen of this test alone, whose preference it changes.
const OWNER: &str = "087199000002";

/// Questions that are on their way at a time. More would start more processes of a function than
/// two cores run.
const AT_ONCE: usize = 8;

/// A token with which the authorizer passes these claims on.
async fn token(stack: &Stack, claims: &Value, sub: &str) -> String {
    let order = json!({
        "sub": sub, "role": claims["role"], "agency": claims["agency"],
        "counter": claims["counter"] == "true", "idNumber": claims["id_number"],
    });
    stack.token(order).await
}

/// A dossier with an uploaded document, which agencies hand on to each other.
async fn handed_on(stack: &Stack, owner: &str) -> Asked {
    let content = pdf("/Mark (asked about by everybody) ", 0);
    let document = asked(stack, owner, &content).await;
    assert_eq!(stack.upload(&document["upload"], &content, &[]).await, 200);
    assert_eq!(inspected(stack, owner, &document).await["state"], "usable");
    let (mut body, _) = somebody();
    body["applicant"]["idNumber"] = OWNER.into();
    let first = body["documents"][0]["code"].clone();
    body["documents"][0] =
        json!({ "code": first, "upload": document["id"], "sha256": sha256(&content) });
    let key = unique("matrix");
    let slip = stack.call(Method::POST, DOSSIERS, Some(owner), Some(&key), body).await;
    assert_eq!(slip.status, 201, "{}", slip.body);
    let path = format!("{DOSSIERS}/{}/transitions", slip.code());
    for (version, (agency, action, to)) in (1..).zip(MOVES) {
        let (officer, body) = (stack.officer(agency).await, moved(action, version, to));
        let answer = stack.call(Method::POST, &path, Some(&officer), None, body).await;
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
    }
    let document = document["id"].as_str().unwrap().to_owned();
    Asked { code: slip.code(), document, owner: OWNER }
}

#[tokio::test]
async fn each_door_answers_everybody_through_the_gateway_as_the_matrix_says() {
    let _alone = TAKE_PAYMENT.lock().await;
    let stack = Stack::new();
    let run = unique("matrix");
    let mut tokens = BTreeMap::new();
    for actor in ACTORS {
        if let Some(claims) = claims(actor, OWNER) {
            tokens.insert(actor, token(&stack, &claims, &format!("{actor}-{run}")).await);
        }
    }
    let about = handed_on(&stack, &tokens["owner"]).await;
    let ask = async |route: &'static str, actor: &'static str| {
        let (method, path) = route.split_once(' ').unwrap();
        let Question { path: parameters, query, body } = question(route, &about);
        let mut path = path.to_owned();
        for (name, value) in parameters {
            path = path.replace(&format!("{{{name}}}"), &value);
        }
        for (name, value) in query {
            let mark = if path.contains('?') { '&' } else { '?' };
            path = format!("{path}{mark}{name}={value}");
        }
        let method: Method = method.parse().unwrap();
        let key = unique(actor);
        let token = tokens.get(actor).map(String::as_str);
        // As the contract wants it: where a table did not answer, the same is sent again.
        let sent = || async {
            let (method, body) = (method.clone(), body.clone());
            let answer = stack.call(method, &path, token, Some(&key), body).await;
            (answer.status != 503).then_some(answer.status)
        };
        stack.until("an answer", sent).await
    };
    let found = differences(AT_ONCE, ask).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}
