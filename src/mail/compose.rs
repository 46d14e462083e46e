//! What mails say: `templates/mail/<mail>.txt` and `.html`, and the subject.

use super::notice::Place;
use askama::Template as _;
use serde::{Deserialize, Serialize};

/// What a mail may tell. Nothing of it was typed by somebody else, except the address.
#[derive(Clone)]
pub struct Facts<'a> {
    /// The address that the mail goes to.
    pub email: &'a str,
    /// The one-time link, or a page of ours.
    pub link: &'a str,
    /// How long the link is good: `30 minutes`.
    pub valid: &'a str,
    /// Where people sign in.
    pub sign_in: &'a str,
    /// When and from where it was caused; for mails that tell of it.
    pub place: Place<'a>,
}

/// A mail to be sent. It has no `Debug`: it holds a link.
#[derive(Clone, Serialize, Deserialize)]
pub struct Message {
    /// The only recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
}

macro_rules! templates {
    ($($(#[$doc:meta])* $name:ident, $text:tt, $html:tt, $subject:literal;)*) => {
        /// The mails that there are.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Template { $($(#[$doc])* $name,)* }

        impl Template {
            /// All of them, for tests and for looking at them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The mail with these facts.
            pub fn with(self, facts: &Facts<'_>) -> Message {
                let (subject, text, html) = match self {
                    $(Self::$name => {
                        #[derive(askama::Template)]
                        #[template(path = $text)]
                        struct Text<'a> { f: &'a Facts<'a> }
                        #[derive(askama::Template)]
                        #[template(path = $html)]
                        struct Html<'a> { f: &'a Facts<'a> }
                        // Rendering into a string fails only where a template's own code does; these have none.
                        (
                            $subject,
                            Text { f: facts }.render().unwrap_or_default(),
                            Html { f: facts }.render().unwrap_or_default(),
                        )
                    })*
                };
                Message { to: facts.email.to_owned(), subject: subject.to_owned(), text, html }
            }
        }
    };
}

templates! {
    /// The link that sets a new password.
    Reset, "mail/reset.txt", "mail/reset.html", "Reset your password";
    /// The account was locked; the link unlocks it.
    Unlock, "mail/unlock.txt", "mail/unlock.html", "Your account was locked";
    /// The link that shows that the address is the user's.
    Verify, "mail/verify.txt", "mail/verify.html", "Confirm your email address";
    /// The link that creates an account.
    SignUp, "mail/sign_up.txt", "mail/sign_up.html", "Create your account";
    /// Somebody wanted to create an account where there is one.
    HasAccount, "mail/has_account.txt", "mail/has_account.html", "You already have an account";
    /// The operator invites to create an account.
    Invite, "mail/invite.txt", "mail/invite.html", "You are invited to create an account";
    /// The link that makes this address that of an account.
    EmailChange, "mail/email_change.txt", "mail/email_change.html", "Confirm your new email address";
    /// Somebody wanted to make this address that of another account.
    EmailTaken, "mail/email_taken.txt", "mail/email_taken.html", "Your email address was asked for";
    /// To the address of before: another one is wanted; the link stops that.
    EmailChangeAsked, "mail/email_change_asked.txt", "mail/email_change_asked.html",
        "Your email address is about to change";
    /// To the address of before: there is another one; the link undoes that.
    EmailChanged, "mail/email_changed.txt", "mail/email_changed.html", "Your email address was changed";
    /// To the address in between: the account has its earlier one again.
    EmailUndone, "mail/email_undone.txt", "mail/email_undone.html", "Your email address was changed back";
}

#[cfg(test)]
mod tests {
    use super::{Facts, Place, Template};

    /// AC-228
    #[test]
    fn every_mail_has_its_link_in_both_forms_and_escapes_what_it_is_told() {
        let facts = Facts {
            email: "<b>&\"@example.com",
            link: "https://id.example.com/reset-password/kw_rl_x",
            valid: "30 minutes",
            sign_in: "https://id.example.com/login",
            place: Place {
                when: "2026-11-25 16:00:00 UTC",
                ip: "192.0.2.7",
                device: "Chrome on Windows",
            },
        };
        for template in Template::ALL {
            let mail = template.with(&facts);
            for (form, body) in [("text", &mail.text), ("html", &mail.html)] {
                let leads = body.contains(facts.link) || body.contains(facts.sign_in);
                assert!(leads, "{template:?} {form}: {body}");
            }
            assert!(mail.text.contains(facts.email), "{template:?}");
            assert!(!mail.html.contains("<b>&\""), "{template:?}: {}", mail.html);
            assert!(mail.html.contains("&#60;b&#62;"), "{template:?}: {}", mail.html);
            assert!(mail.subject.len() <= 60 && !mail.subject.contains(char::is_control));
            // RFC 5322 §2.1.1: lines of 78 characters, but for links.
            for line in mail.text.lines().filter(|line| !line.contains("https://")) {
                assert!(line.chars().count() <= 78, "{template:?}: {line}");
            }
        }
    }
}
