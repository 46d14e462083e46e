//! `[accounts]`: how people come to have an account.

use super::reader::Reader;
use super::setting::{Kind, Setting};

/// How people come to have an account.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// Who may sign up.
    pub sign_up: SignUp,
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

pub(super) const SETTINGS: &[Setting] = &[Setting::new(
    "accounts.sign_up",
    Kind::Choice(&["off", "open", "invite"]),
    "off",
    "Who may create an account: nobody, everybody with an email address, or whom `keywright user invite` has invited.",
)];

impl Accounts {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            sign_up: reader.with("accounts.sign_up", |text| match text {
                "off" => Ok(SignUp::Off),
                "open" => Ok(SignUp::Open),
                "invite" => Ok(SignUp::Invite),
                _ => Err("expected off, open or invite".to_owned()),
            }),
        }
    }
}
