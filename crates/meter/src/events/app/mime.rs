//! The entities of a mail (RFC 2045): headers, parts between boundaries, mails in mails. Contents are not decoded.

use crate::events::arg::Arg;
use crate::events::bytes::word;
use crate::events::names::Name;
use crate::events::out::Out;

/// Entities in entities that are told apart.
const MAX_DEPTH: usize = 8;
/// Longest header, with the lines that continue it.
const MAX_HEADER: usize = 1 << 14;

/// A mail as far as it was read, line by line.
#[derive(Debug, Default)]
pub(super) struct Mime {
    /// Entities that are open within the mail, outermost first.
    levels: Vec<Level>,
    in_headers: bool,
    /// A header that the next line may continue.
    header: Vec<u8>,
    /// What the headers of the entity say of its body.
    body: Body,
    open: bool,
}

#[derive(Debug, Default)]
enum Body {
    #[default]
    Contents,
    /// Parts with this between them.
    Parts(Vec<u8>),
    /// Another mail.
    Mail,
}

#[derive(Debug)]
enum Level {
    /// Parts with this between them, and whether one is open.
    Parts(Vec<u8>, bool),
    /// A mail in a mail.
    Mail,
}

impl Mime {
    /// Bytes that it holds.
    pub(super) fn held_bytes(&self) -> usize {
        self.header.capacity() + 160 * self.levels.len()
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn begin(&mut self, out: &mut Out<'_>) {
        *self = Mime {
            in_headers: true,
            open: true,
            ..Mime::default()
        };
        out.event(Name::MimeBeginEntity, None, &[]);
    }

    pub(super) fn line(&mut self, text: &[u8], out: &mut Out<'_>) {
        if self.in_headers {
            self.header_line(text, out);
            return;
        }
        let Some(rest) = text.strip_prefix(b"--") else {
            return;
        };
        let found = self.levels.iter().rposition(|level| {
            let Level::Parts(boundary, _) = level else {
                return false;
            };
            let tail = rest.strip_prefix(boundary.as_slice());
            tail.is_some_and(|tail| matches!(tail.trim_ascii_end(), b"" | b"--"))
        });
        let Some(depth) = found else {
            return;
        };
        let last = rest.trim_ascii_end().ends_with(b"--");
        self.close(depth + 1, out);
        if let Some(Level::Parts(_, part_open)) = self.levels.get_mut(depth) {
            if std::mem::replace(part_open, !last) {
                out.event(Name::MimeEndEntity, None, &[]);
            }
            if last {
                self.levels.truncate(depth);
            } else {
                self.in_headers = true;
                out.event(Name::MimeBeginEntity, None, &[]);
            }
        }
    }

    pub(super) fn end(&mut self, out: &mut Out<'_>) {
        if std::mem::take(&mut self.open) {
            self.header_done(out);
            self.close(0, out);
            out.event(Name::MimeEndEntity, None, &[]);
        }
    }

    fn header_line(&mut self, text: &[u8], out: &mut Out<'_>) {
        if matches!(text.first(), Some(b' ' | b'\t')) && !self.header.is_empty() {
            if self.header.len() < MAX_HEADER {
                self.header.push(b' ');
                self.header.extend_from_slice(text.trim_ascii());
            }
            return;
        }
        self.header_done(out);
        if !text.is_empty() {
            self.header
                .extend_from_slice(text.get(..MAX_HEADER).unwrap_or(text));
            return;
        }
        self.in_headers = false;
        let body = std::mem::take(&mut self.body);
        if self.levels.len() >= MAX_DEPTH {
            return;
        }
        match body {
            Body::Contents => {}
            Body::Parts(boundary) => self.levels.push(Level::Parts(boundary, false)),
            Body::Mail => {
                self.levels.push(Level::Mail);
                self.in_headers = true;
                out.event(Name::MimeBeginEntity, None, &[]);
            }
        }
    }

    /// Ends what is open from this depth on.
    fn close(&mut self, depth: usize, out: &mut Out<'_>) {
        while self.levels.len() > depth {
            if let Some(Level::Parts(_, true) | Level::Mail) = self.levels.pop() {
                out.event(Name::MimeEndEntity, None, &[]);
            }
        }
    }

    fn header_done(&mut self, out: &mut Out<'_>) {
        let header = std::mem::take(&mut self.header);
        let Some(colon) = header.iter().position(|byte| *byte == b':') else {
            return;
        };
        let (name, value) = header.split_at_checked(colon).unwrap_or_default();
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        let upper = name.to_ascii_uppercase();
        if upper == b"CONTENT-TYPE" {
            let kind = value.to_ascii_lowercase();
            self.body = if kind.starts_with(b"message/rfc822") {
                Body::Mail
            } else if kind.starts_with(b"multipart/") {
                boundary(value).map_or(Body::Contents, Body::Parts)
            } else {
                Body::Contents
            };
        }
        let fields = [Arg::Str(name), Arg::Str(&upper), Arg::Str(value)];
        let header = Arg::Record(&["original_name", "name", "value"], &fields);
        out.event(Name::MimeOneHeader, None, &[header]);
    }
}

/// The boundary parameter of a content type.
fn boundary(value: &[u8]) -> Option<Vec<u8>> {
    let lower = value.to_ascii_lowercase();
    let at = lower.windows(8).position(|window| window == b"boundary")?;
    let text = value.get(at + 8..)?.trim_ascii_start().strip_prefix(b"=")?;
    let text = text.trim_ascii_start();
    let text = match text.strip_prefix(b"\"") {
        Some(quoted) => quoted.split(|byte| *byte == b'"').next()?,
        None => word(text).0.split(|byte| *byte == b';').next()?,
    };
    (!text.is_empty() && text.len() <= 128).then(|| text.to_vec())
}
