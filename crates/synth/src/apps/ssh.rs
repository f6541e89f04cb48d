//! SSH: banners, key exchange, then what nobody can read.

use crate::dialog::Message;
use crate::rng::Rng;
use crate::world::{MS, S};

const LISTS: [&str; 10] = [
    "curve25519-sha256,ecdh-sha2-nistp256",
    "ssh-ed25519,rsa-sha2-512",
    "aes128-ctr,aes256-ctr",
    "aes128-ctr,aes256-ctr",
    "hmac-sha2-256",
    "hmac-sha2-256",
    "none",
    "none",
    "",
    "",
];

/// A packet of the binary protocol (RFC 4253, section 6) before encryption.
fn packet(payload: &[u8]) -> Vec<u8> {
    let padding = 8 - (payload.len() + 5) % 8 + 4;
    let padding = if padding > 11 { padding - 8 } else { padding };
    let mut out = ((payload.len() + padding + 1) as u32)
        .to_be_bytes()
        .to_vec();
    out.push(padding as u8);
    out.extend_from_slice(payload);
    out.resize(out.len() + padding, 0);
    out
}

fn key_exchange(rng: &mut Rng) -> Vec<u8> {
    let mut payload = vec![20];
    for _ in 0..2 {
        payload.extend_from_slice(&rng.bits().to_be_bytes());
    }
    for list in LISTS {
        payload.extend_from_slice(&(list.len() as u32).to_be_bytes());
        payload.extend_from_slice(list.as_bytes());
    }
    payload.extend_from_slice(&[0; 5]);
    packet(&payload)
}

fn point(rng: &mut Rng, kind: u8) -> Vec<u8> {
    let mut payload = vec![kind, 0, 0, 0, 32];
    for _ in 0..4 {
        payload.extend_from_slice(&rng.bits().to_be_bytes());
    }
    payload
}

/// A length that leaves no last segment shorter than a cipher block, whatever the segment size.
fn whole(length: u64) -> u64 {
    let short = |length: u64| {
        [1_428, 1_440, 1_448, 1_460]
            .iter()
            .any(|size| length % size < 48)
    };
    (length..)
        .step_by(64)
        .find(|length| !short(*length))
        .unwrap_or(length)
}

/// A session of so many keystrokes or commands.
pub fn session(rng: &mut Rng, lines: u64) -> Vec<Message> {
    let mut reply = Vec::new();
    let key = point(rng, 0);
    let mut blob = vec![31, 0, 0, 0, 51, 0, 0, 0, 11];
    blob.extend_from_slice(b"ssh-ed25519");
    blob.extend(key.iter().skip(1));
    blob.extend(point(rng, 0).iter().skip(1));
    blob.extend_from_slice(&[0, 0, 0, 83, 0, 0, 0, 11]);
    blob.extend_from_slice(b"ssh-ed25519");
    blob.extend_from_slice(&[0, 0, 0, 64]);
    for _ in 0..8 {
        blob.extend_from_slice(&rng.bits().to_be_bytes());
    }
    reply.extend(packet(&blob));
    reply.extend(packet(&[21]));
    let mut dialog = vec![
        Message::bytes(1, 8 * MS, "SSH-2.0-OpenSSH_9.7\r\n"),
        Message::bytes(0, MS, "SSH-2.0-OpenSSH_9.6\r\n"),
        Message::bytes(1, MS, key_exchange(rng)),
        Message::bytes(0, MS, key_exchange(rng)),
        Message::bytes(0, MS, packet(&point(rng, 30))),
        Message::bytes(1, 3 * MS, reply),
        Message::bytes(0, MS, packet(&[21])),
        Message::opaque(0, 2 * MS, 44),
        Message::opaque(1, 2 * MS, 44),
        Message::opaque(0, 20 * MS, 148),
        Message::opaque(1, 50 * MS, 28),
    ];
    for _ in 0..lines {
        let think = rng.pareto(60.0 * MS as f64, 1.1, 20e9) as u64;
        if think > 5 * S {
            dialog.push(Message::keep_alive(0, think));
            continue;
        }
        dialog.push(Message::opaque(0, think, 36));
        let answer = if rng.chance(0.15) {
            whole(rng.pareto(200.0, 1.1, 200_000.0) as u64)
        } else {
            36
        };
        dialog.push(Message::opaque(1, rng.range(MS / 5, 5 * MS), answer));
    }
    dialog
}
