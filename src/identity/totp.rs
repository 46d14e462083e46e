//! Codes of authenticator apps (RFC 6238): six digits, 30 seconds, HMAC-SHA-1, which is what every app understands.
//! The code of the current and of the previous step is taken, each once (D5). Tests: tests/it/pages/mfa.rs.

use crate::cx::Cx;
use crate::oauth::error::Fault;
use crate::secret::constant_time_eq;
use crate::storage::users::UserRow;
use crate::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write;
use totp_rs::{Algorithm, Builder, Totp};

/// Length of a secret: 160 bits (RFC 4226 §4 R6).
pub const SECRET_BYTES: usize = 20;
const STEP: i64 = 30;

/// What a person needs to set an authenticator app up. No `Debug`: all of it is secret.
pub struct Enrolment {
    /// A picture of the address, as a `data:` URL.
    pub qr: String,
    /// The secret in base32, in groups of four, for those who cannot scan.
    pub text: String,
    /// The address, for an app on the same device.
    pub address: String,
}

/// Shows a new secret.
///
/// # Errors
/// The picture cannot be made.
pub fn enrolment(cx: &Cx, user: &UserRow, secret: &[u8]) -> Result<Enrolment, Fault> {
    let host = url::Url::parse(cx.app.config.public_url.as_str()).ok();
    let host = host.and_then(|url| url.host_str().map(str::to_owned));
    let issuer = host.unwrap_or_default().replace(':', ".");
    let totp = builder(secret)
        .with_account_name(user.email.clone())
        .with_issuer(Some(issuer))
        .build()
        .map_err(Fault::internal)?;
    let address = totp.to_url().map_err(Fault::internal)?;
    let base32 = totp.secret().to_base32();
    let groups: Vec<&str> = base32
        .as_bytes()
        .chunks(4)
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    Ok(Enrolment {
        qr: format!(
            "data:image/svg+xml;base64,{}",
            STANDARD.encode(picture(&address)?)
        ),
        text: groups.join(" "),
        address,
    })
}

/// A QR code as SVG, dark on light with the margin of four modules that the standard asks for.
fn picture(text: &str) -> Result<String, Fault> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(Fault::internal)?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    let side = code.size() + 8;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-4 -4 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M-4-4h{side}v{side}h-{side}z\"/><path d=\"{path}\"/></svg>"
    ))
}

/// The step of which `code` is the code: the current one or the one before. Both are always computed.
pub fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let totp = builder(secret).build_noncompliant();
    let current = now.0 / STEP;
    let matches =
        |step: i64| constant_time_eq(code_of(&totp, step).as_bytes(), code.as_bytes()).then_some(step);
    let (newer, older) = (matches(current), matches(current - 1));
    newer.or(older)
}

fn code_of(totp: &Totp, step: i64) -> String {
    let time = u64::try_from(step.saturating_mul(STEP)).unwrap_or(0);
    totp.generate(time).to_string()
}

fn builder(secret: &[u8]) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(0)
        .with_step_duration(30)
        .with_secret(secret.to_vec())
}

#[cfg(test)]
mod tests {
    use super::step_of;
    use crate::time::Timestamp;

    /// RFC 6238 appendix B, the last six of its eight digits.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_codes_are_those_of_the_specification() {
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(step_of(SECRET, code, Timestamp(time)), Some(time / 30), "{time}");
        }
    }

    /// AC-217 · D5
    #[test]
    fn the_current_and_the_previous_step_count_and_no_other() {
        let (code, at) = ("081804", 1_111_111_109 / 30);
        for (ahead, found) in [(-2, None), (-1, None), (0, Some(at)), (1, Some(at)), (2, None)] {
            let now = Timestamp((at + ahead) * 30);
            assert_eq!(step_of(SECRET, code, now), found, "{ahead}");
        }
    }

    /// AC-219
    #[test]
    fn only_six_ascii_digits_are_a_code() {
        for code in [
            "",
            "81804",
            "0081804",
            " 081804",
            "+81804",
            "081 804",
            "０８１８０４",
            "08180\u{664}",
        ] {
            assert_eq!(step_of(SECRET, code, Timestamp(1_111_111_109)), None, "{code:?}");
        }
    }
}
