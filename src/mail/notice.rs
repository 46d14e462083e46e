//! Notices: what the owner of an account is told by mail when something about it has changed or looks wrong. They name
//! time, address and device, hold no secret, and no link that signs anybody in (ASVS 6.3.5, 6.3.7).

use super::compose::Message;
use askama::Template;

macro_rules! notices {
    ($($(#[$doc:meta])* $name:ident, $class:ident, $subject:literal, $text:literal;)*) => {
        /// What people are told of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Notice { $($(#[$doc])* $name,)* }

        impl Notice {
            /// All of them, for tests and for looking at them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What it is counted as.
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)* }
            }

            const fn words(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($subject, $text),)* }
            }
        }
    };
}

/// Notices of one class share a daily allowance: what a stranger can cause uses up nothing of what tells of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Somebody has changed the account.
    Change,
    /// Somebody was or tried to be there.
    SignIn,
    /// Somebody knows the password.
    Password,
}

impl Class {
    /// The name in the database, and how many mails a user gets on a day.
    pub const fn allowance(self) -> (&'static str, i64) {
        match self {
            Self::Change => ("change", 10),
            Self::SignIn => ("sign_in", 10),
            Self::Password => ("password", 1),
        }
    }
}

notices! {
    /// With the old one, by mail, or by the operator.
    PasswordChanged, Change, "Your password was changed",
        "The password of your account was changed, and every earlier sign-in elsewhere has ended.";
    /// A new one, or another one in its place.
    AppAdded, Change, "An authenticator app was added", "An authenticator app was added to your account.";
    /// By the user.
    AppRemoved, Change, "Your authenticator app was removed", "The authenticator app of your account was removed.";
    /// A new passkey.
    PasskeyAdded, Change, "A passkey was added", "A passkey was added to your account.";
    /// By the user.
    PasskeyRemoved, Change, "A passkey was removed", "A passkey of your account was removed.";
    /// All of them, by the operator.
    FactorsRemoved, Change, "Your second factors were removed",
        "Authenticator app, passkeys and recovery codes of your account were removed.";
    /// The old ones are void.
    RecoveryCodesReplaced, Change, "Your recovery codes were replaced",
        "New recovery codes were made for your account. The earlier ones are void.";
    /// One of them.
    RecoveryCodeUsed, Change, "A recovery code was used", "One of your recovery codes was used to sign in.";
    /// A key for programs.
    ApiKeyCreated, Change, "An API key was created", "An API key that can act as you was created.";
    /// By the user or the operator.
    AccountDeleted, Change, "Your account was deleted",
        "Your account was deleted, with everything that belonged to it.";
    /// From where the user has not signed in before.
    NewDevice, SignIn, "New sign-in to your account", "Somebody signed in to your account on a new device.";
    /// And the right one after them.
    WrongPasswords, SignIn, "Wrong passwords were tried",
        "Before you signed in, somebody typed wrong passwords for your account elsewhere.";
    /// A code or token was used twice.
    Replay, SignIn, "An app was signed out of your account",
        "An old token of an app was used again, as happens when it was stolen. The app has lost its access.";
    /// The password was right, the second step was not.
    SecondStepFailed, Password, "Somebody may know your password",
        "Somebody typed your password and then wrong codes at the second step, several times.";
}

/// What happened where. No text in it was typed by somebody else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// When, in words.
    pub when: &'a str,
    /// The address that it came from; empty where the operator did it.
    pub ip: &'a str,
    /// Browser and system.
    pub device: &'a str,
}

#[derive(Template)]
#[template(path = "mail/notice.txt")]
struct Text<'a> {
    text: String,
    place: Place<'a>,
    email: &'a str,
    activity: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/notice.html")]
struct Html<'a> {
    heading: &'a str,
    text: &'a str,
    place: Place<'a>,
    email: &'a str,
    activity: Option<&'a str>,
}

impl Notice {
    /// The mail to `email`; `activity` is the page of what happened, which asks for a sign-in.
    pub fn mail(self, email: &str, place: Place<'_>, activity: &str) -> Message {
        let (subject, text) = self.words();
        // Nobody can sign in any more to look.
        let activity = Some(activity).filter(|_| self != Self::AccountDeleted);
        let html = Html {
            heading: subject,
            text,
            place,
            email,
            activity,
        };
        let plain = Text {
            text: wrapped(text),
            place,
            email,
            activity,
        };
        Message {
            to: email.to_owned(),
            subject: subject.to_owned(),
            text: plain.render().unwrap_or_default(),
            html: html.render().unwrap_or_default(),
        }
    }
}

/// In lines as short as the rest of the mail's.
fn wrapped(text: &str) -> String {
    let (mut lines, mut width) = (String::new(), 0);
    for word in text.split(' ') {
        if width > 0 && width + 1 + word.len() > 72 {
            lines.push('\n');
            width = 0;
        } else if width > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += word.len();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Notice, Place};

    /// AC-215 · AC-228
    #[test]
    fn every_notice_says_when_and_where_and_signs_nobody_in() {
        let activity = "https://id.example.com/account/activity";
        let place = Place {
            when: "2026-11-25 16:00:00 UTC",
            ip: "192.0.2.7",
            device: "Chrome on Windows",
        };
        for notice in Notice::ALL {
            let mail = notice.mail("<b>&\"@example.com", place, activity);
            for body in [&mail.text, &mail.html] {
                for part in [place.when, place.ip, place.device] {
                    assert!(body.contains(part), "{notice:?}: {body}");
                }
                let links: Vec<&str> = body.split("https://").skip(1).collect();
                assert!(
                    links
                        .iter()
                        .all(|link| link.starts_with("id.example.com/account/activity"))
                );
                assert_eq!(links.is_empty(), *notice == Notice::AccountDeleted, "{notice:?}");
            }
            assert!(
                mail.html.contains("&#60;b&#62;") && !mail.html.contains("<b>&\""),
                "{}",
                mail.html
            );
            assert!(mail.subject.len() <= 60);
            for line in mail.text.lines().filter(|line| !line.contains("https://")) {
                assert!(line.chars().count() <= 78, "{notice:?}: {line}");
            }
            let by_operator = notice.mail(
                "a@example.com",
                Place {
                    ip: "",
                    device: "",
                    ..place
                },
                activity,
            );
            assert!(by_operator.text.contains("administrator"), "{}", by_operator.text);
        }
    }
}
