//! Serves: HTTP/1.1 with limits on headers and connections, plain or over TLS, and a stop that lets requests finish.

use super::client_certificate::PeerCertificate;
use super::client_ip::PeerAddr;
use super::tls::{self, Listener, Listeners, Security};
use super::{client_router, router};
use crate::app::App;
use crate::x509::{Change, Identity, Watched};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::Accept;
use tokio_rustls::server::TlsStream;

/// Between looks at the files with certificates.
const FILES: Duration = Duration::from_secs(1);

/// Serves until `stop` is ready, then lets running requests finish for `server.drain` at most.
pub async fn serve(app: Arc<App>, listeners: impl Into<Listeners>, stop: impl Future<Output = ()>) {
    let Listeners {
        main,
        mutual,
        identity,
    } = listeners.into();
    let limits = &app.config.server;
    let server = Server {
        places: Arc::new(Semaphore::new(
            usize::try_from(limits.max_connections).unwrap_or(usize::MAX),
        )),
        head_timeout: limits.header_timeout.into(),
        graceful: GracefulShutdown::new(),
    };
    let accept = async {
        let mutual = async {
            if let Some(mutual) = mutual {
                server.accept(mutual, client_router(&app)).await;
            }
        };
        tokio::join!(
            server.accept(main, router(&app)),
            mutual,
            follow_files(&app, identity)
        )
    };
    tokio::select! {
        _ = accept => {}
        () = stop => {}
    }
    app.drain();
    let drain = app.config.server.drain.into();
    if tokio::time::timeout(drain, server.graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time");
    }
    app.db.close().await;
}

/// What the listeners of a server share.
struct Server {
    places: Arc<Semaphore>,
    /// For the handshake, and for the head of a request.
    head_timeout: Duration,
    graceful: GracefulShutdown,
}

impl Server {
    /// Accepts connections for ever.
    async fn accept(&self, listener: Listener, router: Router) {
        loop {
            let (stream, peer) = match listener.socket.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors: waiting lets connections end; a tight loop would not.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
                continue;
            };
            // Small answers must not wait for more to send.
            let _best_effort = stream.set_nodelay(true);
            let router = router.clone();
            match &listener.security {
                Security::Plain => self.plain(stream, peer, router, place),
                Security::Tls(tls) => self.secure(tls.accept(stream), |_| None, peer, router, place),
                Security::Mutual(tls) => {
                    let certificate = |stream: &_| Some(PeerCertificate(tls::certificate(stream)));
                    self.secure(tls.accept(stream), certificate, peer, router, place);
                }
            }
        }
    }

    fn plain(&self, stream: TcpStream, peer: SocketAddr, router: Router, place: OwnedSemaphorePermit) {
        let connection = connection(stream, peer, None, router, self.head_timeout);
        let connection = self.graceful.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks is the peer's business; the request itself was answered or not acknowledged.
            let _ended = connection.await;
            drop(place);
        });
    }

    /// The handshake is a task of its own: whoever is slow at it holds nobody up.
    fn secure(
        &self,
        handshake: Accept<TcpStream>,
        certificate: fn(&TlsStream<TcpStream>) -> Option<PeerCertificate>,
        peer: SocketAddr,
        router: Router,
        place: OwnedSemaphorePermit,
    ) {
        let (watcher, head_timeout) = (self.graceful.watcher(), self.head_timeout);
        tokio::spawn(async move {
            match tokio::time::timeout(head_timeout, handshake).await {
                Ok(Ok(stream)) => {
                    let certificate = certificate(&stream);
                    let connection = connection(stream, peer, certificate, router, head_timeout);
                    let _ended = watcher.watch(connection).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
            drop(place);
        });
    }
}

fn connection<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    peer: SocketAddr,
    certificate: Option<PeerCertificate>,
    router: Router,
    head_timeout: Duration,
) -> http1::Connection<
    TokioIo<S>,
    impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Send,
> {
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        let extensions = request.extensions_mut();
        extensions.insert(PeerAddr(peer));
        if let Some(certificate) = &certificate {
            extensions.insert(certificate.clone());
        }
        tower::Service::call(&mut router.clone(), request.map(Body::new))
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service)
}

/// Takes over renewed certificates and authorities. Files that cannot be used change nothing.
async fn follow_files(app: &Arc<App>, identity: Option<Arc<Watched<Identity>>>) {
    if identity.is_none() && app.client_ca.is_none() {
        return;
    }
    loop {
        tokio::time::sleep(FILES).await;
        let (app, identity) = (Arc::clone(app), identity.clone());
        let looked = tokio::task::spawn_blocking(move || {
            if let Some(identity) = &identity {
                report("the certificate of this server", identity.look());
            }
            if let Some(authorities) = &app.client_ca {
                report("the authorities for clients", authorities.look());
            }
        });
        // A panic in it was logged; the next round looks again.
        let _looked = looked.await;
    }
}

fn report(what: &str, change: Change) {
    match change {
        Change::None => {}
        Change::Loaded => tracing::info!("{what}: read again"),
        Change::Refused(why) => tracing::warn!(%why, "{what}: cannot be read again; the old stays in use"),
    }
}
