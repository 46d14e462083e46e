//! The listener: plain HTTP/1.1 with limits on headers and connections, and a stop that lets requests finish.

use super::client_ip::PeerAddr;
use super::router;
use crate::app::App;
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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Serves until `stop` is ready, then lets running requests finish for `server.drain` at most.
pub async fn serve(app: Arc<App>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let router = router(&app);
    let limits = &app.config.server;
    let places = Arc::new(Semaphore::new(
        usize::try_from(limits.max_connections).unwrap_or(usize::MAX),
    ));
    let header_timeout = Duration::from_secs(u64::try_from(limits.header_timeout.0).unwrap_or(10));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors: waiting lets connections end; a tight loop would not.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            continue;
        };
        let connection = connection(stream, peer, router.clone(), header_timeout);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks is the peer's business; the request itself was answered or not acknowledged.
            let _ended = connection.await;
            drop(place);
        });
    }
    app.drain();
    drop(listener);
    let drain = Duration::from_secs(u64::try_from(app.config.server.drain.0).unwrap_or(30));
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    app.db.close().await;
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: axum::Router,
    header_timeout: Duration,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Send,
> {
    // Small answers must not wait for more to send.
    let _best_effort = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(PeerAddr(peer));
        tower::Service::call(&mut router.clone(), request.map(Body::new))
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service)
}
