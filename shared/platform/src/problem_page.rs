//! A problem as a page in Vietnamese, for a person who went to an address with a browser. It says
//! what the document says that a program gets.

use serde_json::Value;

use crate::problem::Problem;

/// The page, with its only style; `{…}` is filled in.
pub(crate) const TEMPLATE: &str = include_str!("problem_page.html");

/// The page of `problem`, which the door `route` answered.
pub(crate) fn written(problem: &Problem, route: &str) -> String {
    let errors = problem.details.get("errors").and_then(Value::as_array).into_iter().flatten();
    let details = errors.filter_map(|error| error["detail"].as_str());
    let details: String = details.map(|said| format!("<p>{}</p>", escaped(said))).collect();
    // Every other address was typed or came in a message: who reads it knows the way back.
    let way_on = match route {
        "GET /v1/reports/{period}" => {
            "<p><a href=\"latest\">Báo cáo mới nhất</a> · <a href=\"../reports\">Các kỳ báo cáo</a></p>"
        }
        _ => "",
    };
    let id = problem.request_id.as_deref().map(|id| {
        format!("<p class=\"quiet\">Khi cần hỗ trợ, đọc mã yêu cầu này: {}</p>", escaped(id))
    });
    TEMPLATE
        .replace("{status}", &problem.status.to_string())
        .replace("{title}", &escaped(problem.title))
        .replace("{details}", &details)
        .replace("{way-on}", way_on)
        .replace("{id}", &id.unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('{', "&#123;")
}
