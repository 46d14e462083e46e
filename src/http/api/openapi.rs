//! The OpenAPI document. Errors come from the table that the answers come from; a test compares paths and answers.

use super::ApiError;
use crate::config::Config;
use serde_json::{Map, Value, json};

use ApiError::{
    Forbidden, InvalidCode, InvalidCredentials, InvalidRefreshToken, InvalidRequest, InvalidToken,
    MfaEnrollmentRequired, MfaRequired, OriginNotAllowed, ServerError, TemporarilyUnavailable, TooLarge,
    TooManyAttempts, UnsupportedMediaType,
};

const POST: [ApiError; 6] = [
    InvalidRequest,
    TooLarge,
    UnsupportedMediaType,
    OriginNotAllowed,
    ServerError,
    TemporarilyUnavailable,
];

/// The document for this server.
pub(super) fn document(config: &Config) -> Value {
    let mut paths = Map::new();
    if config.api.enabled {
        paths.insert("/auth/login".to_owned(), json!({ "post": login() }));
        paths.insert("/auth/login/mfa".to_owned(), json!({ "post": second_step() }));
        paths.insert("/auth/refresh".to_owned(), json!({ "post": refresh() }));
        paths.insert("/auth/logout".to_owned(), json!({ "post": logout() }));
        paths.insert("/auth/me".to_owned(), json!({ "get": me() }));
    }
    let name = match config.public_url.is_https() {
        true => "__Host-kw-refresh",
        false => "kw-refresh",
    };
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Keywright: sign-in by JSON",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "For first-party apps. Keep the access token in memory; the refresh token is in a cookie that no script can read.",
        },
        "servers": [{ "url": config.public_url.as_str() }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "refresh": { "type": "apiKey", "in": "cookie", "name": name },
            },
            "schemas": schemas(),
        },
    })
}

fn login() -> Value {
    let own = [
        InvalidCredentials,
        MfaRequired,
        MfaEnrollmentRequired,
        TooManyAttempts,
        Forbidden,
    ];
    let mut answers = errors(&[&POST[..], &own].concat());
    answers.insert("200".to_owned(), tokens());
    json!({
        "operationId": "login",
        "summary": "Signs somebody in with email and password.",
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Credentials" } } },
        },
        "responses": answers,
    })
}

fn second_step() -> Value {
    let mut answers = errors(&[&POST[..], &[InvalidCode, TooManyAttempts, Forbidden]].concat());
    answers.insert("200".to_owned(), tokens());
    json!({
        "operationId": "secondStep",
        "summary": "Goes on after mfa_required, with a code of an authenticator app or a recovery code.",
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Code" } } },
        },
        "responses": answers,
    })
}

fn refresh() -> Value {
    let mut answers = errors(&[&POST[..], &[InvalidRefreshToken, Forbidden]].concat());
    answers.insert("200".to_owned(), tokens());
    json!({
        "operationId": "refresh",
        "summary": "Replaces the refresh cookie and gives a new access token.",
        "security": [{ "refresh": [] }],
        "requestBody": empty(),
        "responses": answers,
    })
}

fn logout() -> Value {
    let mut answers = errors(&POST);
    answers.insert(
        "204".to_owned(),
        json!({ "description": "Signed out, also where nobody was signed in." }),
    );
    json!({
        "operationId": "logout",
        "summary": "Ends the refresh cookie and the access token.",
        "security": [{ "refresh": [], "bearer": [] }, { "refresh": [] }, { "bearer": [] }, {}],
        "requestBody": empty(),
        "responses": answers,
    })
}

fn me() -> Value {
    let mut answers = errors(&[InvalidToken, ServerError, TemporarilyUnavailable]);
    answers.insert(
        "200".to_owned(),
        content("Who the access token is about.", "#/components/schemas/User"),
    );
    json!({
        "operationId": "me",
        "summary": "Tells who is signed in.",
        "security": [{ "bearer": [] }],
        "responses": answers,
    })
}

fn tokens() -> Value {
    content(
        "Signed in; Set-Cookie has the refresh token.",
        "#/components/schemas/Tokens",
    )
}

fn empty() -> Value {
    json!({
        "description": "Nothing, or an empty object; Content-Type is application/json in any case.",
        "content": { "application/json": { "schema": { "type": "object", "maxProperties": 0 } } },
    })
}

fn content(description: &str, schema: &str) -> Value {
    json!({
        "description": description,
        "content": { "application/json": { "schema": { "$ref": schema } } },
    })
}

/// One response per status; it names every code that comes with it.
fn errors(errors: &[ApiError]) -> Map<String, Value> {
    let mut answers = Map::new();
    for error in errors {
        let (_, status, _) = error.row();
        let same = errors.iter().filter(|other| other.row().1 == status);
        let described: Vec<String> = same
            .map(|error| format!("`{}`: {}", error.code(), error.row().2))
            .collect();
        let answer = content(&described.join(" "), "#/components/schemas/Error");
        answers.insert(status.to_string(), answer);
    }
    answers
}

fn schemas() -> Value {
    let mut codes: Vec<&str> = ApiError::ALL.iter().map(|error| error.code()).collect();
    codes.dedup();
    json!({
        "Credentials": {
            "type": "object",
            "required": ["email", "password"],
            "additionalProperties": false,
            "properties": {
                "email": { "type": "string", "minLength": 1 },
                "password": { "type": "string", "minLength": 1 },
            },
        },
        "Code": {
            "type": "object",
            "required": ["mfa_token", "code"],
            "additionalProperties": false,
            "properties": {
                "mfa_token": { "type": "string", "minLength": 1 },
                "code": { "type": "string", "minLength": 1 },
            },
        },
        "Tokens": {
            "type": "object",
            "required": ["access_token", "token_type", "expires_in"],
            "additionalProperties": false,
            "properties": {
                "access_token": { "type": "string" },
                "token_type": { "type": "string", "enum": ["Bearer"] },
                "expires_in": { "type": "integer" },
            },
        },
        "User": {
            "type": "object",
            "required": ["sub"],
            "properties": {
                "sub": { "type": "string" },
                "email": { "type": "string" },
                "email_verified": { "type": "boolean" },
                "name": { "type": "string" },
                "preferred_username": { "type": "string" },
                "roles": { "type": "array" },
            },
        },
        "Error": {
            "type": "object",
            "required": ["error", "error_description"],
            "additionalProperties": false,
            "properties": {
                "error": { "type": "string", "enum": codes },
                "error_description": { "type": "string" },
                "mfa_token": { "type": "string", "description": "With mfa_required only; good for five minutes." },
            },
        },
    })
}
