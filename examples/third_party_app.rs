//! A web application with single sign-on by the `openidconnect` crate: code flow with PKCE, state and nonce.
//!
//! ```text
//! KEYWRIGHT_ISSUER=http://localhost:8080 CLIENT_ID=demo-web CLIENT_SECRET=… LISTEN=127.0.0.1:3000 \
//!   cargo run --example third_party_app
//! ```
//!
//! What protects a sign-in stays on the server; the browser holds a random cookie. Restarting signs everybody out.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, TokenResponse,
};
use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

const COOKIE: &str = "app_session";

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

struct App {
    oidc: Client,
    http: reqwest::Client,
    sessions: Mutex<HashMap<String, Session>>,
}

/// What the server remembers of one browser.
enum Session {
    /// On its way through the sign-in.
    Pending {
        state: CsrfToken,
        nonce: Nonce,
        pkce: PkceCodeVerifier,
    },
    /// Signed in.
    Person { email: String },
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen = setting("LISTEN")?;
    // The library reads many addresses of the provider from discovery; it must follow no redirects there.
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let issuer = IssuerUrl::new(setting("KEYWRIGHT_ISSUER")?)?;
    let metadata =
        CoreProviderMetadata::discover_async(issuer, &|request| send(http.clone(), request)).await?;
    let oidc = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(setting("CLIENT_ID")?),
        Some(ClientSecret::new(setting("CLIENT_SECRET")?)),
    )
    .set_redirect_uri(RedirectUrl::new(format!("http://{listen}/callback"))?);
    let app = Arc::new(App {
        oidc,
        http,
        sessions: Mutex::default(),
    });
    let routes = Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/logout", post(logout))
        .with_state(app);
    println!("open http://{listen}/");
    axum::serve(tokio::net::TcpListener::bind(&listen).await?, routes).await?;
    Ok(())
}

async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> Html<String> {
    let sessions = app.sessions.lock().unwrap_or_else(PoisonError::into_inner);
    match session_id(&headers).and_then(|id| sessions.get(id)) {
        Some(Session::Person { email }) => page(&format!(
            "<p>Hello, <strong id=email>{}</strong>!</p><form method=post action=/logout><button>Sign out</button></form>",
            escape(email)
        )),
        _ => page("<p>Nobody is signed in.</p><p><a href=/login>Sign in</a></p>"),
    }
}

/// Sends the browser to the authorization endpoint (OIDC Core §3.1.2.1).
async fn login(State(app): State<Arc<App>>) -> Response {
    let (challenge, pkce) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = app
        .oidc
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    start(
        &app,
        Session::Pending { state, nonce, pkce },
        Redirect::to(url.as_str()),
    )
}

/// Receives the code and exchanges it for an ID token (OIDC Core §3.1.2.5, §3.1.3).
async fn callback(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query: HashMap<String, String> = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .into_owned()
        .collect();
    // Taken out, so that one sign-in can be finished once only.
    let pending = session_id(&headers).and_then(|id| {
        app.sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id)
    });
    let Some(Session::Pending { state, nonce, pkce }) = pending else {
        return refuse("This sign-in was not started here.");
    };
    if query.get("state") != Some(state.secret()) {
        return refuse("This answer belongs to another sign-in.");
    }
    let Some(code) = query.get("code") else {
        return refuse(query.get("error").map_or("No code.", String::as_str));
    };
    match exchange(&app, code, pkce, &nonce).await {
        // A new identifier at sign-in, so that one known from before is worth nothing.
        Ok(email) => start(&app, Session::Person { email }, Redirect::to("/")),
        Err(error) => refuse(&error.to_string()),
    }
}

async fn exchange(
    app: &App,
    code: &str,
    pkce: PkceCodeVerifier,
    nonce: &Nonce,
) -> Result<String, Box<dyn Error + Send + Sync>> {
    let http = app.http.clone();
    let tokens = app
        .oidc
        .exchange_code(AuthorizationCode::new(code.to_owned()))?
        .set_pkce_verifier(pkce)
        .request_async(&|request| send(http.clone(), request))
        .await?;
    let id_token = tokens.id_token().ok_or("no ID token")?;
    // An account is known by issuer and subject (OIDC Core §5.7); the address is only for the greeting.
    let claims = id_token.claims(&app.oidc.id_token_verifier(), nonce)?;
    match claims.email() {
        Some(email) => Ok(email.to_string()),
        None => {
            // Claims of a scope are at userinfo (OIDC Core §5.4); `sub` must be that of the ID token (§5.3.2).
            let request = app
                .oidc
                .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))?;
            let person: openidconnect::core::CoreUserInfoClaims = request
                .request_async(&|request| send(http.clone(), request))
                .await?;
            Ok(person.email().ok_or("no e-mail address")?.to_string())
        }
    }
}

async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Redirect {
    if let Some(id) = session_id(&headers) {
        app.sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
    }
    Redirect::to("/")
}

/// Remembers a session under a new random identifier, which only the cookie holds.
fn start(app: &App, session: Session, to: Redirect) -> Response {
    let id = CsrfToken::new_random_len(32).secret().clone();
    app.sessions
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(id.clone(), session);
    // Behind https, add `Secure` and the prefix `__Host-`.
    let cookie = format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax");
    ([(header::SET_COOKIE, cookie)], to).into_response()
}

fn session_id(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies
        .split("; ")
        .find_map(|cookie| cookie.strip_prefix(COOKIE)?.strip_prefix('='))
}

fn refuse(why: &str) -> Response {
    let body = page(&format!(
        "<p>{}</p><p><a href=/login>Try again</a></p>",
        escape(why)
    ));
    (StatusCode::BAD_REQUEST, body).into_response()
}

fn page(body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><link rel=icon href=data:,><title>Third-party app</title><main>{body}</main>"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The transport that the library asks for, on the one HTTP client.
async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let answer = http.execute(request.try_into()?).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

#[expect(
    clippy::disallowed_methods,
    reason = "an example is configured by its environment"
)]
fn setting(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("set {name}; `keywright dev --json` prints what to use"))
}
