//! What the connections do again and again: one request, or the requests of one whole flow.

use crate::Result;
use crate::connection::Connection;
use crate::load::CONNECTIONS;
use crate::seed::{PASSWORD, REDIRECT_URI, SCOPE, World, email};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;
use url::form_urlencoded::Serializer;

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// How long a connection of a flood waits after a refusal. Shorter than any `Retry-After`, as floods are.
const PAUSE: Duration = Duration::from_millis(100);

/// The work of one connection.
pub(crate) enum Work {
    /// The same request, answered with 200 and this text in the body.
    Same(Vec<u8>, &'static str),
    /// One request after the other, each answered with 200 and this text in the body.
    Each(VecDeque<Vec<u8>>, &'static str),
    /// Refreshes one token after the other; the successor takes the place of its predecessor.
    Refresh(Site, VecDeque<String>),
    /// Authorization code and PKCE with the session of this cookie header.
    Authorize(Site, String),
    /// The same with nobody signed in: the sign-in page and a password before it.
    SignIn(Site, usize),
    /// Sign-in by JSON.
    Login(SocketAddr, usize),
    /// The same, where a full pool is an answer too. Waits a while after it, as told.
    Flood(SocketAddr, usize),
    /// Refresh by cookie; the cookie comes from a sign-in by JSON.
    CookieRefresh(SocketAddr, usize, Option<String>),
}

/// Whom the requests are for, and who sends them.
#[derive(Clone)]
pub(crate) struct Site {
    address: SocketAddr,
    authorization: String,
}

impl Site {
    /// One of the clients of a filled database.
    pub(crate) fn new(address: SocketAddr, world: &World, client_id: &str) -> Result<Self> {
        let secret = world
            .clients
            .iter()
            .find(|(id, _)| *id == client_id)
            .map(|(_, secret)| secret);
        let credentials = format!("{client_id}:{}", secret.ok_or("no such client")?);
        Ok(Self {
            address,
            authorization: format!("Authorization: Basic {}\r\n", STANDARD.encode(credentials)),
        })
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
        post(self.address, path, &self.authorization, fields)
    }

    fn redeem(&self, code: &str) -> Vec<u8> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        self.post("/token", &fields)
    }

    fn authorize(&self, cookies: &str) -> Vec<u8> {
        let query = Serializer::new(String::new())
            .append_pair("client_id", "web")
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("scope", SCOPE)
            .append_pair("state", "af0ifjsldkj")
            .append_pair("nonce", "n-0S6_WzA2Mj")
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256")
            .finish();
        get(self.address, &format!("/authorize?{query}"), cookies)
    }
}

/// A GET with further header lines.
pub(crate) fn get(address: SocketAddr, path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n").into_bytes()
}

fn post(address: SocketAddr, path: &str, headers: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let form = Serializer::new(String::new()).extend_pairs(fields).finish();
    let length = form.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n{headers}\r\n{form}"
    )
    .into_bytes()
}

/// A call of the JSON API by a page of our own.
fn post_json(address: SocketAddr, path: &str, cookie: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let cookie = match cookie {
        "" => String::new(),
        cookie => format!("Cookie: {cookie}\r\n"),
    };
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{cookie}\r\n{body}"
    )
    .into_bytes()
}

fn login(address: SocketAddr, number: usize) -> Vec<u8> {
    let body = format!(r#"{{"email":"{}","password":"{PASSWORD}"}}"#, email(number));
    post_json(address, "/auth/login", "", &body)
}

/// The cookie header of a browser, with a session or without.
fn cookies(number: usize, session: Option<&str>) -> String {
    let browser = URL_SAFE_NO_PAD.encode([u8::try_from(number).unwrap_or_default(); 32]);
    let session = session
        .map(|session| format!("; kw-session={session}"))
        .unwrap_or_default();
    format!("Cookie: kw-browser={browser}{session}\r\n")
}

/// The same document or token for every connection.
pub(crate) fn same(request: &[u8], marker: &'static str) -> Vec<Work> {
    (0..CONNECTIONS)
        .map(|_| Work::Same(request.to_vec(), marker))
        .collect()
}

/// `client_credentials`.
pub(crate) fn client_credentials(site: &Site) -> Vec<Work> {
    let fields = [("grant_type", "client_credentials"), ("scope", "api:read")];
    same(&site.post("/token", &fields), "\"access_token\":\"")
}

/// Each connection has its share of the tokens.
pub(crate) fn introspect(site: &Site, tokens: &[String]) -> Vec<Work> {
    let requests = |share: &[String]| {
        share
            .iter()
            .map(|token| site.post("/introspect", &[("token", token)]))
            .collect()
    };
    shares(tokens)
        .map(|share| Work::Each(requests(share), "\"active\":true"))
        .collect()
}

/// Asks for each of these below a path.
pub(crate) fn each(address: SocketAddr, path: &str, names: &[String]) -> Vec<Work> {
    let request = |name: &String| get(address, &format!("{path}{name}"), "");
    shares(names)
        .map(|share| Work::Each(share.iter().map(request).collect(), ""))
        .collect()
}

/// Asks who a session is, as a proxy does, one session after the other; each connection has its share.
pub(crate) fn sessions(address: SocketAddr, sessions: &[String]) -> Vec<Work> {
    let request = |session: &String| get(address, "/auth/verify", &cookies(0, Some(session)));
    shares(sessions)
        .map(|share| Work::Each(share.iter().map(request).collect(), "{}"))
        .collect()
}

/// Each connection has its share of the tokens.
pub(crate) fn refresh(site: &Site, tokens: &[String]) -> Vec<Work> {
    shares(tokens)
        .map(|share| Work::Refresh(site.clone(), share.iter().cloned().collect()))
        .collect()
}

fn shares(tokens: &[String]) -> impl Iterator<Item = &[String]> {
    tokens
        .chunks_exact((tokens.len() / CONNECTIONS).max(1))
        .take(CONNECTIONS)
}

/// Each connection is another browser with another user.
pub(crate) fn authorize(site: &Site, sessions: &[String]) -> Vec<Work> {
    let browsers = sessions.iter().enumerate();
    browsers
        .map(|(number, session)| Work::Authorize(site.clone(), cookies(number, Some(session))))
        .collect()
}

/// So many connections of a load by number.
pub(crate) fn numbered(connections: usize, work: impl Fn(usize) -> Work) -> Vec<Work> {
    (0..connections).map(work).collect()
}

impl Work {
    /// Does it once, and checks the answers.
    pub(crate) async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        match self {
            Self::Same(request, marker) => contains(connection, request, marker).await,
            Self::Each(requests, marker) => {
                requests.rotate_left(1);
                let request = requests.back().ok_or("no request")?;
                contains(connection, request, marker).await
            }
            Self::Refresh(site, tokens) => {
                let token = tokens.pop_front().ok_or("no token")?;
                let fields = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
                let answer = connection.exchange(&site.post("/token", &fields)).await?;
                tokens.push_back(answer.expect(200)?.member("refresh_token")?.to_owned());
                Ok(())
            }
            Self::Authorize(site, cookies) => {
                let answer = connection.exchange(&site.authorize(cookies)).await?;
                let code = answer.expect(303)?.returned("code")?.to_owned();
                contains(connection, &site.redeem(&code), "\"id_token\":\"").await
            }
            Self::SignIn(site, number) => sign_in_once(connection, site, *number).await,
            Self::Login(address, number) => {
                contains(connection, &login(*address, *number), "\"access_token\":\"").await
            }
            Self::Flood(address, number) => {
                let answer = connection.exchange(&login(*address, *number)).await?;
                if answer.status == 503 {
                    tokio::time::sleep(PAUSE).await;
                    return Ok(());
                }
                answer.expect(200).map(|_| ())
            }
            Self::CookieRefresh(address, number, cookie) => {
                let request = match cookie.as_deref() {
                    Some(cookie) => post_json(*address, "/auth/refresh", cookie, ""),
                    None => login(*address, *number),
                };
                *cookie = Some(
                    connection
                        .exchange(&request)
                        .await?
                        .expect(200)?
                        .cookie()?
                        .to_owned(),
                );
                Ok(())
            }
        }
    }
}

async fn contains(connection: &mut Connection, request: &[u8], marker: &str) -> Result<()> {
    let answer = connection.exchange(request).await?;
    if !answer.expect(200)?.body.contains(marker) {
        return Err(format!("no {marker} in {}", answer.body).into());
    }
    Ok(())
}

async fn sign_in_once(connection: &mut Connection, site: &Site, number: usize) -> Result<()> {
    let cookies = cookies(number, None);
    let answer = connection.exchange(&site.authorize(&cookies)).await?;
    let flow = answer.expect(303)?.returned("flow")?.to_owned();
    let page = get(site.address, &format!("/login?flow={flow}"), &cookies);
    let answer = connection.exchange(&page).await?;
    let csrf = answer.expect(200)?.hidden("csrf")?.to_owned();
    let headers = format!("Origin: http://{}\r\n{cookies}", site.address);
    let username = email(number);
    let fields = [
        ("flow", flow.as_str()),
        ("csrf", &csrf),
        ("username", &username),
        ("password", PASSWORD),
    ];
    let answer = connection
        .exchange(&post(site.address, "/login", &headers, &fields))
        .await?;
    let code = answer.expect(303)?.returned("code")?.to_owned();
    contains(connection, &site.redeem(&code), "\"id_token\":\"").await
}
