//! What is measured, and how good it has to be.

/// A row of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    ClientCredentialsRs256,
    ClientCredentialsEs256,
    Bare,
    Discovery,
    Jwks,
    Introspection,
    Refresh,
    Authorize,
    SignIn,
    Login,
    Session,
    CookieRefresh,
}

/// An upper bound, or a lower one for ratios of speed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Aim {
    /// Requests per second, as a part of what `openssl speed` signs.
    OfOpenssl(f64),
    /// Requests per second, as a part of what the bare axum route answers.
    OfBare(f64),
    /// CPU seconds per 10 000 requests, those of the database with them.
    Cpu(f64),
    /// CPU of server and database, as a multiple of what the password hash alone takes.
    OfHash(f64),
    /// Requests per second, as a part of the hashes per second that the machine computes.
    OfHashes(f64),
    /// Write transactions per request.
    Writes(f64),
}

/// In the order in which a round goes through them. A sign-in leaves the memory of its hash behind for a while, so
/// sign-ins have rounds of their own, the last ones; so have the stores of sessions.
pub(crate) const ROUND: &[Endpoint] = &[
    Endpoint::ClientCredentialsRs256,
    Endpoint::ClientCredentialsEs256,
    Endpoint::Bare,
    Endpoint::Discovery,
    Endpoint::Jwks,
    Endpoint::Introspection,
    Endpoint::Refresh,
    Endpoint::Authorize,
];

impl Endpoint {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ClientCredentialsRs256 => "client_credentials, RS256",
            Self::ClientCredentialsEs256 => "client_credentials, ES256",
            Self::Bare => "bare axum route",
            Self::Discovery => "discovery",
            Self::Jwks => "JWKS",
            Self::Introspection => "introspection of a refresh token",
            Self::Refresh => "refresh with rotation, ES256",
            Self::Authorize => "code + PKCE flow, live session, RS256",
            Self::SignIn => "code + PKCE flow with sign-in, RS256",
            Self::Login => "POST /auth/login",
            Self::Session => "session lookup",
            Self::CookieRefresh => "POST /auth/refresh",
        }
    }

    /// RS256 signatures that one request, or one flow, must make.
    pub(crate) fn rs256_signatures(self) -> f64 {
        match self {
            Self::ClientCredentialsRs256 => 1.0,
            Self::Authorize | Self::SignIn => 2.0,
            _ => 0.0,
        }
    }

    /// Whether the figures depend on how many tokens there are; the others are measured once per database.
    pub(crate) fn grows(self) -> bool {
        self == Self::Refresh
    }

    pub(crate) fn aims(self) -> &'static [Aim] {
        match self {
            Self::ClientCredentialsRs256 => &[Aim::OfOpenssl(0.85), Aim::Cpu(2.8)],
            Self::ClientCredentialsEs256 => &[Aim::Cpu(0.40)],
            Self::Bare | Self::Session | Self::CookieRefresh => &[],
            Self::Login => &[Aim::OfHashes(0.9)],
            Self::Discovery | Self::Jwks => &[Aim::OfBare(0.7)],
            Self::Introspection => &[Aim::Cpu(1.2)],
            Self::Refresh => &[Aim::Cpu(4.0)],
            Self::Authorize => &[Aim::Cpu(15.0), Aim::Writes(2.0)],
            // Four, and two to the table of attempts that is not flushed.
            Self::SignIn => &[Aim::OfHash(1.15), Aim::Writes(6.0)],
        }
    }

    /// The least work that such a server must do, in the terms of the aims.
    pub(crate) fn floor(self) -> &'static str {
        match self {
            Self::ClientCredentialsRs256 => "0.90; 2.4",
            Self::ClientCredentialsEs256 => "0.27",
            Self::Discovery | Self::Jwks => "0.88",
            Self::Introspection => "0.9",
            Self::Refresh => "2.7",
            Self::Authorize => "11",
            Self::Bare | Self::SignIn | Self::Login | Self::Session | Self::CookieRefresh => "",
        }
    }
}
