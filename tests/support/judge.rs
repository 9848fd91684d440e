//! Each answer that a test gets at a door is held against the document of the API, whatever the test
//! is about: so no handler writes a status, a type or a field that `infra/openapi.yaml` does not have.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use jsonschema::Validator;
use platform::Failure;
use platform::http::{HttpReply, HttpRequest};
use serde_json::Value;

use crate::wiring::{Documents, fits};

/// The schemas that answers are judged by, made when the first answer of their kind comes.
struct Judge {
    documents: Documents,
    schemas: Mutex<HashMap<(String, i64), Arc<Validator>>>,
}

static JUDGE: LazyLock<Judge> =
    LazyLock::new(|| Judge { documents: Documents::read(), schemas: Mutex::default() });

/// What the handler answers, as the gateway passes it on, once the document has allowed it.
pub async fn served<F>(
    event: ApiGatewayV2httpRequest,
    handler: impl FnOnce(HttpRequest) -> F,
) -> ApiGatewayV2httpResponse
where
    F: Future<Output = Result<HttpReply, Failure>>,
{
    let route = event.route_key.clone().unwrap_or_default();
    // Boxed: a test's thread has a quarter of the stack of a process, and holds many of these.
    let response = Box::pin(platform::http::serve(event, handler)).await;
    JUDGE.judge(&route, &response);
    response
}

impl Judge {
    fn judge(&self, route: &str, response: &ApiGatewayV2httpResponse) {
        let status = response.status_code;
        let operation = self.documents.operation(route);
        if operation.is_null() {
            assert_eq!(status, 404, "{route} is a route of no document");
            return;
        }
        let text = match &response.body {
            Some(Body::Text(text)) => text.as_str(),
            Some(_) | None => "",
        };
        let told = self.documents.response(operation, status);
        assert!(!told.is_null(), "{route} answers {status}, which it does not document: {text}");
        let media = response.headers.get("content-type").map(|media| media.to_str().unwrap());
        let Some(content) = told["content"].as_object() else {
            assert_eq!(text, "", "{route} {status} has a body, and documents none");
            return;
        };
        let media = media.unwrap_or_default();
        if status >= 400 && media.starts_with("text/html") {
            // The page of a failure, for people at a browser; what it says `published::` asks.
            return;
        }
        let content = content.get(media).or_else(|| content.get(media.split(';').next()?));
        let content = content.unwrap_or_else(|| panic!("{route} {status} documents no {media}"));
        if !media.contains("json") {
            return;
        }
        let body: Value = serde_json::from_str(text).unwrap();
        let schema = self.schema((route.to_owned(), status), &content["schema"]);
        assert_eq!(fits(&schema, &body), Ok(()), "{route} {status}: {body}");
    }

    fn schema(&self, answer: (String, i64), schema: &Value) -> Arc<Validator> {
        let mut known = self.schemas.lock().unwrap_or_else(|broken| broken.into_inner());
        let made = || Arc::new(self.documents.validator(schema));
        Arc::clone(known.entry(answer).or_insert_with(made))
    }
}
