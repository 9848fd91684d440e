//! The dashboard and the saved queries of `infra/template.yaml` ask for what there is.

use super::*;
use crate::tidy::product_code;

/// Metrics of the platform that are asked for: namespace, names, dimensions.
const PLATFORM: [(&str, &[&str], &[&str]); 5] = [
    ("AWS/Lambda", &["Errors", "Throttles", "Invocations"], &["FunctionName"]),
    (
        "AWS/SQS",
        &["ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"],
        &["QueueName"],
    ),
    ("AWS/ApiGateway", &["Count", "4xx", "5xx", "Latency"], &["ApiId"]),
    ("AWS/DynamoDB", &["ConsumedWriteCapacityUnits"], &["TableName"]),
    ("AWS/Logs", &["IncomingBytes"], &["LogGroupName"]),
];

/// The stack's name, as the template writes it, where its own metrics are.
const OWN: &str = "${AWS::StackName}";

/// A metric that is asked for: namespace, name, and the names of its dimensions.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Metric {
    namespace: String,
    name: String,
    dimensions: BTreeSet<String>,
}

impl Metric {
    fn of(namespace: &str, name: &str, dimensions: &[&str]) -> Self {
        let dimensions = dimensions.iter().map(|&name| name.to_owned()).collect();
        Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
    }

    /// The metric of a search, e.g. `SEARCH('{AWS/SQS,QueueName} MetricName="…" …', …)`.
    fn sought(expression: &str) -> Self {
        let (_, rest) = expression.split_once("SEARCH('{").expect("a search");
        let (schema, rest) = rest.split_once('}').unwrap();
        // The stack's name ends with a brace of its own.
        let (schema, rest) = match schema.strip_prefix("${AWS::StackName") {
            Some(_) => {
                let (dimensions, rest) = rest.split_once('}').unwrap();
                (format!("{OWN}{dimensions}"), rest)
            }
            None => (schema.to_owned(), rest),
        };
        let (_, name) = rest.split_once("MetricName=\"").unwrap();
        let mut schema = schema.split(',');
        let namespace = schema.next().unwrap().to_owned();
        let name = name.split('"').next().unwrap().to_owned();
        Self { namespace, name, dimensions: schema.map(str::to_owned).collect() }
    }

    /// The metric of a list of a widget, e.g. `["AWS/ApiGateway", "5xx", "ApiId", "…"]`.
    fn listed(parts: &[Value]) -> Self {
        let words: Vec<&str> = parts.iter().map_while(Value::as_str).collect();
        let [namespace, name, dimensions @ ..] = words.as_slice() else { panic!("{parts:?}") };
        let names: Vec<&str> = dimensions.iter().step_by(2).copied().collect();
        Self::of(namespace, name, &names)
    }
}

/// The widgets of the dashboard.
fn widgets(template: &Template) -> Vec<Value> {
    let body = &template.properties("Dashboard")["DashboardBody"]["Fn::Sub"];
    let body: Value = serde_json::from_str(body.as_str().unwrap()).expect("the body is JSON");
    body["widgets"].as_array().unwrap().clone()
}

/// What the template's filters count, and what the platform does.
fn known(template: &Template) -> BTreeSet<Metric> {
    let filters = template.of_type("AWS::Logs::MetricFilter").into_iter();
    let own = filters.map(|(_, filter)| {
        let made = &filter["MetricTransformations"][0];
        let keys = made["Dimensions"].as_array().into_iter().flatten();
        let keys: Vec<&str> = keys.map(|one| one["Key"].as_str().unwrap()).collect();
        Metric::of(OWN, made["MetricName"].as_str().unwrap(), &keys)
    });
    let platform = PLATFORM.iter().flat_map(|(namespace, names, dimensions)| {
        names.iter().map(|name| Metric::of(namespace, name, dimensions))
    });
    own.chain(platform).collect()
}

#[test]
fn the_dashboard_shows_metrics_that_somebody_counts_and_no_others() {
    let template = Template::read();
    let known = known(&template);
    let mut shown = BTreeSet::new();
    for widget in widgets(&template) {
        for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            let parts = metric.as_array().unwrap();
            let metric = match parts[0]["expression"].as_str() {
                Some(expression) => Metric::sought(expression),
                None => Metric::listed(parts),
            };
            assert!(known.contains(&metric), "nobody counts {metric:?}");
            shown.insert(metric);
        }
    }
    let unused = PLATFORM.iter().flat_map(|(namespace, names, dimensions)| {
        names.iter().map(|name| Metric::of(namespace, name, dimensions))
    });
    for metric in unused {
        assert!(shown.contains(&metric), "not shown: {metric:?}");
    }
    for name in ["NoticeSecondsOfAll", "OldestUnsentSeconds", "OldestBehindSeconds"] {
        assert!(shown.contains(&Metric::of(OWN, name, &[])), "not shown: {name}");
    }
}

#[test]
fn each_row_of_the_dashboard_names_a_section_of_the_guide() {
    let guide = file("docs/operations.md").to_lowercase();
    let template = Template::read();
    let rows: Vec<String> = widgets(&template)
        .iter()
        .filter_map(|widget| widget["properties"]["markdown"].as_str().map(str::to_owned))
        .collect();
    assert!(rows.len() >= 6, "{rows:?}");
    for row in &rows {
        let (_, link) = row.split_once("(docs/operations.md").unwrap_or_else(|| panic!("{row}"));
        let heading = link.trim_end_matches(')').trim_start_matches('#').replace('-', " ");
        assert!(guide.contains(&format!("# {heading}\n")) || heading.is_empty(), "{row}");
    }
}

/// Every field that a log line of the code can have.
fn logged() -> BTreeSet<String> {
    let mut fields = BTreeSet::from(["message".to_owned()]);
    for text in product_code().into_values() {
        for call in text.split("tracing::").skip(1) {
            let call = call.split(';').next().unwrap();
            let words = call.split(|c: char| !c.is_alphanumeric() && c != '_');
            fields.extend(words.map(str::to_owned));
        }
    }
    fields
}

#[test]
fn each_saved_query_asks_for_fields_and_words_that_the_code_writes() {
    let template = Template::read();
    let (fields, code) = (logged(), product_code());
    let access = &template.properties("HttpApiStage")["AccessLogSettings"]["Format"];
    let access: Value = serde_json::from_str(access.as_str().unwrap()).unwrap();
    let widgets = widgets(&template);
    let logs = widgets.iter().filter_map(|widget| widget["properties"]["query"].as_str());
    let saved = template.of_type("AWS::Logs::QueryDefinition");
    assert!(saved.len() >= 4);
    for query in logs.chain(saved.iter().map(|(_, saved)| saved["QueryString"].as_str().unwrap())) {
        for rest in query.split("fields.").skip(1) {
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(fields.contains(&name), "no line has {name}: {query}");
        }
        for rest in query.split("fields.message = '").skip(1) {
            let words = rest.split('\'').next().unwrap();
            let written = code.values().any(|text| text.contains(&format!("\"{words}\"")));
            assert!(written, "no line says {words}");
        }
        if query.contains("latencyMs") {
            for name in ["route", "status", "latencyMs"] {
                assert!(access[name].is_string(), "the access log has no {name}");
            }
        }
    }
    for (id, saved) in &saved {
        for group in saved["LogGroupNames"].as_array().into_iter().flatten() {
            assert!(template.0["Resources"][named(group)].is_object(), "{id}: {group}");
        }
    }
}
