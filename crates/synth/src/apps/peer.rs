//! File sharing between peers: a known handshake, then pieces both ways.

use crate::dialog::Message;
use crate::rng::Rng;
use crate::world::MS;

/// An exchange of pieces over TCP.
pub fn pieces(rng: &mut Rng) -> Vec<Message> {
    let mut hello = b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\x05".to_vec();
    for _ in 0..5 {
        hello.extend_from_slice(&rng.bits().to_be_bytes());
    }
    let mut dialog = vec![
        Message::bytes(0, 0, hello.clone()),
        Message::bytes(1, 5 * MS, hello),
    ];
    for _ in 0..rng.pareto(1.0, 1.1, 60.0) as u64 {
        let from = rng.below(2) as usize;
        let mut request = vec![0, 0, 0, 13, 6, 0, 0];
        request.extend_from_slice(&(rng.bits() as u16).to_be_bytes());
        request.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0x40, 0]);
        dialog.push(Message::bytes(from, rng.range(5 * MS, 900 * MS), request));
        let mut head = vec![0, 0, 0x40, 9, 7, 0, 0];
        head.extend_from_slice(&(rng.bits() as u16).to_be_bytes());
        head.extend_from_slice(&[0; 4]);
        let mut piece = Message::bytes(1 - from, rng.range(MS, 50 * MS), head);
        piece.fill = 16_384;
        dialog.push(piece);
    }
    dialog
}
