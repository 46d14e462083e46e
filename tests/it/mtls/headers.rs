//! Headers that claim a certificate (AC-160): one is believed, of a trusted proxy, where the operator says so.

use super::Stage;
use keywright::config::Cidr;

const FORM: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("client_id", "mt")];

/// RFC 9700 §4.13 · ASVS 4.1.3 · AC-160
#[tokio::test]
async fn other_headers_claim_in_vain() {
    let stage = Stage::new().await;
    stage.service("CN=mt,O=Example").await;
    let own = stage.authority.certify("mt", |_| ());
    let pem = url::form_urlencoded::byte_serialize(own.pem.as_bytes()).collect::<String>();
    let base64 = own.header().trim_matches(':').to_owned();
    let subject = "CN=mt,O=Example".to_owned();
    let xfcc = format!("Hash={};Cert=\"{pem}\";Subject=\"{subject}\"", own.thumbprint());
    for headers in [
        vec![("x-ssl-client-cert", pem.clone())],
        vec![("x-ssl-cert", pem.clone())],
        vec![
            ("ssl-client-cert", pem.clone()),
            ("ssl-client-verify", "SUCCESS".to_owned()),
        ],
        vec![("x-client-cert", base64.clone())],
        vec![("x-client-cert", own.header())],
        vec![("x-forwarded-client-cert", xfcc)],
        vec![("x-forwarded-tls-client-cert", base64.clone())],
        vec![
            ("ssl-client-verify", "SUCCESS".to_owned()),
            ("ssl-client-s-dn", subject.clone()),
        ],
        vec![("x-ssl-client-s-dn", subject)],
        vec![("client_cert", own.header())],
        vec![("client_cert", own.header()), ("client_cert", own.header())],
        vec![("client-cert-chain", own.header())],
        vec![("client-certificate", own.header())],
        // What RFC 9440 §2.2 does not look like.
        vec![("client-cert", pem)],
        vec![("client-cert", base64)],
        vec![("client-cert", String::new())],
        vec![("client-cert", "::".to_owned())],
        vec![("client-cert", ":AAAA:".to_owned())],
        vec![("client-cert", format!("{};a=1", own.header()))],
        vec![("client-cert", format!("{0}, {0}", own.header()))],
        vec![("client-cert", own.header()), ("client-cert", own.header())],
        vec![("client-cert", String::new()), ("client-cert", own.header())],
    ] {
        let what = format!("{headers:?}");
        let answer = stage.post_with("/token", &headers, &FORM).await;
        assert_eq!(answer.status, 401, "{what}");
        answer.refused(401, "invalid_client");
    }
    stage.post("/token", Some(&own), &FORM).await.tokens();
    // RFC 8941 §4.2.7: padding may be missing.
    let bare = format!(":{}:", own.header().trim_matches([':', '=']));
    stage
        .post_with("/token", &[("client-cert", bare)], &FORM)
        .await
        .tokens();
}

/// AC-160: a proxy that serves other addresses too passes on there what anybody sends.
#[tokio::test]
async fn the_header_counts_at_the_address_for_certificates_only() {
    let stage = Stage::new().await;
    stage.service("CN=mt,O=Example").await;
    let own = stage.authority.certify("mt", |_| ());
    for (host, is_taken) in [
        ("id.example.test", false),
        ("mtls.id.example.test.evil.test", false),
        ("mtls.id.example.test:8444", false),
        ("", false),
        ("mtls.id.example.test", true),
        ("MTLS.id.example.test", true),
    ] {
        let headers = [("host", host.to_owned()), ("client-cert", own.header())];
        let answer = stage.post_with("/token", &headers, &FORM).await;
        assert_eq!(answer.status == 200, is_taken, "{host}: {}", answer.body);
    }
}

/// AC-160: the very header, of a peer that is no trusted proxy, or where the setting is off.
#[tokio::test]
async fn the_header_is_believed_of_trusted_proxies_only() {
    let untrusted = Stage::with(|config| {
        config.server.trusted_proxies = vec![Cidr::parse("10.0.0.0/8").unwrap()];
    })
    .await;
    let off = Stage::with(|config| config.tls.client_certificate_header = false).await;
    for stage in [untrusted, off] {
        stage.service("CN=mt,O=Example").await;
        let own = stage.authority.certify("mt", |_| ());
        for more in ["", "10.0.0.1"] {
            let mut headers = vec![("client-cert", own.header())];
            headers.extend((!more.is_empty()).then(|| ("x-forwarded-for", more.to_owned())));
            let answer = stage.post_with("/token", &headers, &FORM).await;
            answer.refused(401, "invalid_client");
        }
    }
}
