//! Whose address is counted and shown (ASVS 15.3.4, AC-200, AC-201).

use crate::support::TestApp;
use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use keywright::config::Cidr;
use keywright::storage::device_codes;

/// The address that a request with these headers comes from, as the confirmation page of a device would show it.
async fn address(app: &TestApp, headers: &[(&'static str, &[u8])]) -> String {
    let mut request = Request::post("/device_authorization")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("client_id=dev"))
        .unwrap();
    for (name, value) in headers {
        request
            .headers_mut()
            .append(*name, HeaderValue::from_bytes(value).unwrap());
    }
    let answer = app.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let code = answer.json()["user_code"].as_str().unwrap().replace('-', "");
    let now = app.now();
    let row = device_codes::find_undecided(app.app.db.read(), &code, now)
        .await
        .unwrap();
    row.unwrap().ip
}

/// authentik CVE-2024-47070 · AC-200
#[tokio::test]
async fn nobody_is_believed_without_a_trusted_proxy() {
    let app = TestApp::new().await;
    app.device().await;
    for name in [
        "x-forwarded-for",
        "x-real-ip",
        "forwarded",
        "true-client-ip",
        "cf-connecting-ip",
        "x-client-ip",
        "x-cluster-client-ip",
    ] {
        assert_eq!(
            address(&app, &[(name, b"203.0.113.7")]).await,
            "127.0.0.1",
            "{name}"
        );
    }
}

/// AC-200, AC-201: behind a trusted proxy the right-most address that is not a proxy, or the proxy itself.
#[tokio::test]
async fn a_trusted_proxy_is_believed_as_far_as_it_can_know() {
    let app = TestApp::with(|config| {
        let proxies = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
        config.server.trusted_proxies = proxies.map(|range| Cidr::parse(range).unwrap()).to_vec();
    })
    .await;
    app.device().await;
    let forwarded = "x-forwarded-for";
    for (headers, expected) in [
        (&[][..], "127.0.0.1"),
        (&[(forwarded, &b"203.0.113.7"[..])], "203.0.113.7"),
        // What stands further left was said by whoever sent the request.
        (&[(forwarded, b"198.51.100.1, 203.0.113.7")], "203.0.113.7"),
        (
            &[(forwarded, b"198.51.100.1,203.0.113.7 , 10.1.2.3")],
            "203.0.113.7",
        ),
        (
            &[(forwarded, b"198.51.100.1"), (forwarded, b"203.0.113.7")],
            "203.0.113.7",
        ),
        (&[(forwarded, b"203.0.113.7, fd00::1, 127.0.0.1")], "203.0.113.7"),
        (&[(forwarded, b"10.0.0.1, 10.0.0.2")], "127.0.0.1"),
        (&[(forwarded, b"2001:db8::1")], "2001:db8::1"),
        (&[(forwarded, b"::ffff:203.0.113.7")], "203.0.113.7"),
        (&[(forwarded, b"203.0.113.7, ::ffff:10.0.0.1")], "203.0.113.7"),
        // What cannot be read is the peer, never nobody and never what stands further left.
        (&[(forwarded, b"")], "127.0.0.1"),
        (&[(forwarded, b"unknown")], "127.0.0.1"),
        (&[(forwarded, b"203.0.113.7, unknown")], "127.0.0.1"),
        (&[(forwarded, b"203.0.113.7,")], "127.0.0.1"),
        (&[(forwarded, b"203.0.113.7:443")], "127.0.0.1"),
        (&[(forwarded, b"203.0.113.0/24")], "127.0.0.1"),
        (&[(forwarded, b"203.0.113.07")], "127.0.0.1"),
        (&[(forwarded, b"203.0.113.7, \xff")], "127.0.0.1"),
        (
            &[(forwarded, b"198.51.100.1"), (forwarded, b"\xff, 203.0.113.7")],
            "127.0.0.1",
        ),
        // No other header is looked at.
        (&[("x-real-ip", b"203.0.113.7")], "127.0.0.1"),
        (&[("forwarded", b"for=203.0.113.7")], "127.0.0.1"),
    ] {
        assert_eq!(address(&app, headers).await, expected, "{headers:?}");
    }
}

/// A proxy that is not in the list is a client like any other.
#[tokio::test]
async fn a_proxy_that_is_not_in_the_list_is_not_believed() {
    let app = TestApp::with(|config| {
        config.server.trusted_proxies = vec![Cidr::parse("10.0.0.0/8").unwrap()];
    })
    .await;
    app.device().await;
    let header = ("x-forwarded-for", &b"203.0.113.7, 10.0.0.1"[..]);
    assert_eq!(address(&app, &[header]).await, "127.0.0.1");
}
