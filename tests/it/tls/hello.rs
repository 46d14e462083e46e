//! Old protocols and ciphers, which no library of today can offer: the first message is written by hand.

use crate::support::secure::Secure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// RFC 5246 §7.4.1.2: a ClientHello of this version with these cipher suites.
fn hello(version: [u8; 2], suites: &[u16]) -> Vec<u8> {
    let extension = |kind: u16, body: &[u8]| {
        let length = u16::try_from(body.len()).unwrap();
        [&kind.to_be_bytes()[..], &length.to_be_bytes(), body].concat()
    };
    let extensions = [
        extension(10, &[0, 4, 0, 0x1d, 0, 0x17]), // supported_groups: x25519, secp256r1
        extension(11, &[1, 0]),                   // ec_point_formats: uncompressed
        extension(13, &[0, 6, 4, 3, 8, 4, 4, 1]), // signature_algorithms
    ]
    .concat();
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    let mut body = version.to_vec();
    body.extend([7; 32]); // random
    body.push(0); // no session
    body.extend(u16::try_from(suites.len()).unwrap().to_be_bytes());
    body.extend(suites);
    body.extend([1, 0]); // no compression
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let message = [&[1], &length[1..], &body].concat();
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    [&[22, 3, 1], &length[..], &message].concat()
}

/// What the server says to it: kind of record, and its first bytes.
async fn answer(secure: &Secure, first: &[u8]) -> (u8, [u8; 2]) {
    let address = secure.url.trim_start_matches("https://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(first).await.unwrap();
    let mut head = [0; 7];
    stream.read_exact(&mut head).await.unwrap();
    (head[0], [head[5], head[6]])
}

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const FATAL: u8 = 2;

/// RFC 8996 · RFC 9325 §4.2 · protocol-checks P-ensure-holder-of-key-required
#[tokio::test]
async fn old_versions_and_ciphers_are_refused() {
    let secure = Secure::new().await;
    // ECDHE with AES-GCM and ChaCha20-Poly1305, for the key of this server.
    for suite in [0xc02b, 0xc02c, 0xcca9] {
        let (kind, _) = answer(&secure, &hello([3, 3], &[suite])).await;
        assert_eq!(kind, HANDSHAKE, "{suite:x}");
    }
    for version in [[3, 0], [3, 1], [3, 2]] {
        let (kind, [level, description]) = answer(&secure, &hello(version, &[0xc02b, 0xc009, 0xc013])).await;
        assert_eq!(
            (kind, level, description),
            (ALERT, FATAL, 70),
            "{version:?}: protocol_version"
        );
    }
    // CBC, without ephemeral keys, export, none, anonymous.
    for suite in [
        0xc009, 0xc00a, 0xc023, 0xc013, 0x002f, 0x009c, 0x0005, 0x000a, 0x0003, 0x0000, 0xc018,
    ] {
        let (kind, [level, description]) = answer(&secure, &hello([3, 3], &[suite])).await;
        assert_eq!(
            (kind, level, description),
            (ALERT, FATAL, 40),
            "{suite:x}: handshake_failure"
        );
    }
}

#[tokio::test]
async fn plain_http_is_not_answered_on_a_port_with_tls() {
    let secure = Secure::new().await;
    let (kind, _) = answer(&secure, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(kind, ALERT);
    let http = secure.client().build().unwrap();
    let url = secure.url.replace("https:", "http:");
    assert!(http.get(format!("{url}/healthz")).send().await.is_err());
}
