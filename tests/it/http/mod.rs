//! What holds for every endpoint.

mod client_ip;
mod cookies;
mod cors;
mod forms;
mod headers;
mod limits;
mod methods;

/// Every path of the server, with the methods that it answers.
const PATHS: [(&str, &[&str]); 27] = [
    ("/.well-known/openid-configuration", &["GET"]),
    ("/.well-known/oauth-authorization-server", &["GET"]),
    ("/jwks", &["GET"]),
    ("/token", &["POST"]),
    ("/userinfo", &["GET", "POST"]),
    ("/introspect", &["POST"]),
    ("/revoke", &["POST"]),
    ("/device_authorization", &["POST"]),
    ("/authorize", &["GET", "POST"]),
    ("/end_session", &["GET", "POST"]),
    ("/login", &["GET", "POST"]),
    ("/consent", &["GET", "POST"]),
    ("/device", &["GET", "POST"]),
    ("/device/confirm", &["POST"]),
    ("/logout", &["GET", "POST"]),
    ("/setup/x", &["GET", "POST"]),
    ("/", &["GET"]),
    ("/auth/login", &["POST"]),
    ("/auth/login/mfa", &["POST"]),
    ("/auth/refresh", &["POST"]),
    ("/auth/logout", &["POST"]),
    ("/auth/me", &["GET"]),
    ("/auth/openapi.json", &["GET"]),
    ("/auth/verify", &["GET"]),
    ("/auth/return", &["GET"]),
    ("/favicon.ico", &["GET"]),
    ("/healthz", &["GET"]),
];

/// Endpoints that clients call, which know no cookies.
const API: [&str; 8] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/jwks",
    "/token",
    "/userinfo",
    "/introspect",
    "/revoke",
    "/device_authorization",
];
