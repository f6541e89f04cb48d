//! The entities of a mail (RFC 2045): headers, and parts between boundaries. Contents are not decoded.

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
    /// Boundaries of the entities that are open, outermost first, and whether a part of each is open.
    boundaries: Vec<(Vec<u8>, bool)>,
    in_headers: bool,
    /// A header that the next line may continue.
    header: Vec<u8>,
    next_boundary: Option<Vec<u8>>,
    open: bool,
}

impl Mime {
    /// Bytes that it holds.
    pub(super) fn held_bytes(&self) -> usize {
        self.header.capacity() + 160 * self.boundaries.len()
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
            if let Some(boundary) = self.next_boundary.take()
                && self.boundaries.len() < MAX_DEPTH
            {
                self.boundaries.push((boundary, false));
            }
            return;
        }
        let Some(rest) = text.strip_prefix(b"--") else {
            return;
        };
        let found = self.boundaries.iter().rposition(|(boundary, _)| {
            let tail = rest.strip_prefix(boundary.as_slice());
            tail.is_some_and(|tail| matches!(tail.trim_ascii_end(), b"" | b"--"))
        });
        let Some(depth) = found else {
            return;
        };
        let last = rest.trim_ascii_end().ends_with(b"--");
        self.close_parts(depth, out);
        if last {
            self.boundaries.truncate(depth);
        } else if let Some((_, part_open)) = self.boundaries.get_mut(depth) {
            *part_open = true;
            self.in_headers = true;
            out.event(Name::MimeBeginEntity, None, &[]);
        }
    }

    pub(super) fn end(&mut self, out: &mut Out<'_>) {
        if std::mem::take(&mut self.open) {
            self.header_done(out);
            self.close_parts(0, out);
            out.event(Name::MimeEndEntity, None, &[]);
        }
    }

    /// Ends the open parts of entities from this depth on.
    fn close_parts(&mut self, depth: usize, out: &mut Out<'_>) {
        while self.boundaries.len() > depth + 1 {
            if let Some((_, true)) = self.boundaries.pop() {
                out.event(Name::MimeEndEntity, None, &[]);
            }
        }
        if let Some((_, part_open)) = self.boundaries.get_mut(depth)
            && std::mem::take(part_open)
        {
            out.event(Name::MimeEndEntity, None, &[]);
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
        if upper == b"CONTENT-TYPE" && value.to_ascii_lowercase().starts_with(b"multipart/") {
            self.next_boundary = boundary(value);
        }
        let fields = [Arg::Str(name), Arg::Str(&upper), Arg::Str(value)];
        let header = Arg::Record(&["original_name", "name", "value"], &fields);
        out.event(Name::MimeOneHeader, None, &[header]);
    }
}

/// The boundary parameter of a content type.
fn boundary(value: &[u8]) -> Option<Vec<u8>> {
    let lower = value.to_ascii_lowercase();
    let at = lower.windows(9).position(|window| window == b"boundary=")?;
    let text = value.get(at + 9..)?;
    let text = match text.strip_prefix(b"\"") {
        Some(quoted) => quoted.split(|byte| *byte == b'"').next()?,
        None => word(text).0.split(|byte| *byte == b';').next()?,
    };
    (!text.is_empty() && text.len() <= 128).then(|| text.to_vec())
}
