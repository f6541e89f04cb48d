//! SMTP (RFC 5321), one or more messages per session.

use crate::dialog::Message;
use crate::filler::Kind;
use crate::rng::Rng;
use crate::world::MS;

/// A session that delivers mail.
pub fn smtp(rng: &mut Rng) -> Vec<Message> {
    let wait = |rng: &mut Rng| rng.range(MS / 2, 30 * MS);
    let relay = format!("relay{}.example.org", rng.below(40));
    let mut dialog = vec![
        Message::bytes(1, wait(rng), "220 mail.example.com ESMTP ready\r\n"),
        Message::bytes(0, wait(rng), format!("EHLO {relay}\r\n")),
        Message::bytes(
            1,
            wait(rng),
            "250-mail.example.com\r\n250-PIPELINING\r\n250-SIZE 20480000\r\n250 8BITMIME\r\n",
        ),
    ];
    for _ in 0..rng.range(1, 2) {
        let (from, to) = (rng.zipf(300), rng.zipf(300));
        dialog.push(Message::bytes(
            0,
            wait(rng),
            format!("MAIL FROM:<user{from}@example.org>\r\n"),
        ));
        dialog.push(Message::bytes(1, wait(rng), "250 2.1.0 Ok\r\n"));
        dialog.push(Message::bytes(
            0,
            wait(rng),
            format!("RCPT TO:<user{to}@example.com>\r\n"),
        ));
        if rng.chance(0.1) {
            dialog.push(Message::bytes(1, wait(rng), "550 5.1.1 User unknown\r\n"));
            continue;
        }
        dialog.push(Message::bytes(1, wait(rng), "250 2.1.5 Ok\r\n"));
        dialog.push(Message::bytes(0, wait(rng), "DATA\r\n"));
        dialog.push(Message::bytes(
            1,
            wait(rng),
            "354 End data with <CR><LF>.<CR><LF>\r\n",
        ));
        let head = format!(
            "From: user{from}@example.org\r\nTo: user{to}@example.com\r\nSubject: note {}\r\n\r\n",
            rng.below(9_999)
        );
        let mut mail = Message::bytes(0, wait(rng), head);
        mail.fill = rng.pareto(600.0, 1.2, 2e6) as u64;
        mail.kind = Kind::Text;
        dialog.push(mail);
        dialog.push(Message::bytes(0, 0, "\r\n.\r\n"));
        dialog.push(Message::bytes(1, wait(rng), "250 2.0.0 Ok: queued\r\n"));
    }
    dialog.push(Message::bytes(0, wait(rng), "QUIT\r\n"));
    dialog.push(Message::bytes(1, wait(rng), "221 2.0.0 Bye\r\n"));
    dialog
}
