//! What a grant stands on, as [`super::grants`] reads it.

row! {
    /// What decides whether tokens may be issued or honored for a grant; `oauth::may_issue` does.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Ground {
        /// When it was revoked.
        pub revoked_at: Option<i64>,
        /// Absolute end of the refresh family.
        pub expires_at: i64,
        /// Whether refresh tokens outlive the session.
        pub offline: bool,
        /// Since when the user is disabled.
        pub user_disabled_at: Option<i64>,
        /// The user's credential epoch when the grant was given.
        pub user_epoch: i64,
        /// The user's credential epoch now.
        pub credential_epoch: i64,
        /// When the session was signed out.
        pub session_ended_at: Option<i64>,
        /// Absolute end of the session.
        pub session_expires_at: Option<i64>,
    }
}

row! {
    /// A grant with its user and its ground, read in one statement.
    #[derive(Clone, Debug)]
    pub struct Standing {
        /// Row identifier of the grant.
        pub id: String,
        /// The client.
        pub client_id: String,
        /// The user.
        pub user_id: String,
        /// The browser session it was given in.
        pub session_id: Option<String>,
        /// Granted scope.
        pub scope: String,
        /// Granted resources, JSON array.
        pub resources: String,
        /// The `claims` parameter, JSON.
        pub claims: Option<String>,
        /// The `nonce`.
        pub nonce: Option<String>,
        /// When the user proved who they are.
        pub auth_time: i64,
        /// Authentication context class.
        pub acr: String,
        /// Methods, space-separated.
        pub amr: String,
        /// When it was given.
        pub created_at: i64,
        /// When the code was redeemed.
        pub code_spent_at: Option<i64>,
        /// Digest of the live refresh token.
        pub refresh_digest: Option<Vec<u8>>,
        /// Idle end of the live refresh token.
        pub refresh_expires_at: Option<i64>,
        /// When it replaced its predecessor.
        pub refresh_rotated_at: Option<i64>,
        /// Digest of the predecessor.
        pub refresh_previous: Option<Vec<u8>>,
        /// The live token, sealed under its predecessor.
        pub refresh_successor: Option<Vec<u8>>,
        /// Thumbprint of the certificate that the refresh tokens are bound to.
        pub refresh_certificate: Option<String>,
        /// Where the status lists tell of it.
        pub status_index: Option<i64>,
        /// The user's e-mail address.
        pub email: String,
        /// Whether it is verified.
        pub email_verified: bool,
        /// `preferred_username`.
        pub preferred_username: Option<String>,
        /// `name`.
        pub name: Option<String>,
        /// Further standard claims, JSON object.
        pub profile: String,
        /// Roles, JSON array.
        pub roles: String,
        /// Groups, JSON array.
        pub groups: String,
        /// When the user row last changed.
        pub updated_at: i64,
        ..
        /// What it stands on.
        pub ground: Ground
    }
}

row! {
    /// A grant whose code is presented.
    #[derive(Clone, Debug)]
    pub struct CodeStanding {
        /// Digest of the code.
        pub code_digest: Option<Vec<u8>>,
        /// End of the code.
        pub code_expires_at: Option<i64>,
        /// S256 challenge.
        pub code_challenge: Option<String>,
        /// `redirect_uri` of the authorization request.
        pub code_redirect_uri: Option<String>,
        /// Since when the user's password path is locked.
        pub user_locked_at: Option<i64>,
        ..
        /// The grant.
        pub standing: Standing
    }
}

row! {
    /// A grant an access token of which is presented.
    #[derive(Clone, Debug)]
    pub struct TokenStanding {
        /// Whether that token was denied.
        pub denied: bool,
        ..
        /// The grant.
        pub standing: Standing
    }
}

row! {
    /// What introspection of a refresh token asks: of fewer relations and columns.
    #[derive(Clone, Debug)]
    pub struct RefreshStanding {
        /// The client.
        pub client_id: String,
        /// The user.
        pub user_id: String,
        /// Granted scope.
        pub scope: String,
        /// When it was given.
        pub created_at: i64,
        /// Digest of the live refresh token.
        pub refresh_digest: Option<Vec<u8>>,
        /// Idle end of the live refresh token.
        pub refresh_expires_at: Option<i64>,
        /// When it replaced its predecessor.
        pub refresh_rotated_at: Option<i64>,
        ..
        /// What it stands on.
        pub ground: Ground
    }
}
