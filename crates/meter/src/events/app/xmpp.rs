//! XMPP (RFC 6120) until it turns to TLS, which is all that Zeek has an event for.

use super::{Step, StreamParser};
use crate::events::names::Name;
use crate::events::out::Out;

/// Longest tag; of longer ones the rest is passed over.
const MAX_TAG: usize = 4096;

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Xmpp {
    asked: bool,
    proceeds: bool,
}

/// Whether text begins a stream of XMPP; `None` if more of it must be seen.
pub(super) fn begins_stream(data: &[u8]) -> Option<bool> {
    let says = |word: &[u8]| data.windows(word.len()).any(|window| window == word);
    let start = data.get(..data.len().min(5)).unwrap_or_default();
    if !b"<?xml".starts_with(start) && !b"<stre".starts_with(start) {
        return Some(false);
    }
    if says(b"<stream:stream") {
        return Some(true);
    }
    (data.len() >= 256).then_some(false)
}

impl StreamParser for Xmpp {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let Some(begin) = data.iter().position(|byte| *byte == b'<') else {
            return Step::Used(data.len());
        };
        let tag = data.get(begin..).unwrap_or_default();
        let Some(len) = tag.iter().position(|byte| *byte == b'>') else {
            return if tag.len() > MAX_TAG {
                Step::Used(data.len())
            } else {
                Step::More
            };
        };
        if is_orig && tag.starts_with(b"<starttls") {
            self.asked = true;
        } else if !is_orig && self.asked && tag.starts_with(b"<proceed") {
            out.event(Name::XmppStarttls, None, &[]);
            self.proceeds = true;
        }
        // An empty element is one tag or two.
        let tag = tag.get(..len).unwrap_or_default();
        if !is_orig && self.proceeds && (tag.ends_with(b"/") || tag == b"</proceed") {
            return Step::Switch(begin + len + 1);
        }
        Step::Used(begin + len + 1)
    }

    fn gap(&mut self, _is_orig: bool, _len: u64, _out: &mut Out<'_>) -> bool {
        true
    }

    fn finds_back(&self) -> bool {
        true
    }
}
