//! The tokens: what is in them. Who may have them is decided before, in `token/`.

pub mod access_token;
pub mod claims;
pub mod id_token;
pub mod refresh_token;
