//! Browser sessions on each store: what a sign-out, a change of the user, an eviction, an outage and a move do.

mod changes;
mod lost;
mod moves;

use crate::support::stores::Which;
use crate::support::{Browser, TestApp, USERS};
use keywright::config::StoreUrl;
use keywright::cx::Cx;
use keywright::identity::session;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// A server with its sessions in this store.
pub async fn server(url: StoreUrl) -> TestApp {
    let app = TestApp::new().await;
    app.node(|config| config.stores.url = url).await
}

/// Another server of the same installation.
pub async fn node(app: &TestApp) -> TestApp {
    app.node(|_| ()).await
}

pub fn browser_with<'a>(app: &'a TestApp, of: &Browser<'_>) -> Browser<'a> {
    let cookies = of.cookies.clone();
    Browser { app, cookies }
}

/// Whether the server takes the browser for signed in; a page that cannot tell is neither.
pub async fn is_in(app: &TestApp, browser: &Browser<'_>) -> bool {
    let page = browser_with(app, browser).get("/logout").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let (signed_in, out) = (
        page.body.contains("logout-confirm"),
        page.body.contains("logout-success"),
    );
    assert_ne!(signed_in, out, "{}", page.body);
    signed_in
}

pub async fn sign_out(app: &TestApp, browser: &Browser<'_>) {
    let mut browser = browser_with(app, browser);
    let csrf = browser.get("/logout").await.hidden("csrf").unwrap();
    let answer = browser
        .post("/logout", &[("csrf", &csrf), ("decision", "signout")])
        .await;
    assert!(answer.body.contains("logout-success"), "{}", answer.body);
}

async fn alices_id(app: &TestApp) -> String {
    app.user(USERS[0].1).await.id
}

fn cx(app: &TestApp) -> Cx {
    Cx {
        app: Arc::clone(&app.app),
        now: app.now(),
        ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: String::new(),
        certificate: None,
        device: None,
        request_id: String::new(),
        client_id: Arc::default(),
    }
}

/// The identifier of the session that a browser holds.
async fn session_id(app: &TestApp, browser: &Browser<'_>) -> String {
    let cookie = &browser.cookies["__Host-kw-session"];
    session::find(&cx(app), cookie).await.unwrap().unwrap().id
}

/// Each story on each store.
macro_rules! on_each_store {
    ($($(#[$meta:meta])* $story:ident,)*) => {
        crate::stores::on_each_store!(@ memory Memory, $($(#[$meta])* $story,)*);
        crate::stores::on_each_store!(@ database Database, $($(#[$meta])* $story,)*);
        crate::stores::on_each_store!(@ redis Redis, $($(#[$meta])* $story,)*);
        crate::stores::on_each_store!(@ memcached Memcached, $($(#[$meta])* $story,)*);
    };
    (@ $module:ident $which:ident, $($(#[$meta:meta])* $story:ident,)*) => {
        mod $module {
            $(
                $(#[$meta])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    use crate::support::stores::Which;
                    if let Some(url) = Which::$which.url() {
                        super::$story(Which::$which, crate::stores::server(url).await).await;
                    }
                }
            )*
        }
    };
}
use on_each_store;

/// Whether another server of the installation sees the same store.
fn is_shared(which: Which) -> bool {
    which != Which::Memory
}
