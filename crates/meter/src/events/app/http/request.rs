//! The first line of a request, and what its answer will look like.

use std::collections::VecDeque;

use crate::events::arg::Arg;
use crate::events::bytes::word;
use crate::events::names::Name;
use crate::events::out::Out;

/// What a request asks for, as far as the length of its answer depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Head,
    Connect,
    /// In the way of HTTP/0.9: nothing but the body is answered.
    Bare,
    Other,
}

/// Requests without an answer that are kept in mind.
const MAX_PIPELINED: usize = 4096;

/// Reads a request line; false if it is none.
pub(super) fn request(text: &[u8], asked: &mut VecDeque<Asked>, out: &mut Out<'_>) -> bool {
    let (method, rest) = word(text);
    let known = !method.is_empty()
        && method.len() < 64
        && method
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !known || rest.is_empty() {
        return false;
    }
    // The version is the last word; URIs with blanks in them are real.
    let at = rest.windows(6).rposition(|window| window == b" HTTP/");
    let (uri, version) = match at.and_then(|at| rest.split_at_checked(at)) {
        Some((uri, version)) => (uri.trim_ascii(), version.get(6..).unwrap_or_default()),
        None => (rest, &b"0.9"[..]),
    };
    if asked.len() < MAX_PIPELINED {
        asked.push_back(match method {
            _ if at.is_none() => Asked::Bare,
            b"HEAD" => Asked::Head,
            b"CONNECT" => Asked::Connect,
            _ => Asked::Other,
        });
    }
    let unescaped = unescape(uri);
    let args = [
        Arg::Str(method),
        Arg::Str(uri),
        Arg::Str(unescaped.as_deref().unwrap_or(uri)),
        Arg::Str(version),
    ];
    out.event(Name::HttpRequest, Some(true), &args);
    true
}

/// The URI with its escapes resolved; `None` if there are none.
fn unescape(uri: &[u8]) -> Option<Vec<u8>> {
    if !uri.contains(&b'%') {
        return None;
    }
    let mut text = Vec::with_capacity(uri.len());
    let mut rest = uri;
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                text.push((high * 16 + low) as u8);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                text.push(*first);
                rest = after;
            }
        }
    }
    Some(text)
}
