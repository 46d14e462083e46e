//! Passkeys (WebAuthn level 3): every ceremony is a challenge of this browser, used up by the first answer, right or
//! wrong. The authenticator always verifies its user, so a passkey alone is two factors. Tests: tests/it/account/passkey.rs.

use super::browser::Browser;
use super::challenge::{self, Challenge, Kind};
use super::event::{About, Actor, Event, Journal};
use super::factors;
use super::notice;
use super::session::Proof;
use crate::cx::Cx;
use crate::id;
use crate::mail::Notice;
use crate::oauth::discovery::ACR_MFA;
use crate::oauth::error::Fault;
use crate::storage::passkeys::{self, PasskeyRow};
use crate::storage::users::{self, UserRow};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    AuthenticationResult, CredentialID, DiscoverableAuthentication, Passkey, PasskeyAuthentication,
    PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// Most passkeys of one user.
const MOST: usize = 20;
/// Longest credential identifier, bytes (WebAuthn §7.1).
const MAX_CREDENTIAL_ID: usize = 1_023;

/// After a password, a passkey that never leaves its device (RFC 8176 §2 `hwk`).
pub const SECOND_HARDWARE: Proof = Proof {
    acr: ACR_MFA,
    amr: "pwd hwk mfa",
};
/// After a password, a passkey that may be copied between devices of its owner (RFC 8176 §2 `swk`).
pub const SECOND_SOFTWARE: Proof = Proof {
    acr: ACR_MFA,
    amr: "pwd swk mfa",
};
/// Instead of a password, a passkey that never leaves its device.
pub const ALONE_HARDWARE: Proof = Proof {
    acr: ACR_MFA,
    amr: "hwk mfa",
};
/// Instead of a password, a passkey that may be copied.
pub const ALONE_SOFTWARE: Proof = Proof {
    acr: ACR_MFA,
    amr: "swk mfa",
};

/// A ceremony for a script to run.
pub struct Ceremony {
    /// Handle of the challenge.
    pub handle: String,
    /// The options for `navigator.credentials`, JSON.
    pub options: Value,
}

/// The answer of the authenticator proves nothing, or something broke.
#[derive(Debug)]
pub enum Denied {
    /// Too late, another browser, another key, or not what was asked for.
    Incorrect,
    /// The passkey is registered already.
    Known,
    /// Something broke.
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for Denied {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

/// This server as relying party; `None` where its address is a bare IP address, which WebAuthn does not allow.
fn relying_party(cx: &Cx) -> Option<Webauthn> {
    let origin = url::Url::parse(cx.app.config.public_url.origin()).ok()?;
    let host = origin.domain()?;
    WebauthnBuilder::new(host, &origin)
        .ok()?
        .rp_name(host)
        .build()
        .ok()
}

/// Whether passkeys can be used at the address of this server.
pub fn available(cx: &Cx) -> bool {
    relying_party(cx).is_some()
}

/// Begins to add a passkey; `None` if there are too many or none are possible.
///
/// # Errors
/// The database fails.
pub async fn begin_setup(cx: &Cx, browser: &Browser, user: &UserRow) -> Result<Option<Ceremony>, Fault> {
    let (Some(party), Ok(handle)) = (relying_party(cx), uuid::Uuid::parse_str(&user.id)) else {
        return Ok(None);
    };
    let known = passkeys::of_user(cx.app.db.read(), &user.id).await?;
    if known.len() >= MOST {
        return Ok(None);
    }
    let exclude = known
        .into_iter()
        .map(|row| CredentialID::from(row.credential_id))
        .collect();
    let shown = user.name.as_deref().unwrap_or(&user.email);
    let (options, state) = party
        .start_passkey_registration(handle, &user.email, shown, Some(exclude))
        .map_err(Fault::internal)?;
    let mut options = json!(options);
    // Kept on the authenticator where it can be, so that the sign-in page can offer it without a name being typed.
    if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
        selection["residentKey"] = json!("preferred");
    }
    let state = serde_json::to_vec(&state).map_err(Fault::internal)?;
    let handle = challenge::begin(cx, Kind::PasskeySetup, browser, Some(user), &state).await?;
    Ok(Some(Ceremony { handle, options }))
}

/// Adds the passkey that `credential` tells of; gives its proof, and recovery codes if the user had none.
///
/// # Errors
/// See [`Denied`].
pub async fn finish_setup(
    cx: &Cx,
    browser: &Browser,
    user: &UserRow,
    answer: (&str, &str),
    name: &str,
) -> Result<(Proof, Vec<String>), Denied> {
    let (handle, credential) = answer;
    let begun = spend(cx, Kind::PasskeySetup, handle, browser).await?;
    if begun.user.as_ref().is_none_or(|owner| owner.id != user.id) {
        return Err(Denied::Incorrect);
    }
    let state: PasskeyRegistration = serde_json::from_slice(&begun.payload).map_err(Fault::internal)?;
    own_page(credential)?;
    let credential: RegisterPublicKeyCredential =
        serde_json::from_str(credential).map_err(|_| Denied::Incorrect)?;
    let party = relying_party(cx).ok_or(Denied::Incorrect)?;
    let passkey = party
        .finish_passkey_registration(&credential, &state)
        .map_err(|error| refused(cx, &error))?;
    if passkey.cred_id().len() > MAX_CREDENTIAL_ID {
        return Err(Denied::Incorrect);
    }
    let stored = json!(passkey);
    let row = PasskeyRow {
        id: id::row(&*cx.app.entropy, cx.now),
        credential_id: passkey.cred_id().to_vec(),
        user_id: user.id.clone(),
        name: name.to_owned(),
        credential: stored.to_string(),
        counter: stored
            .pointer("/cred/counter")
            .and_then(Value::as_i64)
            .unwrap_or(0),
        created_at: cx.now.0,
        last_used_at: None,
    };
    let synced = stored.pointer("/cred/backup_eligible") == Some(&Value::Bool(true));
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    crate::storage::factors::lock(journal.tx(), &user.id).await?;
    match passkeys::insert(journal.sql(), &row).await {
        Ok(()) => {}
        // Of this user or of somebody else (WebAuthn §7.1): nobody learns which.
        Err(error) if error.is_unique_violation() => return Err(Denied::Known),
        Err(error) => return Err(error.into()),
    }
    let codes = factors::first_codes(cx, journal.tx(), user).await?;
    journal.note(Event::PasskeyAdded, About::user(&user.id)).await?;
    notice::send(&mut journal, Notice::PasskeyAdded, user).await?;
    journal.commit().await?;
    let proof = if synced { SECOND_SOFTWARE } else { SECOND_HARDWARE };
    Ok((proof, codes))
}

/// Asks for one of the user's passkeys as the second step; `None` if there is none.
///
/// # Errors
/// The database fails.
pub async fn begin_step(cx: &Cx, browser: &Browser, user: &UserRow) -> Result<Option<Ceremony>, Fault> {
    let rows = passkeys::of_user(cx.app.db.read(), &user.id).await?;
    let known: Result<Vec<Passkey>, _> = rows
        .iter()
        .map(|row| serde_json::from_str(&row.credential))
        .collect();
    let known = known.map_err(Fault::internal)?;
    let (Some(party), false) = (relying_party(cx), known.is_empty()) else {
        return Ok(None);
    };
    let (options, state) = party
        .start_passkey_authentication(&known)
        .map_err(Fault::internal)?;
    let state = serde_json::to_vec(&state).map_err(Fault::internal)?;
    let handle = challenge::begin(cx, Kind::PasskeyStep, browser, Some(user), &state).await?;
    Ok(Some(Ceremony {
        handle,
        options: json!(options),
    }))
}

/// Checks the answer to [`begin_step`].
///
/// # Errors
/// See [`Denied`].
pub async fn finish_step(
    cx: &Cx,
    browser: &Browser,
    user: &UserRow,
    answer: (&str, &str),
) -> Result<Proof, Denied> {
    let (handle, credential) = answer;
    let begun = spend(cx, Kind::PasskeyStep, handle, browser).await?;
    if begun.user.as_ref().is_none_or(|owner| owner.id != user.id) {
        return Err(Denied::Incorrect);
    }
    let state: PasskeyAuthentication = serde_json::from_slice(&begun.payload).map_err(Fault::internal)?;
    let credential = assertion(credential)?;
    let party = relying_party(cx).ok_or(Denied::Incorrect)?;
    // Of the credentials that were asked for, this one must still be there.
    let row = passkeys::find(cx.app.db.read(), &user.id, credential.get_credential_id()).await?;
    let row = row.ok_or(Denied::Incorrect)?;
    let result = party
        .finish_passkey_authentication(&credential, &state)
        .map_err(|error| refused(cx, &error))?;
    let synced = note_use(cx, &row, &result).await?;
    Ok(if synced { SECOND_SOFTWARE } else { SECOND_HARDWARE })
}

/// Asks for any passkey of this server, before anybody has said who they are.
///
/// # Errors
/// The database fails.
pub async fn begin_sign_in(cx: &Cx, browser: &Browser) -> Result<Option<Ceremony>, Fault> {
    let Some(party) = relying_party(cx) else {
        return Ok(None);
    };
    let (options, state) = party
        .start_discoverable_authentication()
        .map_err(Fault::internal)?;
    let state = serde_json::to_vec(&state).map_err(Fault::internal)?;
    let handle = challenge::begin(cx, Kind::PasskeySignIn, browser, None, &state).await?;
    Ok(Some(Ceremony {
        handle,
        options: json!(options),
    }))
}

/// Finds out who answers to [`begin_sign_in`].
///
/// # Errors
/// See [`Denied`].
pub async fn finish_sign_in(
    cx: &Cx,
    browser: &Browser,
    handle: &str,
    credential: &str,
) -> Result<(UserRow, Proof), Denied> {
    let begun = spend(cx, Kind::PasskeySignIn, handle, browser).await?;
    let state: DiscoverableAuthentication =
        serde_json::from_slice(&begun.payload).map_err(Fault::internal)?;
    let credential = assertion(credential)?;
    let party = relying_party(cx).ok_or(Denied::Incorrect)?;
    // WebAuthn §7.2 step 6: the credential must belong to the user whom the authenticator names (AC-234).
    let (user_id, credential_id) = party
        .identify_discoverable_authentication(&credential)
        .map_err(|error| refused(cx, &error))?;
    let user_id = user_id.hyphenated().to_string();
    let row = passkeys::find(cx.app.db.read(), &user_id, credential_id).await?;
    let row = row.ok_or(Denied::Incorrect)?;
    let known: Passkey = serde_json::from_str(&row.credential).map_err(Fault::internal)?;
    let result = party
        .finish_discoverable_authentication_v2(&credential, state, &known)
        .map_err(|error| refused(cx, &error))?;
    let user = users::find(cx.app.db.read(), &user_id).await?;
    let user = user
        .filter(|user| user.disabled_at.is_none())
        .ok_or(Denied::Incorrect)?;
    let synced = note_use(cx, &row, &result).await?;
    Ok((user, if synced { ALONE_SOFTWARE } else { ALONE_HARDWARE }))
}

fn assertion(credential: &str) -> Result<PublicKeyCredential, Denied> {
    own_page(credential)?;
    serde_json::from_str(credential).map_err(|_| Denied::Incorrect)
}

/// Refuses what was made in a frame inside another site (WebAuthn §7.2 `crossOrigin`, `topOrigin`): our pages cannot be
/// framed. The library checks the first of these in registrations only, and the second nowhere (AC-232).
fn own_page(credential: &str) -> Result<(), Denied> {
    let data = || {
        let credential: Value = serde_json::from_str(credential).ok()?;
        let text = credential.pointer("/response/clientDataJSON")?.as_str()?;
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    };
    let data = data().ok_or(Denied::Incorrect)?;
    let same_origin = data
        .get("crossOrigin")
        .is_none_or(|cross| *cross == Value::Bool(false));
    if same_origin && data.get("topOrigin").is_none() {
        Ok(())
    } else {
        Err(Denied::Incorrect)
    }
}

/// The challenge, used up: one answer is all it takes (AC-231).
async fn spend(cx: &Cx, kind: Kind, handle: &str, browser: &Browser) -> Result<Challenge, Denied> {
    let begun = challenge::find(cx, kind, handle, browser).await?;
    let begun = begun.ok_or(Denied::Incorrect)?;
    if challenge::spend(cx, &begun).await? {
        Ok(begun)
    } else {
        Err(Denied::Incorrect)
    }
}

/// Stores what the use changed. A counter that is not ahead is a sign of a copied key (WebAuthn §6.1.1): refused.
async fn note_use(cx: &Cx, row: &PasskeyRow, result: &AuthenticationResult) -> Result<bool, Denied> {
    let mut known: Passkey = serde_json::from_str(&row.credential).map_err(Fault::internal)?;
    if !result.user_verified() || known.update_credential(result).is_none() {
        return Err(Denied::Incorrect);
    }
    let counter = i64::from(result.counter());
    let stored = json!(known).to_string();
    if !passkeys::used(cx.app.db.write(), &row.id, &stored, counter, cx.now).await? {
        let mut journal = Journal::begin(Actor::of(cx)).await?;
        journal
            .note(Event::PasskeyCounter, About::user(&row.user_id))
            .await?;
        journal.commit().await?;
        return Err(Denied::Incorrect);
    }
    Ok(result.backup_eligible())
}

fn refused(cx: &Cx, error: &webauthn_rs::prelude::WebauthnError) -> Denied {
    tracing::info!(target: "audit", event = "passkey_refused", request_id = %cx.request_id, reason = %error, "passkey refused");
    Denied::Incorrect
}
