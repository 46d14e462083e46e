//! `[mail]`: the server that sends mails, and their sender.

use super::reader::Reader;
use super::setting::{Kind, Setting};
use crate::secret::Secret;
use lettre::message::Mailbox;
use std::net::IpAddr;
use url::Url;

/// How mails are sent.
#[derive(Clone)]
pub struct Mail {
    /// The server; without one no mail is sent and what needs mail is off.
    pub smtp: Option<Smtp>,
    /// The sender, `Name <address>` or an address.
    pub from: Option<Mailbox>,
    /// Whether people are told of changes to their account and of sign-ins on new devices.
    pub notices: bool,
}

/// A mail server.
#[derive(Clone)]
pub struct Smtp {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Encryption.
    pub tls: SmtpTls,
    /// User and password.
    pub credentials: Option<(String, Secret)>,
}

/// Encryption of the way to the mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// From the first byte on.
    Implicit,
    /// Asked for in the clear; without it nothing is sent.
    StartTls,
    /// None.
    Off,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "mail.smtp",
        Kind::Text,
        "",
        "The mail server: `smtps://user:password@host` (TLS), `smtp://user:password@host` (STARTTLS, not on loopback), \
         `smtp://host?tls=none`; empty: no mails.",
    )
    .secret(),
    Setting::new(
        "mail.from",
        Kind::Text,
        "",
        "The sender of mails: `Example <no-reply@example.com>`.",
    ),
    Setting::new(
        "mail.notices",
        Kind::Boolean,
        "true",
        "Tell people by mail of changes to their account, of sign-ins on new devices and of attempts that look wrong.",
    ),
];

impl Mail {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            smtp: reader.with("mail.smtp", |text| match text {
                "" => Ok(None),
                text => Smtp::parse(text).map(Some),
            }),
            from: reader.with("mail.from", |text| match text {
                "" => Ok(None),
                text => text
                    .parse()
                    .map(Some)
                    .map_err(|_| "expected an address, or `Name <address>`".to_owned()),
            }),
            notices: reader.boolean("mail.notices"),
        }
    }
}

impl Smtp {
    /// Reads the URL of a mail server.
    ///
    /// # Errors
    /// What is wrong with it, without its password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| "expected smtps://user:password@host".to_owned())?;
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host
            .ok_or("the host is missing")?
            .trim_matches(['[', ']'])
            .to_owned();
        // Only of the schemes of the web does the parser know IPv4 addresses.
        let loopback = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        let tls = match (url.scheme(), url.query()) {
            ("smtps", None) => SmtpTls::Implicit,
            ("smtp", None) if !loopback => SmtpTls::StartTls,
            ("smtp", None | Some("tls=none")) => SmtpTls::Off,
            ("smtp", Some("tls=starttls")) => SmtpTls::StartTls,
            _ => return Err("expected smtps://host, smtp://host or smtp://host?tls=none".to_owned()),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("expected nothing after the host and port".to_owned());
        }
        let credentials = match (decoded(url.username())?, url.password()) {
            (user, None) if user.is_empty() => None,
            (user, Some(password)) if !user.is_empty() => Some((user, Secret::new(decoded(password)?))),
            _ => return Err("a user needs a password, and a password a user".to_owned()),
        };
        if credentials.is_some() && tls == SmtpTls::Off && !loopback {
            return Err("would send the password in the clear; use smtps://".to_owned());
        }
        let default = if tls == SmtpTls::Implicit { 465 } else { 587 };
        let port = url
            .port()
            .unwrap_or(if tls == SmtpTls::Off { 25 } else { default });
        Ok(Self {
            host,
            port,
            tls,
            credentials,
        })
    }
}

/// Undoes the percent-encoding of a part of the URL.
fn decoded(text: &str) -> Result<String, String> {
    // What means something in a form stands for itself here.
    let text = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let decoded = url::form_urlencoded::parse(text.as_bytes()).next();
    let decoded = decoded.map(|(name, _)| name.into_owned()).unwrap_or_default();
    if decoded.contains(char::is_control) {
        return Err("user and password must not hold control characters".to_owned());
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::{Smtp, SmtpTls};

    #[test]
    fn a_mail_server_is_encrypted_unless_it_is_here_or_the_operator_says_so() {
        for (text, host, port, tls) in [
            ("smtps://mx.example.com", "mx.example.com", 465, SmtpTls::Implicit),
            (
                "smtps://mx.example.com:2465",
                "mx.example.com",
                2465,
                SmtpTls::Implicit,
            ),
            ("smtp://mx.example.com", "mx.example.com", 587, SmtpTls::StartTls),
            ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, SmtpTls::Off),
            ("smtp://[::1]:1025", "::1", 1025, SmtpTls::Off),
            ("smtp://localhost", "localhost", 25, SmtpTls::Off),
            (
                "smtp://localhost?tls=starttls",
                "localhost",
                587,
                SmtpTls::StartTls,
            ),
            ("smtp://mailpit:1025?tls=none", "mailpit", 1025, SmtpTls::Off),
        ] {
            let smtp = Smtp::parse(text).unwrap();
            assert_eq!(
                (smtp.host.as_str(), smtp.port, smtp.tls),
                (host, port, tls),
                "{text}"
            );
            assert!(smtp.credentials.is_none());
        }
        for text in [
            "",
            "mx.example.com",
            "http://mx.example.com",
            "smtp://",
            "smtp://mx.example.com/path",
            "smtp://mx.example.com?tls=maybe",
            "smtps://user@mx.example.com",
            "smtp://user:secret@mailpit?tls=none",
        ] {
            assert!(Smtp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn user_and_password_are_decoded_once() {
        let smtp = Smtp::parse("smtps://a%40example.com:p%2525+%2F&=@mx.example.com").unwrap();
        let (user, password) = smtp.credentials.unwrap();
        assert_eq!((user.as_str(), password.expose()), ("a@example.com", "p%25+/&="));
    }
}
