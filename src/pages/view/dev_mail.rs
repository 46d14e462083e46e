//! The mailbox of a development server.

use askama::Template;

use super::Layout;

/// One mail.
#[derive(Debug)]
pub struct DevMail {
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// When it was written.
    pub time: String,
    /// The text before the link, the link, and the text after it.
    pub text: (String, String, String),
}

/// The mails that a server with a mail server would have sent: `#dev-mails`.
#[derive(Debug, Template)]
#[template(path = "pages/dev_mail.html")]
pub struct DevMailPage {
    /// The frame.
    pub layout: Layout,
    /// The newest first.
    pub mails: Vec<DevMail>,
}
