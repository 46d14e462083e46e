//! The scopes that this server understands, and the claims behind each (OIDC Core §5.4).
//! One row per scope: discovery, consent page, ID token and userinfo read the same list.

/// A scope with a meaning here. Others belong to resource servers and are passed through.
pub struct KnownScope {
    /// The scope token.
    pub name: &'static str,
    /// What the consent page says.
    pub for_people: &'static str,
    /// The claims that it allows.
    pub claims: &'static [&'static str],
    /// Whether its claims are not personal data of OIDC Core §5.4, so that they may stand in every ID token.
    pub in_id_token: bool,
}

/// One line per scope.
pub static ALL: &[KnownScope] = &[
    KnownScope {
        name: "openid",
        for_people: "Know who you are",
        claims: &[],
        in_id_token: false,
    },
    KnownScope {
        name: "profile",
        for_people: "See your name and profile",
        claims: &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
        in_id_token: false,
    },
    KnownScope {
        name: "email",
        for_people: "See your email address",
        claims: &["email", "email_verified"],
        in_id_token: false,
    },
    KnownScope {
        name: "address",
        for_people: "See your postal address",
        claims: &["address"],
        in_id_token: false,
    },
    KnownScope {
        name: "phone",
        for_people: "See your phone number",
        claims: &["phone_number", "phone_number_verified"],
        in_id_token: false,
    },
    KnownScope {
        name: "groups",
        for_people: "See your groups",
        claims: &["groups"],
        in_id_token: true,
    },
    KnownScope {
        name: "roles",
        for_people: "See your roles",
        claims: &["roles"],
        in_id_token: true,
    },
    KnownScope {
        name: OFFLINE_ACCESS,
        for_people: "Keep access when you are not using it",
        claims: &[],
        in_id_token: false,
    },
];

/// OIDC Core §11.
pub const OFFLINE_ACCESS: &str = "offline_access";

/// The scope, if it has a meaning here.
pub fn find(name: &str) -> Option<&'static KnownScope> {
    ALL.iter().find(|known| known.name == name)
}
