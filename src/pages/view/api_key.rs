//! API keys: the list, the form, and a new key, shown once.

use askama::Template;

use super::{FieldProblem, Layout};

/// One key.
#[derive(Debug)]
pub struct ApiKeyLine {
    /// Row identifier.
    pub id: String,
    /// Name that the person gave it.
    pub name: String,
    /// What the key begins with; the rest is known to nobody here.
    pub prefix: String,
    /// What it may see or do.
    pub scopes: Vec<String>,
    /// What it is for.
    pub resource: String,
    /// When it was made.
    pub made: String,
    /// When it ends.
    pub ends: String,
    /// When it was last used.
    pub used: Option<String>,
    /// From which address, where that is known.
    pub used_from: Option<String>,
    /// Whether it is over, and how.
    pub over: Option<&'static str>,
}

/// The keys of the account. Posts `csrf` and `key` to `/account/api-keys`.
#[derive(Debug, Template)]
#[template(path = "pages/account_api_keys.html")]
pub struct ApiKeysPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// The keys.
    pub keys: Vec<ApiKeyLine>,
    /// Whether people may make keys.
    pub may_make: bool,
    /// Whether one was just revoked.
    pub revoked: bool,
}

/// Something to choose, and whether it is chosen.
#[derive(Debug)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub text: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// Asks what the key is for: `#api-key-form`. Posts `csrf`, `name`, `resource`, `lifetime` and any number of `scope` to
/// `/account/api-keys/new`.
#[derive(Debug, Template)]
#[template(path = "pages/account_api_key.html")]
pub struct ApiKeyPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// The name to start with.
    pub name: String,
    /// What it can be for; not asked where there is one only.
    pub resources: Vec<Choice>,
    /// How long it can be good.
    pub lifetimes: Vec<Choice>,
    /// What it can be allowed to see or do.
    pub scopes: Vec<Choice>,
    /// What to correct.
    pub problems: Vec<FieldProblem>,
}

impl ApiKeyPage {
    fn problem_of(&self, field: &str) -> Option<&str> {
        super::problem::of(&self.problems, field)
    }
}

/// A new key, shown this once. No `Debug`: it is a secret.
#[derive(Template)]
#[template(path = "pages/account_api_key_made.html")]
pub struct ApiKeyMadePage {
    /// The frame.
    pub layout: Layout,
    /// Its name.
    pub name: String,
    /// The key.
    pub key: String,
}
