//! Mails. What causes a mail writes it into the outbox in its own transaction; a job sends it, once.
//! No text that somebody else typed is in a mail but the address itself (AC-228), and links begin with `public_url` only.
//! Tests: tests/it/mail.rs.

mod compose;
mod notice;
mod outbox;
mod smtp;

pub use compose::{Facts, Message, Template};
pub use notice::{Class, Notice, Place};
pub use outbox::{BACKOFF, LEASE, Outcome, open, queue, send_due};
pub use smtp::{BadServer, Mailer};
