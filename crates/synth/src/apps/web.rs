//! HTTP/1.1 in the clear and TLS 1.2 and 1.3.

use crate::dialog::Message;
use crate::filler::Kind;
use crate::rng::Rng;
use crate::world::MS;

/// Names of sites; the first are the most visited.
pub const SITES: [&str; 8] = [
    "www.example.com",
    "shop.example.com",
    "news.example.org",
    "static.example.net",
    "mail.example.com",
    "api.example.net",
    "video.example.org",
    "wiki.example.test",
];

const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0",
    "curl/8.9.1",
    "Mozilla/5.0 (Windows NT 10.0) Chrome/126.0",
    "Wget/1.24",
];

/// Requests and responses on one connection.
pub fn http(rng: &mut Rng, requests: u64) -> Vec<Message> {
    let site = rng.pick(&SITES);
    let agent = rng.pick(&AGENTS);
    let mut dialog = Vec::new();
    for number in 0..requests {
        let page = rng.zipf(5_000);
        let post = rng.chance(0.08);
        let size = rng.pareto(400.0, 1.15, 4e6) as u64;
        let think = if number == 0 { 0 } else { think(rng) };
        let request = if post {
            let body = format!("id={page}&note=hello+wire");
            format!(
                "POST /form/{page} HTTP/1.1\r\nHost: {site}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        } else {
            format!(
                "GET /page/{page}.html HTTP/1.1\r\nHost: {site}\r\nUser-Agent: {agent}\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\nConnection: keep-alive\r\n\r\n"
            )
        };
        dialog.push(Message::bytes(0, think, request));
        let status = if rng.chance(0.04) {
            "404 Not Found"
        } else {
            "200 OK"
        };
        let text = rng.chance(0.6);
        let kind = if text {
            "text/plain"
        } else {
            "application/octet-stream"
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nServer: example/1.0\r\nDate: Wed, 01 Jan 2025 00:00:00 GMT\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: keep-alive\r\n\r\n"
        );
        let mut response = Message::bytes(1, rng.pareto(0.5 * MS as f64, 1.3, 2e9) as u64, head);
        response.fill = size;
        response.kind = if text { Kind::Text } else { Kind::Opaque };
        dialog.push(response);
    }
    dialog
}

/// A TLS session with so many exchanges.
pub fn tls(rng: &mut Rng, requests: u64) -> Vec<Message> {
    let site = rng.pick(&SITES);
    let newer = rng.chance(0.75);
    let session: Vec<u8> = (0..4).flat_map(|_| rng.bits().to_be_bytes()).collect();
    let mut dialog = vec![Message::bytes(
        0,
        0,
        client_hello(rng, site, newer, &session),
    )];
    let mut server = server_hello(rng, newer, &session);
    server.extend_from_slice(&[0x14, 3, 3, 0, 1, 1]);
    if newer {
        dialog.push(Message::bytes(1, rng.range(MS / 2, 3 * MS), server));
        let plain = rng.range(2_200, 3_800);
        dialog.push(Message::tls(1, 0, plain));
        dialog.push(Message::bytes(0, MS, [0x14, 3, 3, 0, 1, 1]));
        dialog.push(Message::tls(0, 0, 69));
    } else {
        server.extend_from_slice(&sealed(rng, 0x16, 40));
        dialog.push(Message::bytes(1, rng.range(MS / 2, 3 * MS), server));
        let mut done = vec![0x14, 3, 3, 0, 1, 1];
        done.extend_from_slice(&sealed(rng, 0x16, 40));
        dialog.push(Message::bytes(0, MS, done));
    }
    for number in 0..requests {
        let wait = if number == 0 { 0 } else { think(rng) };
        let (up, down) = (rng.range(180, 900), rng.pareto(300.0, 1.15, 6e6) as u64);
        dialog.push(Message::tls(0, wait, up));
        dialog.push(Message::tls(
            1,
            rng.pareto(0.5 * MS as f64, 1.3, 2e9) as u64,
            down,
        ));
    }
    dialog.push(Message::bytes(0, MS, sealed(rng, 0x17, 19)));
    dialog
}

/// Time that a person or a page takes before the next request, ns.
pub fn think(rng: &mut Rng) -> u64 {
    rng.pareto(20.0 * MS as f64, 1.1, 30e9) as u64
}

/// A record of bytes that nobody else can read.
fn sealed(rng: &mut Rng, kind: u8, len: u8) -> Vec<u8> {
    let mut record = vec![kind, 3, 3, 0, len];
    record.extend((0..len).map(|_| rng.bits() as u8));
    record
}

fn extension(out: &mut Vec<u8>, kind: u16, body: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&(body.len() as u16).to_be_bytes());
    out.extend_from_slice(body);
}

fn handshake(kind: u8, body: &[u8], version: u8) -> Vec<u8> {
    let mut record = vec![0x16, 3, version];
    record.extend_from_slice(&(body.len() as u16 + 4).to_be_bytes());
    let [_, a, b, c] = (body.len() as u32).to_be_bytes();
    record.extend_from_slice(&[kind, a, b, c]);
    record.extend_from_slice(body);
    record
}

fn random(rng: &mut Rng) -> Vec<u8> {
    (0..4).flat_map(|_| rng.bits().to_be_bytes()).collect()
}

fn client_hello(rng: &mut Rng, site: &str, newer: bool, session: &[u8]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend(random(rng));
    body.push(session.len() as u8);
    body.extend_from_slice(session);
    let suites: &[u8] = if newer {
        &[
            0x13, 1, 0x13, 2, 0x13, 3, 0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30,
        ]
    } else {
        &[
            0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0xc0, 0x13, 0xc0, 0x14, 0, 0x9c,
        ]
    };
    body.extend_from_slice(&(suites.len() as u16).to_be_bytes());
    body.extend_from_slice(suites);
    body.extend_from_slice(&[1, 0]);
    let mut extensions = Vec::new();
    let name = site.as_bytes();
    let len = name.len() as u8;
    let mut sni = vec![0, len + 3, 0, 0, len];
    sni.extend_from_slice(name);
    extension(&mut extensions, 0, &sni);
    extension(&mut extensions, 23, &[]);
    extension(&mut extensions, 10, &[0, 4, 0, 0x1d, 0, 0x17]);
    extension(&mut extensions, 11, &[1, 0]);
    extension(&mut extensions, 16, b"\x00\x0c\x02h2\x08http/1.1");
    extension(&mut extensions, 13, &[0, 8, 4, 3, 8, 4, 4, 1, 5, 3]);
    if newer {
        extension(&mut extensions, 43, &[4, 3, 4, 3, 3]);
        extension(&mut extensions, 45, &[1, 1]);
        let mut share = vec![0, 36, 0, 0x1d, 0, 32];
        share.extend(random(rng));
        extension(&mut extensions, 51, &share);
    }
    body.extend_from_slice(&(extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    handshake(1, &body, 1)
}

fn server_hello(rng: &mut Rng, newer: bool, session: &[u8]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend(random(rng));
    body.push(session.len() as u8);
    body.extend_from_slice(session);
    body.extend_from_slice(if newer {
        &[0x13, 1, 0]
    } else {
        &[0xc0, 0x2f, 0]
    });
    let mut extensions = Vec::new();
    if newer {
        extension(&mut extensions, 43, &[3, 4]);
        let mut share = vec![0, 0x1d, 0, 32];
        share.extend(random(rng));
        extension(&mut extensions, 51, &share);
    } else {
        extension(&mut extensions, 23, &[]);
        extension(&mut extensions, 16, b"\x00\x09\x08http/1.1");
    }
    body.extend_from_slice(&(extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    handshake(2, &body, 3)
}
