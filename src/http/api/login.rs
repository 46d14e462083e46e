//! `POST /auth/login` and `POST /auth/login/mfa`. Between the two nobody is signed in: what waits is a row of
//! `challenges`, bound to a random value that only the app has. Tests: tests/it/auth/{login,mfa}.rs.

use super::super::{Exchange, cookies};
use super::error::Problem;
use super::{Answer, ApiError, body, finish, guard, refresh_cookie, with_cookie};
use crate::cx::Cx;
use crate::id;
use crate::identity::browser::Browser;
use crate::identity::challenge::{self, Kind};
use crate::identity::factors::{self, Wrong};
use crate::identity::session::Proof;
use crate::identity::users::UserRow;
use crate::identity::{known_device, sign_in};
use crate::oauth::client::Client;
use crate::oauth::error::Failure;
use crate::oauth::first_party;
use crate::secret::Secret;
use axum::response::Response;
use std::sync::Arc;

/// `POST /auth/login`.
pub(in crate::http) async fn login(exchange: Exchange) -> Response {
    finish(&exchange, with_password(&exchange).await)
}

/// `POST /auth/login/mfa`.
pub(in crate::http) async fn second_step(exchange: Exchange) -> Response {
    finish(&exchange, with_code(&exchange).await)
}

async fn with_password(exchange: &Exchange) -> Answer {
    guard::post(exchange)?;
    let body = body::object(exchange.body(), &["email", "password"])?;
    let (email, password) = (body::text(&body, "email")?, body::text(&body, "password")?);
    let cx = &exchange.cx;
    let client = client(cx).await?;
    let user = sign_in::with_password(cx, email.trim(), Secret::new(password.to_owned())).await;
    let user = user.map_err(|denied| Problem::denied(cx, denied))?;
    // A password alone signs nobody in who has a second factor, or must have one.
    let held = factors::of(cx, &user).await;
    let held = held.map_err(|fault| failed(cx, fault.into()))?;
    if held.any() {
        return Err(begin(cx, &user).await?);
    }
    if held.required || client.metadata.require_mfa {
        return Err(ApiError::MfaEnrollmentRequired.into());
    }
    tokens(exchange, &client, user, sign_in::PASSWORD).await
}

async fn with_code(exchange: &Exchange) -> Answer {
    guard::post(exchange)?;
    let body = body::object(exchange.body(), &["mfa_token", "code"])?;
    let (token, code) = (body::text(&body, "mfa_token")?, body::text(&body, "code")?);
    let cx = &exchange.cx;
    let client = client(cx).await?;
    let (handle, secret) = token.split_once('.').ok_or(ApiError::InvalidCode)?;
    let waiting = challenge::find(cx, Kind::JsonSignIn, handle, &holder(secret)).await;
    let mut waiting = waiting
        .map_err(|fault| failed(cx, fault.into()))?
        .ok_or(ApiError::InvalidCode)?;
    let user = waiting.user.take().ok_or(ApiError::InvalidCode)?;
    match factors::verify(cx, &user, code).await {
        Ok(_) => {}
        Err(Wrong::Incorrect) => return Err(ApiError::InvalidCode.into()),
        Err(Wrong::TooManyAttempts(wait)) => return Err(Problem::too_many(wait)),
        Err(Wrong::Fault(fault)) => return Err(failed(cx, fault.into())),
    }
    let first = challenge::spend(cx, &waiting).await;
    if !first.map_err(|fault| failed(cx, fault.into()))? {
        return Err(ApiError::InvalidCode.into());
    }
    tokens(exchange, &client, user, factors::PASSWORD_AND_CODE).await
}

/// The password was right: what the app needs for the second step.
async fn begin(cx: &Cx, user: &UserRow) -> Result<Problem, Problem> {
    let secret = id::random::<32>(&*cx.app.entropy);
    let handle = challenge::begin(cx, Kind::JsonSignIn, &holder(&secret), Some(user), b"").await;
    let handle = handle.map_err(|fault| failed(cx, fault.into()))?;
    Ok(Problem::second_step(format!("{handle}.{secret}")))
}

/// Whoever has this value, in the place of a browser.
fn holder(secret: &str) -> Browser {
    Browser {
        id: secret.to_owned(),
        is_new: false,
        session: None,
    }
}

async fn client(cx: &Cx) -> Result<Arc<Client>, Problem> {
    first_party::client(cx)
        .await
        .map_err(|failure| failed(cx, failure))
}

async fn tokens(exchange: &Exchange, client: &Client, user: UserRow, proof: Proof) -> Answer {
    let cx = &exchange.cx;
    let device = known_device::remember(cx, &user);
    let tokens = first_party::begin(cx, client, user, proof).await;
    let tokens = tokens.map_err(|failure| failed(cx, failure))?;
    // What this browser had before ends: one cookie, one family (ASVS 7.2.4).
    if let Some(earlier) = refresh_cookie(exchange) {
        let ended = first_party::end(cx, earlier).await;
        ended.map_err(|fault| failed(cx, fault.into()))?;
    }
    let mut response = with_cookie(cx, &tokens);
    cookies::set_device(cx, &mut response, &device);
    Ok(response)
}

fn failed(cx: &Cx, failure: Failure) -> Problem {
    Problem::of(cx, failure, ApiError::InvalidCredentials)
}
