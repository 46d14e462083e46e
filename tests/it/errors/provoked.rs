//! Every error code as a client meets it. The `match` has an arm per code: a new code needs a way to provoke it.

use super::is_describable;
use crate::support::{Answer, TestApp, basic};
use keywright::oauth::client::Metadata;
use keywright::oauth::error::ErrorCode;

/// How an error reached the client.
enum Seen {
    /// As JSON, with its status.
    Json(Answer),
    /// By redirect.
    Back(Answer),
}

const DEVICE: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:device_code");

#[tokio::test]
async fn every_code_reaches_the_client_by_its_name_and_status() {
    for &code in ErrorCode::ALL {
        let (name, status, _) = code.row();
        let app = TestApp::new().await;
        match provoke(&app, code).await {
            Seen::Json(answer) => {
                answer.refused(status, name);
                assert_eq!(answer.header("content-type"), "application/json", "{name}");
                let json = answer.json();
                let description = json["error_description"].as_str().unwrap();
                assert!(is_describable(description), "{name}: {description}");
                let members = json.as_object().unwrap().len();
                assert_eq!(members, 2, "{name}: nothing else is told");
            }
            Seen::Back(answer) => {
                answer.back_with("https://spa.test/cb", name);
                assert_eq!(answer.returned("state").as_deref(), Some("the-state"));
                let description = answer.returned("error_description").unwrap();
                assert!(is_describable(&description), "{name}: {description}");
                assert_eq!(answer.all_returned(), ["error", "state", "iss"]);
            }
        }
    }
}

async fn provoke(app: &TestApp, code: ErrorCode) -> Seen {
    match code {
        ErrorCode::InvalidRequest => token(app, &[]).await,
        ErrorCode::UnsupportedGrantType => token(app, &[("grant_type", "password")]).await,
        ErrorCode::UnauthorizedClient => {
            token(app, &[("grant_type", "refresh_token"), ("refresh_token", "x")]).await
        }
        ErrorCode::InvalidScope => {
            token(app, &[("grant_type", "client_credentials"), ("scope", "admin")]).await
        }
        ErrorCode::InvalidTarget => {
            let resource = ("resource", "https://other.test");
            token(app, &[("grant_type", "client_credentials"), resource]).await
        }
        ErrorCode::InvalidClient => {
            let form = [("grant_type", "client_credentials")];
            Seen::Json(app.post_as(&basic("nobody", "x"), "/token", &form).await)
        }
        ErrorCode::InvalidGrant => Seen::Json(app.spa().await.redeem("x").await),
        ErrorCode::ServerError => key_is_missing(app).await,
        ErrorCode::TemporarilyUnavailable => {
            let spa = app.spa().await;
            app.app.db.close().await;
            Seen::Json(spa.redeem("x").await)
        }
        ErrorCode::AuthorizationPending => device(app, 0, 1).await,
        ErrorCode::SlowDown => device(app, 0, 2).await,
        ErrorCode::ExpiredToken => device(app, 600, 1).await,
        ErrorCode::InvalidToken => Seen::Json(app.userinfo("x").await),
        ErrorCode::InsufficientScope => {
            let spa = app.spa().await;
            let tokens = spa.tokens(&mut app.alice().await, &[("scope", "email")]).await;
            Seen::Json(app.userinfo(&tokens.access_token).await)
        }
        ErrorCode::AccessDenied => denied(app).await,
        ErrorCode::LoginRequired => {
            let address = app.spa().await.authorize_url(&[("prompt", "none")]);
            Seen::Back(app.browser().get(&address).await)
        }
        ErrorCode::ConsentRequired => authorize(app, "prompt", "none").await,
        ErrorCode::UnsupportedResponseType => authorize(app, "response_type", "token").await,
        ErrorCode::UnmetAuthenticationRequirements => {
            let claims = r#"{"id_token":{"acr":{"essential":true,"value":"urn:mace:phr"}}}"#;
            authorize(app, "claims", claims).await
        }
        ErrorCode::RequestNotSupported => authorize(app, "request", "e30.e30.").await,
        ErrorCode::RequestUriNotSupported => authorize(app, "request_uri", "https://canary.test/").await,
        ErrorCode::RegistrationNotSupported => authorize(app, "registration", "{}").await,
    }
}

async fn token(app: &TestApp, form: &[(&str, &str)]) -> Seen {
    Seen::Json(app.service().await.post("/token", form).await)
}

async fn authorize(app: &TestApp, parameter: &str, value: &str) -> Seen {
    let address = app.spa().await.authorize_url(&[(parameter, value)]);
    Seen::Back(app.alice().await.get(&address).await)
}

async fn denied(app: &TestApp) -> Seen {
    let spa = app.spa().await;
    let mut alice = app.alice().await;
    let to_consent = alice.get(&spa.authorize_url(&[])).await;
    let page = alice.follow(&to_consent).await;
    Seen::Back(alice.decide(&page, "deny").await)
}

/// A device that polls `times` times after `seconds`.
async fn device(app: &TestApp, seconds: i64, times: usize) -> Seen {
    let device = app.device().await;
    let authorization = device.post("/device_authorization", &[]).await.json();
    app.clock.advance(seconds);
    let code = authorization["device_code"].as_str().unwrap();
    let mut answer = device.post("/token", &[DEVICE, ("device_code", code)]).await;
    for _ in 1..times {
        answer = device.post("/token", &[DEVICE, ("device_code", code)]).await;
    }
    Seen::Json(answer)
}

/// A client whose algorithm has no key: nothing that it could have done better.
async fn key_is_missing(app: &TestApp) -> Seen {
    let service = app.service().await;
    let metadata = Metadata {
        access_token_signed_response_alg: Some("EdDSA".to_owned()),
        ..service.metadata.clone()
    };
    app.change_client("svc", &metadata).await;
    let form = [("grant_type", "client_credentials")];
    Seen::Json(service.post("/token", &form).await)
}
