//! Everything that knows the web framework: listener, URL table, parsing, rendering.

mod api;
mod api_keys;
mod assets;
mod client_certificate;
mod client_ip;
mod cookies;
mod cors;
mod csrf;
mod exchange;
mod form;
pub mod protocol;
pub mod render;
mod routes;
mod security_headers;
mod server;
mod status;
mod tls;
mod wrap;

pub use api::ApiError;
pub use assets::url as asset_url;
pub use cookies::{clear_session, set_browser, set_device, set_session};
pub use csrf::check as check_csrf;
pub use exchange::Exchange;
pub use routes::{client_router, router};
pub use server::serve;
pub use tls::Listeners;
