//! The mail server: RFC 5321 over TLS, by lettre.

use super::compose::Message;
use crate::config::{Mail, Smtp, SmtpTls};
use crate::time::Timestamp;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;

/// How long one step of the conversation may take.
const STEP: Duration = Duration::from_secs(15);
/// How long one mail may take; shorter than the lease on it.
const WHOLE: Duration = Duration::from_secs(60);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Sends mails, where a server is configured.
pub struct Mailer {
    transport: Option<(Transport, Mailbox)>,
    /// Wakes the job that sends: something was written into the outbox.
    pub written: Notify,
}

/// The mail server cannot be used as configured.
#[derive(Debug, thiserror::Error)]
#[error("mail server: {0}")]
pub struct BadServer(#[source] lettre::transport::smtp::Error);

/// Why a mail was not sent.
pub(super) enum NotSent {
    /// The server may take it later.
    Later(String),
    /// It never will.
    Never(String),
}

impl Mailer {
    /// Prepares for the server; connects at the first mail.
    ///
    /// # Errors
    /// The name of the server is none.
    pub fn new(config: &Mail) -> Result<Self, BadServer> {
        let transport = match (&config.smtp, &config.from) {
            (Some(smtp), Some(from)) => Some((transport(smtp).map_err(BadServer)?, from.clone())),
            _ => None,
        };
        Ok(Self {
            transport,
            written: Notify::new(),
        })
    }

    /// Whether there is a server to send by.
    pub fn is_on(&self) -> bool {
        self.transport.is_some()
    }

    /// Sends one mail.
    pub(super) async fn send(&self, id: &str, written: Timestamp, message: &Message) -> Result<(), NotSent> {
        let Some((transport, from)) = &self.transport else {
            return Err(NotSent::Later("no mail server is configured".to_owned()));
        };
        let mail = mail(from, id, written, message).map_err(NotSent::Never)?;
        match tokio::time::timeout(WHOLE, transport.send(mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(NotSent::Never(error.to_string())),
            Ok(Err(error)) => Err(NotSent::Later(error.to_string())),
            Err(_) => Err(NotSent::Later("the server took too long".to_owned())),
        }
    }
}

fn transport(smtp: &Smtp) -> Result<Transport, lettre::transport::smtp::Error> {
    let tls = match smtp.tls {
        SmtpTls::Implicit => Tls::Wrapper(TlsParameters::new(smtp.host.clone())?),
        // Never opportunistic: whoever is in between could take the offer of TLS away.
        SmtpTls::StartTls => Tls::Required(TlsParameters::new(smtp.host.clone())?),
        SmtpTls::Off => Tls::None,
    };
    let mut builder = Transport::builder_dangerous(smtp.host.clone())
        .port(smtp.port)
        .tls(tls)
        .timeout(Some(STEP));
    if let Some((user, password)) = &smtp.credentials {
        builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    Ok(builder.build())
}

/// The mail in the form of RFC 5322. The address has been canonical since it came in; what is none is refused here
/// again, so that no header and no second recipient can come from it (AC-228).
fn mail(from: &Mailbox, id: &str, written: Timestamp, message: &Message) -> Result<lettre::Message, String> {
    let to: Address = message
        .to
        .parse()
        .map_err(|_| "not an address that mail servers take".to_owned())?;
    let seconds = u64::try_from(written.0).unwrap_or_default();
    lettre::Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(&message.subject)
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        // The same at every try: a mail that arrives twice is known for one.
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .raw_header(auto_generated())
        .multipart(MultiPart::alternative_plain_html(
            message.text.clone(),
            message.html.clone(),
        ))
        .map_err(|error| error.to_string())
}

/// RFC 3834 §5: vacation notices do not answer.
fn auto_generated() -> lettre::message::header::HeaderValue {
    let name = lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted");
    lettre::message::header::HeaderValue::new(name, "auto-generated".to_owned())
}

#[cfg(test)]
mod tests {
    use super::mail;
    use crate::mail::Message;
    use crate::time::Timestamp;

    fn to(address: &str) -> Result<String, String> {
        let message = Message {
            to: address.to_owned(),
            subject: "Subject".to_owned(),
            text: "Text".to_owned(),
            html: "<p>Text</p>".to_owned(),
        };
        let from = "Keywright <no-reply@example.com>".parse().unwrap();
        mail(&from, "row", Timestamp(1_800_000_000), &message)
            .map(|mail| String::from_utf8(mail.formatted()).unwrap())
    }

    /// AC-228
    #[test]
    fn an_address_brings_no_header_and_no_second_recipient() {
        let mail = to("alice@example.com").unwrap();
        for line in [
            "To: alice@example.com\r\n",
            "Message-ID: <row@example.com>\r\n",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
        ] {
            assert!(mail.contains(line), "{line}{mail}");
        }
        for address in [
            "alice@example.com\r\nBcc: evil@example.com",
            "alice@example.com\nBcc: evil@example.com",
            "alice@example.com, evil@example.com",
            "alice@example.com,evil@example.com",
            "Alice <alice@example.com>",
            "alice\r\n@example.com",
            "",
        ] {
            assert!(to(address).is_err(), "{address:?}");
        }
    }
}
