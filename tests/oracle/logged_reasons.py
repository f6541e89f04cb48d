"""Why events lack what Bro's logs say: by capture and log, or by log and fact. `ours` is a fault of this engine."""

from __future__ import annotations

import re

HTTP2 = "the preface of HTTP/2 (PRI * HTTP/2.0) is no request of HTTP/1; Bro 2.5.3 knew no HTTP/2"
DRAFT = "a draft of TLS 1.3, whose version differs from the standard's; the end of its handshake is not told"
GSSAPI = "TLS inside FTP's AUTH GSSAPI: Bro decodes the base64 of ADAT"
NOT_HTTP = "no HTTP: the words only look like a request, and nothing that follows does"
OLD_HTTP = "ours: HTTP/0.9, a request without a version, is not recognized"
FUZZED = (
    "bytes changed at random: Bro decodes NetBIOS names leniently, and reads datagrams of which the length is wrong"
)

_REASONS: tuple[tuple[str, str, str], ...] = (
    (r"fuzz-2006-06-26", "", FUZZED),
    (r"fuzz-2006-09-29", "", "bytes changed at random: the packets that begin the connection are broken"),
    (r"ossfuzz", "", NOT_HTTP),
    (r"http2|nghttp2|dns-over-http2", "http", HTTP2),
    (r"tls13draft|tls13-draft", "ssl", DRAFT),
    (r"globus", "ssl", GSSAPI),
    (r"util-action|irc-cap-req|ookla", "http", NOT_HTTP),
    (r"http_09", "http", OLD_HTTP),
    (r"ssl-to-http-server", "http", "the client speaks TLS: what the server answers in HTTP breaks it"),
    (r"http-to-ssh|get-to-ssh", "ssh", "the client speaks HTTP: what the server says in SSH breaks it"),
    (r"mptcp", "ssh", "no SSH: multipath TCP in which a subflow begins in the middle"),
    (r"http-evader|noint-status", "http", "status lines that are broken on purpose: Bro and this engine cut them differently"),
    (r"websocket_invalid", "http", "after an upgrade that the server accepts this engine reads no HTTP; Bro 2.5.3 read on"),
    (r"gtp1_gn_normal_incl_frag", "http", "ours: fragments inside of a GTP tunnel are not put together"),
    (r"ftp-too-long-command", "ftp", "an argument of more than 1,024 bytes, cut at another place"),
    (r"ftp-invalid-reply|missing-space|ftp-active-dynamic_port-02", "ftp", "replies without a code of three digits: Bro says 0"),
    (r"MSExchange", "smtp", "addresses without angle brackets; the event has the argument whole"),
    (r"subject-8859|subject-multi", "smtp", "a folded header: Bro joins its lines with two spaces, this engine with one"),
    (r"bdat-gap", "smtp", "ours: BDAT, whose text is counted in bytes, is not followed over a gap"),
)  # fmt: skip


def reason(capture: str, log: str) -> str:
    """The reason for what is missed of a log of a capture; empty if none is known."""
    return next((why for name, of, why in _REASONS if re.search(name, capture) and of in ("", log)), "")
