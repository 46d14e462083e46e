//! The account of the person who is signed in: profile, devices, connected apps. See `security.rs` for the rest.

use askama::Template;

use super::{FieldProblem, Layout, ScopeLine, scope_line};

/// The profile. Posts `csrf`, `name` and `preferred_username` to `/account`.
#[derive(Debug, Template)]
#[template(path = "pages/account.html")]
pub struct ProfilePage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// E-mail address.
    pub email: String,
    /// Whether it is verified.
    pub verified: bool,
    /// Whether the address can be changed, as mails can be sent.
    pub mails: bool,
    /// Full name.
    pub name: String,
    /// Short name that apps show.
    pub preferred_username: String,
    /// Whether it was just saved.
    pub saved: bool,
    /// What to correct.
    pub problems: Vec<FieldProblem>,
}

impl ProfilePage {
    fn problem_of(&self, field: &str) -> Option<&str> {
        super::problem::of(&self.problems, field)
    }
}

/// One session.
#[derive(Debug)]
pub struct SessionLine {
    /// Its identifier.
    pub id: String,
    /// Whether it is the one of this browser.
    pub here: bool,
    /// Browser and system.
    pub device: String,
    /// Address at sign-in.
    pub ip: String,
    /// How the person signed in.
    pub method: &'static str,
    /// When.
    pub signed_in: String,
    /// Last use.
    pub last_seen: String,
}

/// Where the person is signed in. Posts `csrf` and `session` (none: all others) to `/account/sessions`.
#[derive(Debug, Template)]
#[template(path = "pages/account_sessions.html")]
pub struct SessionsPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// This browser first.
    pub sessions: Vec<SessionLine>,
    /// What was just done.
    pub done: Option<&'static str>,
}

/// One connected app.
#[derive(Debug)]
pub struct AppLine {
    /// Client identifier.
    pub id: String,
    /// Name of the app.
    pub name: String,
    /// Host of its home page.
    pub host: Option<String>,
    /// What it may do.
    pub scopes: Vec<ScopeLine>,
    /// When it was last allowed.
    pub since: String,
    /// Whether it keeps access while the person is not using it.
    pub lasting: bool,
}

impl AppLine {
    fn scopes(&self) -> impl Iterator<Item = &ScopeLine> {
        scope_line::in_order(&self.scopes)
    }
}

/// The apps that may use the account. Posts `csrf` and `client` to `/account/apps`.
#[derive(Debug, Template)]
#[template(path = "pages/account_apps.html")]
pub struct AppsPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// The apps.
    pub apps: Vec<AppLine>,
    /// Whether one was just removed.
    pub removed: bool,
}
