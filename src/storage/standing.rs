//! What a grant stands on, as [`super::grants`] reads it.

row! {
    /// A grant with all that decides whether tokens may be issued or honored for it, read in one statement.
    #[derive(Clone, Debug)]
    pub struct Standing {
        /// Row identifier of the grant.
        pub id: String,
        /// The client.
        pub client_id: String,
        /// The user.
        pub user_id: String,
        /// The user's credential epoch when the grant was given.
        pub user_epoch: i64,
        /// The browser session it was given in.
        pub session_id: Option<String>,
        /// Whether refresh tokens outlive that session.
        pub offline: bool,
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
        /// Absolute end of the refresh family.
        pub expires_at: i64,
        /// When it was revoked.
        pub revoked_at: Option<i64>,
        /// Digest of the code.
        pub code_digest: Option<Vec<u8>>,
        /// End of the code.
        pub code_expires_at: Option<i64>,
        /// S256 challenge.
        pub code_challenge: Option<String>,
        /// `redirect_uri` of the authorization request.
        pub code_redirect_uri: Option<String>,
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
        /// Since when the user is disabled.
        pub user_disabled_at: Option<i64>,
        /// Since when the user's password path is locked.
        pub user_locked_at: Option<i64>,
        /// The user's credential epoch now.
        pub credential_epoch: i64,
        /// When the session was signed out.
        pub session_ended_at: Option<i64>,
        /// Absolute end of the session.
        pub session_expires_at: Option<i64>,
        /// Whether the access token asked about was denied.
        pub denied: bool,
    }
}

row! {
    /// What introspection of a refresh token asks: a part of [`Standing`], of fewer relations and columns.
    #[derive(Clone, Debug)]
    pub struct RefreshStanding {
        /// The client.
        pub client_id: String,
        /// The user.
        pub user_id: String,
        /// The user's credential epoch when the grant was given.
        pub user_epoch: i64,
        /// Whether refresh tokens outlive the session.
        pub offline: bool,
        /// Granted scope.
        pub scope: String,
        /// When it was given.
        pub created_at: i64,
        /// Absolute end of the refresh family.
        pub expires_at: i64,
        /// When it was revoked.
        pub revoked_at: Option<i64>,
        /// Digest of the live refresh token.
        pub refresh_digest: Option<Vec<u8>>,
        /// Idle end of the live refresh token.
        pub refresh_expires_at: Option<i64>,
        /// When it replaced its predecessor.
        pub refresh_rotated_at: Option<i64>,
        /// Since when the user is disabled.
        pub user_disabled_at: Option<i64>,
        /// The user's credential epoch now.
        pub credential_epoch: i64,
        /// When the session was signed out.
        pub session_ended_at: Option<i64>,
        /// Absolute end of the session.
        pub session_expires_at: Option<i64>,
    }
}
