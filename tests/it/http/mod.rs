//! What holds for every endpoint.

mod client_ip;
mod cookies;
mod cors;
mod forms;
mod headers;
mod limits;
mod methods;

/// Every path of the server, with the methods that it answers.
const PATHS: &[(&str, &[&str])] = &[
    ("/.well-known/openid-configuration", &["GET"]),
    ("/.well-known/oauth-authorization-server", &["GET"]),
    ("/jwks", &["GET"]),
    ("/status", &["GET"]),
    ("/status/0", &["GET"]),
    ("/token", &["POST"]),
    ("/userinfo", &["GET", "POST"]),
    ("/introspect", &["POST"]),
    ("/revoke", &["POST"]),
    ("/device_authorization", &["POST"]),
    ("/authorize", &["GET", "POST"]),
    ("/end_session", &["GET", "POST"]),
    ("/login", &["GET", "POST"]),
    ("/login/mfa", &["GET", "POST"]),
    ("/login/passkey", &["POST"]),
    ("/login/passkey/options", &["POST"]),
    ("/account", &["GET", "POST"]),
    ("/account/security", &["GET"]),
    ("/account/security/remove", &["POST"]),
    ("/account/security/recovery-codes", &["POST"]),
    ("/account/security/password", &["GET", "POST"]),
    ("/account/security/app", &["GET", "POST"]),
    ("/account/security/passkey", &["GET", "POST"]),
    ("/account/sessions", &["GET", "POST"]),
    ("/account/apps", &["GET", "POST"]),
    ("/account/email", &["GET", "POST"]),
    ("/account/activity", &["GET"]),
    ("/account/data", &["GET"]),
    ("/account/data/export", &["GET"]),
    ("/account/data/delete", &["GET", "POST"]),
    ("/account/api-keys", &["GET", "POST"]),
    ("/account/api-keys/new", &["GET", "POST"]),
    ("/change-email/x", &["GET", "POST"]),
    ("/revert-email/x", &["GET", "POST"]),
    ("/consent", &["GET", "POST"]),
    ("/device", &["GET", "POST"]),
    ("/device/confirm", &["POST"]),
    ("/logout", &["GET", "POST"]),
    ("/setup/x", &["GET", "POST"]),
    ("/reset-password", &["GET", "POST"]),
    ("/reset-password/x", &["GET", "POST"]),
    ("/unlock/x", &["GET", "POST"]),
    ("/verify-email", &["GET", "POST"]),
    ("/verify-email/x", &["GET", "POST"]),
    ("/signup", &["GET", "POST"]),
    ("/signup/x", &["GET", "POST"]),
    ("/", &["GET"]),
    ("/auth/login", &["POST"]),
    ("/auth/login/mfa", &["POST"]),
    ("/auth/refresh", &["POST"]),
    ("/auth/logout", &["POST"]),
    ("/auth/me", &["GET"]),
    ("/auth/openapi.json", &["GET"]),
    ("/auth/verify", &["GET"]),
    ("/auth/return", &["GET"]),
    ("/assets/x/app.css", &["GET"]),
    ("/favicon.ico", &["GET"]),
    ("/favicon.svg", &["GET"]),
    ("/healthz", &["GET"]),
    ("/readyz", &["GET"]),
];

/// Endpoints that clients call, which know no cookies.
const API: [&str; 10] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/jwks",
    "/status",
    "/status/0",
    "/token",
    "/userinfo",
    "/introspect",
    "/revoke",
    "/device_authorization",
];
