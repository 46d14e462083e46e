//! `tls_client_auth` (RFC 8705 §2.1): a certificate of the right authority, for the right client, at the right time.

use super::Stage;
use crate::support::basic;
use crate::support::certificates::{Authority, Certified, subject};
use keywright::oauth::client::Metadata;
use keywright::x509::Change;
use rcgen::{
    CertificateParams, CustomExtension, DnType, DnValue, ExtendedKeyUsagePurpose, KeyPair, SanType,
    date_time_ymd,
};

const SUBJECT: &str = "CN=mt,O=Example";

fn san(name: SanType) -> impl FnOnce(&mut CertificateParams) {
    move |params| params.subject_alt_names = vec![name]
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

fn uri(name: &str) -> SanType {
    SanType::URI(name.try_into().unwrap())
}

fn email(name: &str) -> SanType {
    SanType::Rfc822Name(name.try_into().unwrap())
}

fn ip(address: &str) -> SanType {
    SanType::IpAddress(address.parse().unwrap())
}

/// RFC 8705 §2.1
#[tokio::test]
async fn a_certificate_of_the_authority_authenticates_its_client_at_every_endpoint() {
    let stage = Stage::new().await;
    stage.service(SUBJECT).await;
    let own = stage.authority.certify("mt", |_| ());
    let token = stage.token(Some(&own)).await.tokens().access_token;
    let form = [("client_id", "mt"), ("token", token.as_str())];
    let introspected = stage.post("/introspect", Some(&own), &form).await;
    assert_eq!(introspected.json()["active"], true);
    assert_eq!(stage.post("/revoke", Some(&own), &form).await.status, 200);
    let introspected = stage.post("/introspect", Some(&own), &form).await;
    assert_eq!(introspected.json()["active"], false);
    // It is who it says it is, so what follows is about the grant.
    let device = stage.post("/device_authorization", Some(&own), &form).await;
    device.refused(400, "unauthorized_client");
}

/// RFC 8705 §2.1.2: each kind of name, compared as that kind is.
#[tokio::test]
async fn every_kind_of_name_is_compared_in_its_own_way() {
    let stage = Stage::new().await;
    stage.client_by(Metadata::default()).await;
    let none = Metadata {
        token_endpoint_auth_method: "tls_client_auth".to_owned(),
        grant_types: vec!["client_credentials".to_owned()],
        ..Metadata::default()
    };
    let text = |text: &str| Some(text.to_owned());
    let by_dns = |name: &str| Metadata {
        tls_client_auth_san_dns: text(name),
        ..none.clone()
    };
    let by_uri = |name: &str| Metadata {
        tls_client_auth_san_uri: text(name),
        ..none.clone()
    };
    let by_ip = |name: &str| Metadata {
        tls_client_auth_san_ip: text(name),
        ..none.clone()
    };
    let by_email = |name: &str| Metadata {
        tls_client_auth_san_email: text(name),
        ..none.clone()
    };
    for (registered, certified, fits) in [
        (by_dns("mt.example.com"), dns("mt.example.com"), true),
        (by_dns("MT.Example.com"), dns("mt.example.com"), true),
        (by_dns("mt.example.com"), dns("*.example.com"), false),
        (by_dns("mt.example.com"), dns("mt.example.com.evil.test"), false),
        (
            by_uri("spiffe://example.com/mt"),
            uri("spiffe://example.com/mt"),
            true,
        ),
        (
            by_uri("spiffe://example.com/mt"),
            uri("spiffe://example.com/MT"),
            false,
        ),
        (by_ip("192.0.2.7"), ip("192.0.2.7"), true),
        (by_ip("2001:db8:0::7"), ip("2001:db8::7"), true),
        (by_ip("192.0.2.7"), ip("192.0.2.8"), false),
        (by_ip("192.0.2.7"), ip("::ffff:192.0.2.7"), false),
        (by_email("mt@example.com"), email("mt@EXAMPLE.com"), true),
        (by_email("mt@example.com"), email("MT@example.com"), false),
    ] {
        stage.app.change_client("mt", &registered).await;
        let what = format!("{registered:?} {certified:?}");
        let shown = stage.authority.certify("mt", san(certified));
        let answer = stage.token(Some(&shown)).await;
        assert_eq!(answer.status, if fits { 200 } else { 401 }, "{what}");
        // One of several names is enough; the subject counts for nothing.
        let several = stage.authority.certify("x", |params| {
            params.subject_alt_names = vec![dns("other.test"), shown_name(&registered), uri("x:y")];
        });
        assert_eq!(stage.token(Some(&several)).await.status, 200, "{what}");
    }
}

/// The name that is registered, as a certificate has it.
fn shown_name(metadata: &Metadata) -> SanType {
    let texts = [
        (&metadata.tls_client_auth_san_dns, dns as fn(&str) -> SanType),
        (&metadata.tls_client_auth_san_uri, uri),
        (&metadata.tls_client_auth_san_ip, ip),
        (&metadata.tls_client_auth_san_email, email),
    ];
    let (text, kind) = texts.into_iter().find(|(text, _)| text.is_some()).unwrap();
    kind(text.as_deref().unwrap())
}

/// RFC 8705 §2 · ASVS 12.1.3 · AC-157 (the revoked one is in `revoked.rs`)
#[tokio::test]
async fn any_other_certificate_is_nobodys() {
    let stage = Stage::new().await;
    stage.service(SUBJECT).await;
    let good = stage.authority.certify("mt", |_| ());
    stage.token(Some(&good)).await.tokens();
    let key = KeyPair::generate().unwrap();
    let other = Authority::new("Clients");
    let below = stage.authority.intermediate("Unknown");
    let certify = |change: fn(&mut CertificateParams)| stage.authority.certify("mt", change);
    for (what, shown) in [
        ("another subject", stage.authority.certify("mt2", |_| ())),
        ("another case", stage.authority.certify("MT", |_| ())),
        (
            "expired",
            certify(|params| params.not_after = date_time_ymd(2027, 1, 14)),
        ),
        (
            "not yet valid",
            certify(|params| params.not_before = date_time_ymd(2027, 1, 16)),
        ),
        ("self-signed", Certified::self_signed("mt", &key, |_| ())),
        ("another authority of the same name", other.certify("mt", |_| ())),
        ("an authority that is not shown", below.certify("mt", |_| ())),
        (
            "for servers only",
            certify(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
        ),
        (
            "the subject as a DNS name",
            certify(|params| {
                params.distinguished_name = subject(&[]);
                params.subject_alt_names = vec![dns("mt")];
            }),
        ),
        (
            "an extension that must be understood",
            certify(|params| {
                let mut extension =
                    CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
                extension.set_criticality(true);
                params.custom_extensions = vec![extension];
            }),
        ),
    ] {
        let answer = stage.token(Some(&shown)).await;
        assert_eq!(answer.status, 401, "{what}");
        answer.refused(401, "invalid_client");
    }
    stage.token(None).await.refused(401, "invalid_client");
    stage.token(Some(&good)).await.tokens();
}

/// AC-157: the right name in another kind of place is another name.
#[tokio::test]
async fn a_name_of_another_kind_is_another_name() {
    let stage = Stage::new().await;
    stage.client_by(Metadata::default()).await;
    let metadata = Metadata {
        token_endpoint_auth_method: "tls_client_auth".to_owned(),
        grant_types: vec!["client_credentials".to_owned()],
        tls_client_auth_san_dns: Some("mt.example.com".to_owned()),
        ..Metadata::default()
    };
    stage.app.change_client("mt", &metadata).await;
    for (what, shown) in [
        (
            "in the subject",
            stage.authority.certify("mt.example.com", |_| ()),
        ),
        (
            "as a URI",
            stage.authority.certify("x", san(uri("mt.example.com"))),
        ),
        (
            "as an e-mail address",
            stage.authority.certify("x", san(email("mt.example.com"))),
        ),
        (
            "subject right, DNS name of another",
            stage
                .authority
                .certify("mt.example.com", san(dns("other.example.com"))),
        ),
    ] {
        let answer = stage.token(Some(&shown)).await;
        assert_eq!(answer.status, 401, "{what}");
    }
    let right = stage.authority.certify("x", san(dns("mt.example.com")));
    stage.token(Some(&right)).await.tokens();
}

/// RFC 4514 · RFC 5280 §7.1
#[tokio::test]
async fn the_subject_is_compared_whole_and_in_order() {
    let stage = Stage::new().await;
    stage.service(SUBJECT).await;
    let mut name = subject(&[
        (DnType::CountryName, "DE"),
        (DnType::OrganizationName, "Example, Inc. + Sons"),
        (DnType::CommonName, " mt "),
    ]);
    // The same text in another type of string is the same value.
    name.push(
        DnType::LocalityName,
        DnValue::PrintableString("Berlin".try_into().unwrap()),
    );
    let shown = stage
        .authority
        .certify("x", |params| params.distinguished_name = name);
    for (registered, fits) in [
        (r"L=Berlin,CN=\ mt\ ,O=Example\, Inc. \+ Sons,C=DE", true),
        (
            r"l=Berlin, cn=\20mt\20, o=Example\2C Inc. \2b Sons, 2.5.4.6=DE ",
            true,
        ),
        (
            r"L=#13064265726C696E,CN=\ mt\ ,O=Example\, Inc. \+ Sons,C=#0C024445",
            true,
        ),
        (r"L=Berlin,CN=mt,O=Example\, Inc. \+ Sons,C=DE", false),
        (r"L=BERLIN,CN=\ mt\ ,O=Example\, Inc. \+ Sons,C=DE", false),
        (r"C=DE,O=Example\, Inc. \+ Sons,CN=\ mt\ ,L=Berlin", false),
        (r"CN=\ mt\ ,O=Example\, Inc. \+ Sons,C=DE", false),
        (r"L=Berlin,CN=\ mt\ ,O=Example\, Inc. \+ Sons", false),
        (r"OU=x,L=Berlin,CN=\ mt\ ,O=Example\, Inc. \+ Sons,C=DE", false),
        (r"L=Berlin+CN=\ mt\ ,O=Example\, Inc. \+ Sons,C=DE", false),
        (r"L=Berlin,CN=\ mt\ ,O=Example\, Inc. \+ Sons,C=#13024445", false),
        (r"L=Berlin,OU=\ mt\ ,O=Example\, Inc. \+ Sons,C=DE", false),
    ] {
        let metadata = Metadata {
            token_endpoint_auth_method: "tls_client_auth".to_owned(),
            grant_types: vec!["client_credentials".to_owned()],
            tls_client_auth_subject_dn: Some(registered.to_owned()),
            ..Metadata::default()
        };
        stage.app.change_client("mt", &metadata).await;
        let answer = stage.token(Some(&shown)).await;
        assert_eq!(answer.status, if fits { 200 } else { 401 }, "{registered}");
    }
}

/// RFC 5280 §4.1.2.5: by the clock of this server, to the second.
#[tokio::test]
async fn a_certificate_ends_with_its_last_second() {
    let stage = Stage::new().await;
    stage.service(SUBJECT).await;
    let end = time::OffsetDateTime::from_unix_timestamp(stage.app.now().0 + 100).unwrap();
    let shown = stage.authority.certify("mt", |params| params.not_after = end);
    stage.app.clock.advance(100);
    stage.token(Some(&shown)).await.tokens();
    stage.app.clock.advance(1);
    stage.token(Some(&shown)).await.refused(401, "invalid_client");
}

/// AC-099, AC-100: a certificate is no way around the registered method, and nothing replaces it.
#[tokio::test]
async fn the_registered_method_is_the_only_one() {
    let stage = Stage::new().await;
    stage.service(SUBJECT).await;
    let own = stage.authority.certify("mt", |_| ());
    let secret = stage.app.new_secret("mt").await;
    let form = [("grant_type", "client_credentials"), ("client_id", "mt")];
    let with_secret = [form[0], form[1], ("client_secret", secret.as_str())];
    stage
        .post("/token", Some(&own), &with_secret)
        .await
        .refused(401, "invalid_client");
    let headers = [
        ("client-cert", own.header()),
        ("authorization", basic("mt", &secret)),
    ];
    let by_basic = stage.post_with("/token", &headers, &form).await;
    by_basic.refused(401, "invalid_client");
    let assertion = [form[0], form[1], ("client_assertion", "e30.e30.")];
    let by_assertion = stage.post("/token", Some(&own), &assertion).await;
    by_assertion.refused(401, "invalid_client");

    // A client with a secret is not its namesake in a certificate; with the secret, the certificate does no harm.
    let service = stage.app.service().await;
    let named = stage.authority.certify("svc", |_| ());
    let form = [("grant_type", "client_credentials"), ("client_id", "svc")];
    stage
        .post("/token", Some(&named), &form)
        .await
        .refused(401, "invalid_client");
    let headers = [
        ("client-cert", named.header()),
        ("authorization", basic("svc", service.secret.as_ref().unwrap())),
    ];
    stage.post_with("/token", &headers, &form).await.tokens();
    // Without its name a client is nobody, whatever its certificate.
    let nameless = stage.post("/token", Some(&own), &form[..1]).await;
    nameless.refused(401, "invalid_client");
    stage.app.set_client_disabled("mt", true).await;
    stage.token(Some(&own)).await.refused(401, "invalid_client");
}

/// The files are read again when they change; files that cannot be used change nothing.
#[tokio::test]
async fn another_authority_counts_once_its_file_has_changed() {
    let stage = Stage::new().await;
    stage.service(SUBJECT).await;
    let next = Authority::new("Next");
    let (old, new) = (stage.authority.certify("mt", |_| ()), next.certify("mt", |_| ()));
    let file = stage.folder.path().join("clients.pem");
    let authorities = stage.app.app.client_ca.as_ref().unwrap();
    assert_eq!(authorities.look(), Change::None);
    stage.token(Some(&new)).await.refused(401, "invalid_client");
    std::fs::write(
        &file,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    assert!(matches!(authorities.look(), Change::Refused(why) if why.contains("clients.pem")));
    assert_eq!(authorities.look(), Change::None, "said once");
    stage.token(Some(&old)).await.tokens();
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(authorities.look(), Change::Refused(_)));
    assert_eq!(authorities.look(), Change::None, "said once");
    stage.token(Some(&old)).await.tokens();
    std::fs::write(&file, next.pem()).unwrap();
    assert_eq!(authorities.look(), Change::Loaded);
    stage.token(Some(&new)).await.tokens();
    stage.token(Some(&old)).await.refused(401, "invalid_client");
}
