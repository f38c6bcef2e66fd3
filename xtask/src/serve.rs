//! The task `serve`: build the page, then hand out the files of `dist/` to this machine only.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::page;

pub(crate) const DEFAULT_PORT: u16 = 8080;

/// A client that says nothing for so long is forgotten.
const PATIENCE: Duration = Duration::from_secs(30);
/// No browser sends more than this to ask for a file.
const LONGEST_REQUEST: u64 = 64 * 1024;

/// Builds the page and serves it until the person stops it.
pub(crate) fn serve(port: u16) -> Result<ExitCode> {
    // Ask for the port before minutes of building, not after.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        // Another port is another origin with its own stored clusters, so the choice is not ours.
        format!("cannot listen on port {port} ({error}); choose one with --port")
    })?;
    page::build()?;
    let address = listener.local_addr()?;
    println!("\nHelios is at  http://{address}/\nStop it with Ctrl-C.");
    let dist = page::dist_folder();
    for stream in listener.incoming() {
        let dist = dist.clone();
        // A browser that goes away in the middle is no reason to stop serving the others.
        let _ = stream.map(|stream| thread::spawn(move || answer(&stream, &dist)));
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(mut stream: &TcpStream, dist: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.take(LONGEST_REQUEST)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // The headers say nothing that matters here, but unread bytes would reset the connection.
    for header in lines {
        if header?.is_empty() {
            break;
        }
    }
    let Response { status, content_type, body } = respond(&request, dist);
    // no-cache: a rebuilt page must show at the next reload.
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
         Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    if !request.starts_with("HEAD ") {
        stream.write_all(&body)?;
    }
    stream.flush()
}

#[derive(Debug)]
struct Response {
    status: &'static str,
    content_type: &'static str,
    body: Vec<u8>,
}

/// Answers a request line such as `GET /web.js HTTP/1.1`.
fn respond(request: &str, dist: &Path) -> Response {
    let mut words = request.split(' ');
    let (Some("GET" | "HEAD"), Some(target)) = (words.next(), words.next()) else {
        return refuse("405 Method Not Allowed", "This server only hands out files.\n");
    };
    let file = file_for(target, dist).and_then(|path| Some((fs::read(&path).ok()?, path)));
    match file {
        Some((body, path)) => {
            Response { status: "200 OK", content_type: content_type(&path), body }
        }
        None => refuse("404 Not Found", "There is no such file.\n"),
    }
}

fn refuse(status: &'static str, why: &str) -> Response {
    Response { status, content_type: "text/plain; charset=utf-8", body: why.into() }
}

/// The file that a request means; nothing when the path tries to leave the folder.
fn file_for(target: &str, dist: &Path) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    // What Trunk and we put there have plain names, so that nothing needs to be decoded.
    let relative = Path::new(path);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let file = dist.join(if path.is_empty() { "index.html" } else { path });
    plain.then_some(file)
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        // WebAssembly.instantiateStreaming insists on this one.
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "txt" | "raft" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{content_type, file_for, respond};

    #[test]
    fn a_request_means_a_file_of_the_folder() {
        let dist = Path::new("dist");
        assert_eq!(file_for("/", dist), Some(PathBuf::from("dist/index.html")));
        assert_eq!(file_for("/web.js?v=1", dist), Some(PathBuf::from("dist/web.js")));
        assert_eq!(file_for("/a/b.css", dist), Some(PathBuf::from("dist/a/b.css")));
    }

    #[test]
    fn a_request_cannot_leave_the_folder() {
        let dist = Path::new("dist");
        assert_eq!(file_for("/../Cargo.toml", dist), None);
        assert_eq!(file_for("/a/../../Cargo.toml", dist), None);
        assert_eq!(file_for("//etc/passwd", dist), None);
        assert_eq!(file_for("http://elsewhere/", dist), None);
    }

    #[test]
    fn browsers_get_the_types_they_insist_on() {
        assert_eq!(content_type(Path::new("web_bg.wasm")), "application/wasm");
        assert!(content_type(Path::new("web.js")).starts_with("text/javascript"));
        assert!(content_type(Path::new("index.html")).starts_with("text/html"));
    }

    #[test]
    fn files_are_found_and_other_requests_are_refused() {
        let dist = std::env::temp_dir().join(format!("helios-serve-{}", std::process::id()));
        fs::create_dir_all(&dist).unwrap();
        fs::write(dist.join("index.html"), "page").unwrap();
        let found = respond("GET / HTTP/1.1", &dist);
        assert_eq!((found.status, found.body), ("200 OK", b"page".to_vec()));
        assert_eq!(respond("GET /none HTTP/1.1", &dist).status, "404 Not Found");
        assert_eq!(respond("POST / HTTP/1.1", &dist).status, "405 Method Not Allowed");
        assert_eq!(respond("", &dist).status, "405 Method Not Allowed");
        fs::remove_dir_all(&dist).unwrap();
    }
}
