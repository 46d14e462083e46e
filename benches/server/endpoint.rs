//! What is measured, and how good it has to be.

/// A row of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    ClientCredentialsRs256,
    ClientCredentialsEs256,
    /// Of the floor, as all that follow: a document, signatures, a statement, two statements and two signatures.
    Bare,
    FloorRs256,
    FloorEs256,
    FloorFind,
    FloorChange,
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
    /// Requests per second, as a part of what `openssl speed` signs; and that of the floor where this was set.
    OfOpenssl { least: f64, floor: f64 },
    /// Requests per second, as a part of what the bare axum route answers.
    OfBare(f64),
    /// CPU seconds per 10 000 requests, those of the database with them; and what the floor took where this was set.
    Cpu { most: f64, floor: f64 },
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
            Self::Bare => "floor: a document",
            Self::FloorRs256 => "floor: RS256 signature",
            Self::FloorEs256 => "floor: ES256 signature",
            Self::FloorFind => "floor: SELECT",
            Self::FloorChange => "floor: SELECT, UPDATE, two ES256 signatures",
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
            Self::ClientCredentialsRs256 => &[
                Aim::OfOpenssl {
                    least: 0.85,
                    floor: 0.90,
                },
                Aim::Cpu {
                    most: 2.8,
                    floor: 2.4,
                },
            ],
            Self::ClientCredentialsEs256 => &[Aim::Cpu {
                most: 0.40,
                floor: 0.27,
            }],
            Self::Discovery | Self::Jwks => &[Aim::OfBare(0.7)],
            Self::Introspection => &[Aim::Cpu {
                most: 1.2,
                floor: 0.9,
            }],
            Self::Refresh => &[Aim::Cpu {
                most: 4.0,
                floor: 2.7,
            }],
            Self::Authorize => &[
                Aim::Cpu {
                    most: 15.0,
                    floor: 11.0,
                },
                Aim::Writes(2.0),
            ],
            Self::Login => &[Aim::OfHashes(0.9)],
            // Four, and two to the table of attempts that is not flushed.
            Self::SignIn => &[Aim::OfHash(1.15), Aim::Writes(6.0)],
            _ => &[],
        }
    }

    /// The least work that such a server must do.
    pub(crate) fn floor(self) -> Option<Self> {
        match self {
            Self::ClientCredentialsRs256 => Some(Self::FloorRs256),
            Self::ClientCredentialsEs256 => Some(Self::FloorEs256),
            Self::Introspection => Some(Self::FloorFind),
            // Of the flow only what is no RS256 signature; what it asks of the database is alike.
            Self::Refresh | Self::Authorize => Some(Self::FloorChange),
            _ => None,
        }
    }

    /// Whether the floor is what is measured.
    pub(crate) fn is_floor(self) -> bool {
        matches!(
            self,
            Self::Bare | Self::FloorRs256 | Self::FloorEs256 | Self::FloorFind | Self::FloorChange
        )
    }
}
