//! Certificates that their authority has taken back (RFC 5280 §6.3).

use super::Stage;
use crate::support::certificates::{Authority, Certified};
use keywright::x509::ClientCa;
use rcgen::SerialNumber;

/// A server with a revocation list, which is made when there is an authority.
async fn stage_with(list: impl FnOnce(&Authority) -> String) -> Stage {
    let stage = Stage::new().await;
    let file = stage.folder.path().join("revoked.pem");
    std::fs::write(&file, list(&stage.authority)).unwrap();
    let app = stage.app.node(|config| config.tls.client_crl = Some(file)).await;
    Stage { app, ..stage }
}

fn numbered(stage: &Stage, serial: u64) -> Certified {
    stage.authority.certify("mt", |params| {
        params.serial_number = Some(SerialNumber::from(serial))
    })
}

/// AC-157 · RUSTSEC-2026-0049
#[tokio::test]
async fn a_revoked_certificate_is_nobodys() {
    let stage = stage_with(|authority| authority.revocation_list(&[77], 2030)).await;
    stage.service("CN=mt,O=Example").await;
    stage.token(Some(&numbered(&stage, 76))).await.tokens();
    let revoked = numbered(&stage, 77);
    stage.token(Some(&revoked)).await.refused(401, "invalid_client");
}

/// Fails closed: without a current list of the very authority nobody is known not to be revoked.
#[tokio::test]
async fn a_list_that_is_old_or_of_another_authority_lets_nobody_in() {
    for list in ["old", "other"] {
        let stage = stage_with(|authority| match list {
            "old" => authority.revocation_list(&[77], 2026),
            _ => Authority::new("Other").revocation_list(&[77], 2030),
        })
        .await;
        stage.service("CN=mt,O=Example").await;
        let shown = numbered(&stage, 76);
        stage.token(Some(&shown)).await.refused(401, "invalid_client");
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_stops_the_server() {
    let stage = Stage::new().await;
    let authorities = stage.folder.path().join("clients.pem");
    let why = ClientCa::watch(&authorities, Some(&authorities)).err().unwrap();
    assert!(why.contains("no revocation list"), "{why}");
}
