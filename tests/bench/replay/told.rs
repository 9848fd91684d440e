//! What the read side says of the time that was played, beside what was published.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use aws_lambda_events::encodings::Body;
use domain::delivery::Delivery;
use domain::kpi::KpiRow;
use domain::period::Period;
use jiff::{Timestamp, ToSpan};
use platform::http;
use platform::port::DeliveryLedger;
use serde_json::{Value, json};

use crate::model::{Quotas, Replayed};
use crate::play::Stage;
use crate::portal::{Bridge, portal_id};

/// One figure, from three sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Which.
    pub figure: &'static str,
    /// As published.
    pub published: String,
    /// As the quotas of this scale ask for; nothing where the model says nothing.
    pub expected: Option<String>,
    /// As the read side answers.
    pub computed: String,
}

impl Compared {
    /// Whether what was to come out came out.
    pub fn holds(&self) -> bool {
        self.expected.as_ref().is_none_or(|expected| *expected == self.computed)
    }
}

/// What `GET /v1/kpi` says of a period, to the portal.
pub async fn answer(stage: &Stage, period: &str, by: &str, now: Timestamp) -> Value {
    let event = json!({
        "version": "2.0", "routeKey": "GET /v1/kpi", "rawPath": "/v1/kpi", "rawQueryString": "", "headers": {},
        "queryStringParameters": { "period": period, "by": by, "limit": "500" }, "pathParameters": {},
        "requestContext": {
            "accountId": "000000000000", "apiId": "api", "domainName": "localhost", "requestId": "replay",
            "routeKey": "GET /v1/kpi", "stage": "$default", "time": "", "timeEpoch": 0,
            "http": { "method": "GET", "path": "/v1/kpi", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
            "authorizer": { "jwt": { "claims": { "sub": "portal", "role": "portal" }, "scopes": null } },
        },
        "isBase64Encoded": false,
    });
    let request: ApiGatewayV2httpRequest = serde_json::from_value(event).unwrap();
    let reply = http::serve(request, |request| {
        read_kpi::handle(
            request,
            read_kpi::Tables {
                figures: &stage.figures,
                dossiers: &stage.dossiers,
                ledger: &stage.deliveries,
                feedback: &stage.feedback,
                live: &stage.live,
                notices: &stage.notices,
            },
            &stage.catalogue,
            now,
        )
    })
    .await;
    match reply.body {
        Some(Body::Text(text)) if reply.status_code == 200 => serde_json::from_str(&text).unwrap(),
        other => panic!("GET /v1/kpi answers {}: {other:?}", reply.status_code),
    }
}

/// The figures of an answer, or of one of its items.
pub fn figures(answer: &Value) -> KpiRow {
    serde_json::from_value(answer["figures"].clone()).unwrap()
}

/// The name of the whole time.
pub fn period(replayed: &Replayed) -> String {
    let (first, last) = (replayed.first, replayed.last);
    let whole: Period = first.year().to_string().parse().unwrap();
    if (whole.first(), whole.last()) == (first, last) {
        whole.to_string()
    } else {
        format!("{first}..{last}")
    }
}

/// Every published figure beside the computed one, and what must hold besides.
pub fn compare(
    replayed: &Replayed,
    quotas: &Quotas,
    answer: &Value,
    stage: &Stage,
) -> Vec<Compared> {
    let (row, published) = (figures(&answer["total"]), &replayed.published);
    let days = replayed.first.series(1.day()).take_while(|day| *day <= replayed.last);
    let (all, working): (Vec<_>, Vec<_>) = (
        days.clone().collect(),
        days.filter(|day| stage.catalogue.calendar().kind(*day).unwrap().is_working()).collect(),
    );
    let resolved = quotas.resolved();
    let share =
        domain::kpi::report::share(quotas.early + quotas.on_time, resolved).unwrap_or_default();
    let line = |figure, published: &str, expected: String, computed: String| Compared {
        figure,
        published: published.to_owned(),
        expected: Some(expected),
        computed,
    };
    let count = |figure, published: &str, expected: u64, computed: u64| {
        line(figure, published, grouped(expected), grouped(computed))
    };
    let percent = |hundredths: u64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let per_day = row.received / u64::try_from(working.len()).unwrap();
    vec![
        count("received", &published.received, quotas.received, row.received),
        count("resolved", &published.resolved, resolved, row.resolved),
        line(
            "on time, % of resolved",
            &published.on_time,
            percent(share),
            answer["total"]["onTimePercent"].as_str().unwrap_or_default().to_owned(),
        ),
        count("open at the end", &published.open, quotas.open, row.open()),
        count("early", "", quotas.early, row.early),
        count("on the day", "", quotas.on_time, row.on_time),
        count("late", "", quotas.late, row.late),
        count("handed in", "", quotas.received + quotas.refused, row.submitted),
        count("refused unreceived", "", quotas.refused, row.refused_unreceived),
        count("carried over", "", 0, row.carried_over),
        count(
            "days counted",
            "",
            u64::try_from(all.len()).unwrap(),
            answer["daysCounted"].as_u64().unwrap_or_default(),
        ),
        Compared {
            figure: "received a working day",
            published: published.per_working_day.clone(),
            expected: None,
            computed: format!("{} on {} days", grouped(per_day), working.len()),
        },
    ]
}

/// What the portal has of the dossiers with these codes, beside their histories and the ledger.
pub async fn synchronised(
    replayed: &Replayed,
    codes: &[String],
    stage: &Stage,
    bridge: &Bridge,
) -> Vec<Compared> {
    let (mut entries, mut acknowledged, mut in_step) = (0, 0, 0);
    for code in codes {
        let dossier = stage.dossier(code).await;
        let line = stage.deliveries.line(&dossier.code, &portal_id()).await;
        let line = line.unwrap_or_else(|failure| panic!("{code}: {}", failure.chain()));
        entries += dossier.version;
        acknowledged += line.as_ref().map_or(0, Delivery::acknowledged);
        let stands = line.is_some_and(|line| !line.is_behind() && line.owed() == dossier.version);
        in_step += u64::from(stands && bridge.has(&dossier));
    }
    let all = u64::try_from(codes.len()).unwrap_or(u64::MAX);
    let share = domain::kpi::report::share(in_step, all).unwrap_or_default();
    let published = replayed.published.synchronised.clone().unwrap_or_default();
    let counts = bridge.portal.counts();
    let line = |figure, published, expected: String, computed: String| Compared {
        figure,
        published,
        expected: Some(expected),
        computed,
    };
    let count = |figure, expected: u64, computed: u64| {
        line(figure, String::new(), grouped(expected), grouped(computed))
    };
    vec![
        line(
            "in step, % of dossiers",
            published,
            "100.00".to_owned(),
            format!("{}.{:02}", share / 100, share % 100),
        ),
        count("statuses acknowledged", entries, acknowledged),
        count("steps at the portal", entries, counts.steps),
        count("steps out of order", 0, counts.disorders),
    ]
}

/// `265,740`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
