//! Known devices (design.md D4): a cookie from an earlier sign-in. Its tries are counted apart, so that a stranger who
//! uses up those of an account, or locks it, does not keep its owner out.
//!
//! The cookie holds up to four sign-ins, `<time>.<nonce>.<MAC>` each. The MAC covers the user and the credential epoch
//! too, which the cookie does not tell: it is good for this user only and ends with the password.

use crate::cx::Cx;
use crate::id;
use crate::storage::users::UserRow;
use crate::time::{Seconds, Timestamp};
use crate::vault::Purpose;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How long a device stays known without a sign-in.
pub const LIFETIME: Seconds = Seconds(180 * 86_400);
/// People who share a browser.
const MOST: usize = 4;

/// The name of this device for the user, if it is known.
pub fn find(cx: &Cx, user: &UserRow) -> Option<String> {
    entries(cx).find_map(|entry| name(cx, user, entry))
}

/// The cookie after a sign-in: this user's entry first, then what else the browser had.
pub fn remember(cx: &Cx, user: &UserRow) -> String {
    let nonce = find(cx, user).unwrap_or_else(|| id::random::<16>(&*cx.app.entropy));
    let text = format!("{}.{nonce}", cx.now.0);
    let mac = URL_SAFE_NO_PAD.encode(
        cx.app
            .vault
            .mac(Purpose::Device, &parts(user, &epoch(user), &text)),
    );
    let new = format!("{text}.{mac}");
    let others = entries(cx).filter(|entry| name(cx, user, entry).is_none());
    let all: Vec<&str> = [new.as_str()].into_iter().chain(others).take(MOST).collect();
    all.join("~")
}

fn entries(cx: &Cx) -> impl Iterator<Item = &str> {
    let cookie = cx.device.as_deref().unwrap_or_default();
    let well_formed = |entry: &&str| {
        let known = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        (1..=100).contains(&entry.len()) && entry.bytes().all(known)
    };
    cookie.split('~').filter(well_formed).take(MOST)
}

/// The nonce of an entry, if this server made it for this user, with the password of today, and lately.
fn name(cx: &Cx, user: &UserRow, entry: &str) -> Option<String> {
    let (text, mac) = entry.rsplit_once('.')?;
    let (time, nonce) = text.split_once('.')?;
    let presented = URL_SAFE_NO_PAD.decode(mac).ok()?;
    let vault = &cx.app.vault;
    let good = vault.verify(Purpose::Device, &parts(user, &epoch(user), text), &presented);
    let time = Timestamp(time.parse().ok()?);
    (good && time + LIFETIME > cx.now).then(|| nonce.to_owned())
}

fn epoch(user: &UserRow) -> [u8; 8] {
    user.credential_epoch.to_be_bytes()
}

fn parts<'a>(user: &'a UserRow, epoch: &'a [u8; 8], text: &'a str) -> [&'a [u8]; 3] {
    [user.id.as_bytes(), epoch, text.as_bytes()]
}
