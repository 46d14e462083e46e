//! Which page comes next. The reasons to sign in or to consent are rows; with `prompt=none` the first that applies
//! *is* the error (OIDC Core §3.1.2.6).

use super::checks::AuthorizationRequest;
use super::pending::Pending;
use super::return_to::ReturnTo;
use crate::cx::Cx;
use crate::identity::browser::Browser;
use crate::oauth::client::Client;
use crate::oauth::discovery::{ACR_MFA, ACR_PASSWORD};
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::{ErrorCode, Refusal, Result};
use crate::oauth::redirect_uri::Delivery;
use crate::oauth::step_up;
use crate::oauth::tokens::access_token::SKEW;
use crate::storage::consents;
use crate::storage::sessions::LiveSession;

/// What the user has just answered on the consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    None,
    /// Allow.
    Allow,
    /// Cancel.
    Deny,
}

/// What comes next.
pub(super) enum Step {
    /// Sign in.
    Login,
    /// Prove a second factor.
    SecondFactor,
    /// Consent.
    Consent,
    /// Nothing: a code for this session; the scope to remember as allowed, if it was just allowed.
    Done(Box<LiveSession>, Option<Scope>),
    /// The user said no.
    Denied,
}

/// What the rows look at.
struct State<'a> {
    client: &'a Client,
    request: &'a AuthorizationRequest,
    session: Option<&'a LiveSession>,
    /// The user has signed in for this very request.
    fresh: bool,
    remembered: Option<Scope>,
    answer: Answer,
    delivery: Delivery,
    /// Two factors are a must for this client or this user, and the session has proved one.
    mfa_missing: bool,
    now: i64,
}

struct Check {
    error: ErrorCode,
    description: &'static str,
    page: Page,
    needed: fn(&State<'_>) -> bool,
}

#[derive(Clone, Copy)]
enum Page {
    Login,
    SecondFactor,
    Consent,
}

static CHECKS: &[Check] = &[
    Check {
        error: ErrorCode::LoginRequired,
        description: "The user is not signed in.",
        page: Page::Login,
        needed: |state| state.session.is_none(),
    },
    Check {
        error: ErrorCode::LoginRequired,
        description: "The client wants the user to sign in again.",
        page: Page::Login,
        needed: |state| state.request.prompt.login && !state.fresh,
    },
    Check {
        error: ErrorCode::LoginRequired,
        description: "The client wants the user to choose an account.",
        page: Page::Login,
        needed: |state| state.request.prompt.select_account && !state.fresh,
    },
    Check {
        error: ErrorCode::LoginRequired,
        description: "The last sign-in is older than max_age.",
        page: Page::Login,
        needed: |state| match (state.request.max_age, state.session) {
            (Some(max_age), Some(session)) => !state.fresh && too_old(session, max_age, state.now),
            _ => false,
        },
    },
    Check {
        error: ErrorCode::LoginRequired,
        description: "Another user is signed in than the client expects.",
        page: Page::Login,
        needed: |state| match (&state.request.subject, state.session) {
            (Some(subject), Some(session)) => *subject != session.user_id,
            _ => false,
        },
    },
    Check {
        error: ErrorCode::LoginRequired,
        description: "The user must prove a second factor.",
        page: Page::SecondFactor,
        needed: |state| state.mfa_missing || state.session.is_some_and(|s| !reaches(s, &state.request.acr)),
    },
    Check {
        error: ErrorCode::ConsentRequired,
        description: "The user has not allowed this yet.",
        page: Page::Consent,
        needed: consent_needed,
    },
];

/// `max_age=0` asks for a sign-in now (OIDC Core §3.1.2.1).
fn too_old(session: &LiveSession, max_age: i64, now: i64) -> bool {
    max_age == 0 || now.saturating_sub(session.auth_time) > max_age
}

/// Whether the session is of one of the classes asked for; two factors include the password alone.
fn reaches(session: &LiveSession, asked: &[&str]) -> bool {
    asked.is_empty() || asked.contains(&ACR_PASSWORD) || session.acr == ACR_MFA
}

fn consent_needed(state: &State<'_>) -> bool {
    if state.answer == Answer::Allow {
        return false;
    }
    // RFC 8252 §8.6: any program of the device could pose as a public client there, so nothing is remembered.
    let anybody = state.client.is_public() && state.delivery != Delivery::Exact;
    let allowed = |scope: &Scope| scope.includes(&state.request.consent);
    let remembered = !anybody && state.remembered.as_ref().is_some_and(allowed);
    state.request.prompt.consent || !(state.client.metadata.skip_consent || remembered)
}

/// Finds the first row that applies.
pub(super) async fn next_step(
    cx: &Cx,
    client: &Client,
    request: &AuthorizationRequest,
    return_to: &ReturnTo,
    browser: &Browser,
    pending: Option<&Pending>,
    answer: Answer,
) -> Result<Step> {
    let session = browser.session.as_ref();
    let remembered = match session {
        Some(session) => consents::find(cx.app.db.read(), &session.user_id, &client.id).await?,
        None => None,
    };
    let mfa_missing = match session {
        Some(session) => step_up::is_missing(cx, client, session).await?,
        None => false,
    };
    let state = State {
        client,
        request,
        session,
        fresh: pending.is_some_and(|pending| signed_in_for(pending, session)),
        remembered: remembered.as_deref().map(Scope::parse).transpose()?,
        answer,
        mfa_missing,
        delivery: return_to.redirect().delivery(),
        now: cx.now.0,
    };
    if let Some(check) = CHECKS.iter().find(|check| (check.needed)(&state)) {
        // With `prompt=none` nothing may be asked. Somebody who has just signed in and is still not the expected user
        // would be asked for ever.
        if request.prompt.none || (state.fresh && matches!(check.page, Page::Login)) {
            return Err(Refusal::new(check.error, check.description).into());
        }
        return Ok(match (check.page, answer) {
            (Page::Consent, Answer::Deny) => Step::Denied,
            (Page::Consent, _) => Step::Consent,
            (Page::Login, _) => Step::Login,
            (Page::SecondFactor, _) => Step::SecondFactor,
        });
    }
    match session {
        Some(_) if answer == Answer::Deny => Ok(Step::Denied),
        Some(session) => {
            let before = state.remembered.unwrap_or_else(Scope::empty);
            let allowed = (answer == Answer::Allow).then(|| before.union(&request.consent));
            Ok(Step::Done(Box::new(session.clone()), allowed))
        }
        None => Ok(Step::Login),
    }
}

/// A sign-in makes a new session cookie, so one that was not there when the request came is a sign-in since then.
fn signed_in_for(pending: &Pending, session: Option<&LiveSession>) -> bool {
    session.is_some_and(|session| {
        pending.prior_sign_in != Some(session.sign_in()) && session.auth_time + SKEW.0 >= pending.created_at.0
    })
}
