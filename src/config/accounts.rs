//! `[accounts]`: how people come to have an account, and what becomes of it.

use super::reader::Reader;
use super::setting::{Kind, Setting};
use crate::time::Seconds;

/// How people come to have an account, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// Who may sign up.
    pub sign_up: SignUp,
    /// Whether people may delete their account.
    pub self_deletion: bool,
    /// How long what happened to an account is kept.
    pub activity: Seconds,
}

/// Who may sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    /// Nobody: the operator adds people.
    Off,
    /// Everybody who has an e-mail address.
    Open,
    /// Whoever the operator has invited.
    Invite,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "accounts.sign_up",
        Kind::Choice(&["off", "open", "invite"]),
        "off",
        "Who may create an account: nobody, everybody with an email address, or whom `keywright user invite` has invited.",
    ),
    Setting::new(
        "accounts.self_deletion",
        Kind::Boolean,
        "true",
        "People may delete their account, with all that belongs to it.",
    ),
    Setting::new(
        "accounts.activity",
        Kind::Duration,
        "180d",
        "How long what happened to an account is kept (sign-ins, changes, locks).",
    ),
];

impl Accounts {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            sign_up: reader.with("accounts.sign_up", |text| match text {
                "off" => Ok(SignUp::Off),
                "open" => Ok(SignUp::Open),
                "invite" => Ok(SignUp::Invite),
                _ => Err("expected off, open or invite".to_owned()),
            }),
            self_deletion: reader.boolean("accounts.self_deletion"),
            activity: reader.duration("accounts.activity", "1d"..="3650d"),
        }
    }
}
