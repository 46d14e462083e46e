//! `[forward_auth]`: apps behind a proxy that asks `/auth/verify`.

use super::api::origins;
use super::reader::Reader;
use super::setting::{Kind, Setting};

/// Apps behind a proxy that asks `/auth/verify`.
#[derive(Clone, Debug)]
pub struct ForwardAuth {
    /// Origins, besides our own, that a sign-in may lead back to.
    pub origins: Vec<String>,
}

pub(super) const SETTINGS: &[Setting] = &[Setting::new(
    "forward_auth.origins",
    Kind::Origins,
    "",
    "Origins of apps behind a proxy that a sign-in may lead back to, besides our own; of the same host, on another port.",
)];

impl ForwardAuth {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            origins: reader.with("forward_auth.origins", origins),
        }
    }
}
