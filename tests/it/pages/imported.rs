//! People from other systems sign in with the password that they have.

use crate::support::{TestApp, USERS};
use keywright::identity::event::{Actor, Journal};
use keywright::identity::import;
use keywright::storage::users;

const PASSWORD: &str = "twelve rounds of bcrypt";

async fn take_over(app: &TestApp, text: &str) {
    let before = app.count("events WHERE event = 'user_created'").await;
    let mut journal = Journal::begin(Actor::operator(&app.app)).await.unwrap();
    let mut people = 0;
    for entry in import::read(text).unwrap() {
        import::insert(&mut journal, &entry.person.unwrap())
            .await
            .unwrap();
        people += 1;
    }
    journal.commit().await.unwrap();
    let after = app.count("events WHERE event = 'user_created'").await;
    assert_eq!(after - before, people, "each is in the audit trail");
}

/// AC-271: a hash from elsewhere is replaced by one of our own at the first sign-in, without ending anything.
#[tokio::test]
async fn a_bcrypt_hash_is_replaced_at_the_first_sign_in() {
    let app = TestApp::new().await;
    for (email, version) in [
        ("a@example.test", "$2a$"),
        ("b@example.test", "$2b$"),
        ("y@example.test", "$2y$"),
    ] {
        let hash = bcrypt::hash(PASSWORD, 12).unwrap().replace("$2b$", version);
        take_over(
            &app,
            &format!(r#"{{"email":"{email}","password_hash":"{hash}"}}"#),
        )
        .await;
        assert_eq!(app.browser().try_sign_in(email, "another one").await.status, 400);
        assert_eq!(
            app.user(email).await.password_hash.as_deref(),
            Some(hash.as_str())
        );
        app.browser().sign_in(email, PASSWORD).await;
        let row = app.user(email).await;
        let now = row.password_hash.unwrap();
        assert!(now.starts_with("$argon2id$"), "{now}");
        assert_eq!(row.credential_epoch, 0);
        app.browser().sign_in(email, PASSWORD).await;
    }
}

/// bcrypt looks at 72 bytes; what would be cut off is not taken for right, and not stored as if it were known.
#[tokio::test]
async fn a_password_that_bcrypt_would_cut_does_not_sign_in() {
    let app = TestApp::new().await;
    let long = "long ".repeat(20);
    let hash = bcrypt::hash(&long, 12).unwrap();
    let alice = app.user(USERS[0].1).await;
    users::set_password(
        app.app.db.write(),
        &alice.id,
        alice.credential_epoch,
        &hash,
        app.now(),
    )
    .await
    .unwrap();
    for typed in [long.as_str(), &long[..72], &format!("{}x", &long[..72])] {
        assert_eq!(
            app.browser().try_sign_in(USERS[0].1, typed).await.status,
            400,
            "{typed}"
        );
    }
    assert_eq!(app.user(USERS[0].1).await.password_hash, Some(hash));
}

/// The argon2id hash of a Keycloak realm verifies here: made with Keycloak's parameters, in its form.
#[tokio::test]
async fn a_keycloak_user_signs_in_with_argon2() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let app = TestApp::new().await;
    let salt = [5_u8; 16];
    let mut hash = [0_u8; 32];
    argon2::Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        argon2::Params::new(7_168, 5, 1, Some(32)).unwrap(),
    )
    .hash_password_into(PASSWORD.as_bytes(), &salt, &mut hash)
    .unwrap();
    let secret = serde_json::json!({ "value": STANDARD.encode(hash), "salt": STANDARD.encode(salt), "additionalParameters": {} });
    let data = serde_json::json!({
        "hashIterations": 5,
        "algorithm": "argon2",
        "additionalParameters": {
            "hashLength": ["32"], "memory": ["7168"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"],
        },
    });
    let realm = serde_json::json!({
        "realm": "example",
        "users": [{
            "username": "kim",
            "email": "Kim@Example.test",
            "emailVerified": true,
            "enabled": true,
            "firstName": "Kim",
            "lastName": "Kerr",
            "realmRoles": ["default-roles-example", "offline_access", "editor", "admin"],
            "groups": ["/staff/it"],
            "credentials": [
                { "type": "otp", "secretData": "{}", "credentialData": "{}" },
                { "type": "password", "secretData": secret.to_string(), "credentialData": data.to_string() },
            ],
        }],
    });
    take_over(&app, &realm.to_string()).await;
    let kim = app.user("kim@example.test").await;
    assert_eq!(kim.name.as_deref(), Some("Kim Kerr"));
    assert_eq!(kim.preferred_username.as_deref(), Some("kim"));
    assert_eq!(
        (kim.roles.as_str(), kim.groups.as_str()),
        (r#"["editor"]"#, r#"["staff/it"]"#)
    );
    assert!(kim.email_verified && kim.disabled_at.is_none());
    app.browser().sign_in("kim@example.test", PASSWORD).await;
}

/// ASVS 11.2.2 · AC-271: hashes follow the parameters of today, at the first right password.
#[tokio::test]
async fn a_hash_with_weaker_parameters_is_replaced_at_the_first_sign_in() {
    let app = TestApp::new().await;
    let old = app.user(USERS[0].1).await.password_hash.unwrap();
    let stronger = app
        .node(|config| {
            config.passwords.memory_kib = 20_480;
            config.passwords.iterations = 3;
        })
        .await;
    assert_eq!(
        stronger.browser().try_sign_in(USERS[0].1, "wrong").await.status,
        400
    );
    assert_eq!(app.user(USERS[0].1).await.password_hash.as_ref(), Some(&old));
    let mut browser = stronger.browser();
    browser.sign_in(USERS[0].1, USERS[0].2).await;
    let new = app.user(USERS[0].1).await.password_hash.unwrap();
    assert!(new.starts_with("$argon2id$v=19$m=20480,t=3,p=1$"), "{new}");
    assert!(browser.is_signed_in().await, "it is no new password");
    stronger.browser().sign_in(USERS[0].1, USERS[0].2).await;
    assert_eq!(app.user(USERS[0].1).await.password_hash, Some(new));
}
