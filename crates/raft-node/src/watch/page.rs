//! The page over HTTP, and the WebSocket through which it sees the cluster.

use std::net::IpAddr;
use std::path::Path;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::services::ServeDir;

use super::hub::Hub;
use crate::NodeHandle;

/// The page from a directory, and `/attach`: the trace of the cluster as text messages, each of
/// whole lines (`docs/trace.md`).
pub(crate) fn router(handle: NodeHandle, page: &Path) -> Router {
    let attached = Router::new().route("/attach", get(attach)).with_state(Hub::begin(handle));
    attached.fallback_service(ServeDir::new(page))
}

async fn attach(State(hub): State<Hub>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    match check_origin(&headers) {
        Ok(()) => upgrade.on_upgrade(move |socket| tell(socket, hub)),
        Err(reason) => (StatusCode::FORBIDDEN, format!("{reason}\n")).into_response(),
    }
}

/// Tells the trace until either end is gone.
async fn tell(mut socket: WebSocket, hub: Hub) {
    let mut texts = hub.join().await;
    loop {
        tokio::select! {
            text = texts.recv() => {
                let Some(text) = text else { return };
                if socket.send(Message::Text(text.into())).await.is_err() {
                    return;
                }
            }
            // The page says nothing but that it goes.
            heard = socket.recv() => match heard {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

/// A page of another site must not read the cluster through the browser of somebody who may: the
/// page comes from this server, under a name that no other site can give it.
fn check_origin(headers: &HeaderMap) -> Result<(), String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).ok_or("the request names no host")?;
    if let Some(origin) = text(header::ORIGIN) {
        let origin_host = origin.split_once("://").map_or(origin, |(_, host)| host);
        if origin_host != host {
            return Err(format!("{origin} is another site than {host}"));
        }
    }
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    let address = name.trim_start_matches('[').trim_end_matches(']');
    match name == "localhost" || address.parse::<IpAddr>().is_ok() {
        true => Ok(()),
        false => Err(format!("{name} is a name: open the page by localhost or by an address")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_other_sites_are_refused() {
        let check = |host: &str, origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().expect("a value"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().expect("a value"));
            }
            check_origin(&headers).is_ok()
        };
        assert!(check("127.0.0.1:8080", Some("http://127.0.0.1:8080")));
        assert!(check("localhost:8080", Some("http://localhost:8080")));
        assert!(check("[::1]:8080", Some("http://[::1]:8080")));
        assert!(check("10.0.0.1", None), "a program that is no browser says no origin");
        assert!(!check("127.0.0.1:8080", Some("https://example.org")));
        assert!(!check("127.0.0.1:8080", Some("http://127.0.0.1:9090")));
        assert!(!check("example.org:8080", Some("http://example.org:8080")), "a rebound name");
    }
}
