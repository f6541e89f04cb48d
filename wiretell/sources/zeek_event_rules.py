"""Which events a line of a Zeek log stands for, how many of each, and how large their arguments are."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

COUNT, BOOL, TEXT, ADDRESS = 9 + 8, 9 + 1, 9 + 4, 9 + 8
"""What an argument takes; a text its length beside."""
RECORD = 9 + 4
DNS_MSG = RECORD + 8 * COUNT + 8 * BOOL
ICMP_INFO, ICMP_CONTEXT = RECORD + BOOL + 4 * COUNT, 2 * RECORD + 4 * COUNT + 3 * COUNT + 4 * BOOL
"""Records of Zeek that are arguments."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Figures that logs do not tell, as they are on average in captures whose logs and events are both known.

    Attributes:
        request_headers: Headers of a request.
        reply_headers: Headers of a reply.
        header_bytes: Name and value of a header, the name twice.
        data_bytes: Body in one `http_entity_data`.
        client_extensions: Extensions in a client's hello.
        server_extensions: Extensions in a server's.
        extension_bytes: Length of one.
        ciphers: Ciphers that a client offers.
        handshake_messages: Messages of a handshake that can be seen, certificates among them.
        record_bytes: Encrypted bytes in one record of a TLS connection.
        certificate_bytes: Length of a certificate.
        plain_records: Records that can be read of a connection whose server answered, after the client's hello.
        client_curves: Share of client hellos that list curves.
        server_point_formats: Share of server hellos that list point formats; clients do where they list curves.
        client_signatures: Share of client hellos that list signature algorithms.
        certificate_extensions: Extensions of a certificate.
        certificate_constraints: Share of certificates with basic constraints.
        certificate_names: Share of certificates with alternative names.
    """

    request_headers: float = 4.9
    reply_headers: float = 7.7
    header_bytes: float = 46.0
    data_bytes: float = 1400.0
    client_extensions: float = 7.6
    server_extensions: float = 2.7
    extension_bytes: float = 20.0
    ciphers: float = 32.0
    handshake_messages: float = 5.5
    record_bytes: float = 700.0
    certificate_bytes: float = 1650.0
    plain_records: float = 5.4
    client_curves: float = 0.93
    server_point_formats: float = 0.47
    client_signatures: float = 0.69
    certificate_extensions: float = 6.9
    certificate_constraints: float = 0.96
    certificate_names: float = 0.37


USUAL = Usual()


@dataclass(frozen=True, slots=True)
class Rule:
    """One event of a line.

    Attributes:
        name: Zeek's name of the event.
        protocol: What it belongs to.
        count: How many a line stands for.
        size: Bytes of the arguments of one, beside the connection.
        carried: Bytes of arguments of all of them together.
        columns: The columns that it asks for, with their types.
        at_end: Whether it is raised when the connection ends.
        spread: Whether those of a line come evenly over the time of its connection.
    """

    name: str
    protocol: str | pl.Expr
    count: pl.Expr
    size: pl.Expr
    carried: pl.Expr
    columns: tuple[tuple[str, pl.DataType | type[pl.DataType]], ...]
    at_end: bool = False
    spread: bool = False


_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("orig_bytes", "resp_bytes", "missed_bytes", "orig_pkts", "resp_pkts", "orig_p"), pl.Int64()),
    **dict.fromkeys(("request_body_len", "response_body_len", "status_code", "rcode", "qtype"), pl.Int64()),
    "duration": pl.Float64(),
    "rejected": pl.Boolean(),
    "established": pl.Boolean(),
}


def _rule(
    name: str,
    protocol: str | pl.Expr,
    count: pl.Expr | float,
    size: pl.Expr | float = 0,
    *,
    carried: pl.Expr | float = 0,
    at_end: bool = False,
    spread: bool = False,
) -> Rule:
    amount, each, whole = (value if isinstance(value, pl.Expr) else pl.lit(value) for value in (count, size, carried))
    parts = [amount, each, whole, *((protocol,) if isinstance(protocol, pl.Expr) else ()), pl.col("duration")]
    names = dict.fromkeys(column for part in parts for column in part.meta.root_names())
    own = {"left", "orig_h", "carried"}
    columns = tuple((column, _TYPES.get(column, pl.String())) for column in names if column not in own)
    return Rule(name, protocol, amount, each, whole, columns, at_end, spread)


def _length(column: str) -> pl.Expr:
    return pl.col(column).str.len_bytes().fill_null(0)


def _letters(letters: str) -> pl.Expr:
    return pl.col("history").str.count_matches(f"[{letters}]")


def _elements(column: str) -> pl.Expr:
    return pl.when(_length(column) > 0).then(pl.col(column).str.count_matches(",", literal=True) + 1).otherwise(0)


def _state(*states: str) -> pl.Expr:
    return _tcp & pl.col("conn_state").is_in(states)


def _proto(proto: str) -> pl.Expr:
    return pl.col("proto") == proto


_tcp = _proto("tcp")
_transport = pl.when(pl.col("proto").is_in(["tcp", "udp", "icmp"])).then(pl.col("proto")).otherwise(pl.lit("other"))
_OPENED = ("S1", "SF", "S2", "S3", "RSTO", "RSTR")


def _icmp(name: str, types: list[int], side: str, size: float, *, v6: list[int]) -> Rule:
    is_v6 = pl.col("orig_h").str.contains(":", literal=True)
    kind = (pl.col("orig_p").is_in(types) & ~is_v6) | (pl.col("orig_p").is_in(v6) & is_v6)
    count = pl.when(_proto("icmp") & kind).then(pl.col(f"{side}_pkts"))
    return _rule(name, "icmp", count, size, carried=pl.col(f"{side}_bytes"), spread=True)


def _conn() -> list[Rule]:
    services = _elements("service")
    rest = ~(pl.col("orig_p").is_in([8, 0, 3, 11, 128, 129, 1, 3, 135, 136, 133, 134]))
    return [
        _rule("new_connection", _transport, 1),
        _rule("connection_state_remove", _transport, 1, at_end=True),
        # Quiet for a minute, before the log ends.
        _rule("connection_timeout", _transport, ~_tcp & (pl.col("left") > 60), at_end=True),
        _rule("analyzer_confirmation_info", _transport, services, TEXT + 4),
        _rule("content_gap", "tcp", _tcp & (pl.col("missed_bytes") > 0), BOOL + 2 * COUNT),
        _rule("connection_SYN_packet", "tcp", pl.when(_tcp).then(_letters("SsHh")), RECORD + 3 * BOOL + 5 * COUNT),
        _rule("connection_attempt", "tcp", _state("S0")),
        _rule("connection_established", "tcp", _state(*_OPENED)),
        _rule("connection_first_ACK", "tcp", _state(*_OPENED) & (_letters("A") > 0)),
        _rule("connection_rejected", "tcp", _state("REJ")),
        _rule("connection_reset", "tcp", _state("RSTO", "RSTR"), at_end=True),
        _rule("connection_finished", "tcp", _state("SF"), at_end=True),
        _rule("connection_pending", "tcp", _state("S1", "S2", "S3"), at_end=True),
        _rule("partial_connection", "tcp", _state("OTH") & (_letters("ADad") > 1)),
        _rule("connection_EOF", "tcp", pl.when(_tcp).then(_letters("FfRr")), BOOL, at_end=True),
        _rule("udp_request", "udp", pl.when(_proto("udp")).then(pl.col("orig_pkts")), spread=True),
        _rule("udp_reply", "udp", pl.when(_proto("udp")).then(pl.col("resp_pkts")), spread=True),
        _icmp("icmp_echo_request", [8], "orig", ICMP_INFO + 2 * COUNT + TEXT, v6=[128]),
        _icmp("icmp_echo_reply", [8], "resp", ICMP_INFO + 2 * COUNT + TEXT, v6=[128]),
        _icmp("icmp_unreachable", [3], "orig", ICMP_INFO + COUNT + ICMP_CONTEXT, v6=[1]),
        _icmp("icmp_time_exceeded", [11], "orig", ICMP_INFO + COUNT + ICMP_CONTEXT, v6=[3]),
        _icmp("icmp_neighbor_solicitation", [], "orig", ICMP_INFO + ADDRESS + 12 + TEXT, v6=[135]),
        _icmp("icmp_neighbor_advertisement", [], "orig", ICMP_INFO + ADDRESS + 12 + TEXT, v6=[136]),
        _icmp("icmp_router_solicitation", [], "orig", ICMP_INFO + TEXT, v6=[133]),
        _icmp("icmp_router_advertisement", [], "orig", ICMP_INFO + TEXT, v6=[134]),
        _rule("icmp_sent", "icmp", pl.when(_proto("icmp") & rest).then(pl.col("orig_pkts")), ICMP_INFO),
    ]


def _http() -> list[Rule]:
    asked = pl.col("method").is_not_null().cast(pl.Int64)
    answered = pl.col("status_code").is_not_null().cast(pl.Int64)
    messages = asked + answered
    bodies = [pl.col(f"{side}_body_len").fill_null(0) for side in ("request", "response")]
    pieces = sum(((body / USUAL.data_bytes).ceil() for body in bodies), pl.lit(0.0))
    headers = asked * USUAL.request_headers + answered * USUAL.reply_headers
    return [
        _rule("http_request", "http", asked, 4 * TEXT + 3 + _length("method") + 2 * _length("uri")),
        _rule("http_reply", "http", answered, 2 * TEXT + 3 + COUNT + _length("status_msg")),
        _rule("http_header", "http", headers, BOOL + 3 * TEXT + USUAL.header_bytes),
        _rule("http_all_headers", "http", messages, BOOL + TEXT + 7 * (RECORD + 28 + USUAL.header_bytes)),
        _rule("http_begin_entity", "http", messages, BOOL),
        _rule("http_end_entity", "http", messages, BOOL),
        _rule("http_content_type", "http", messages, BOOL + 2 * TEXT + 9),
        _rule("http_entity_data", "http", pieces, BOOL + COUNT + TEXT, carried=bodies[0] + bodies[1]),
        _rule("http_message_done", "http", messages, RECORD + 2 * BOOL + 4 * COUNT + TEXT + 22),
    ]


def _dns() -> list[Rule]:
    asked = pl.col("query").is_not_null().cast(pl.Int64)
    answered = pl.col("rcode").is_not_null().cast(pl.Int64)
    rejected = pl.col("rejected").fill_null(False)
    query = DNS_MSG + TEXT + _length("query")
    answers = pl.col("answers").str.split(",")
    v4 = answers.list.eval(pl.element().str.contains(r"^\d+\.\d+\.\d+\.\d+$")).list.sum()
    v6 = answers.list.eval(pl.element().str.contains(r"^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*$")).list.sum()
    names = pl.when(_length("answers") > 0).then(answers.list.len() - v4 - v6)

    def named(*kinds: str) -> pl.Expr:
        return pl.when(pl.col("qtype_name").is_in(kinds)).then(names)

    reply = query + RECORD + 4 * COUNT
    alias = pl.when(pl.col("qtype_name").is_in(["A", "AAAA", "CNAME", "HTTPS"])).then(names)
    # What answers a question for everything, or one that was not seen, are mostly names of services (mDNS).
    other = ~pl.col("qtype_name").fill_null("*").is_in(["A", "AAAA", "CNAME", "HTTPS", "NS", "MX", "TXT", "SRV", "SOA"])
    return [
        _rule("dns_message", "dns", asked + answered, BOOL + DNS_MSG + COUNT),
        _rule("dns_end", "dns", asked + answered, DNS_MSG),
        _rule("dns_request", "dns", asked, query + 2 * COUNT + TEXT + _length("query")),
        _rule("dns_query_reply", "dns", (answered == 1) & ~rejected, query + 2 * COUNT + TEXT + _length("query")),
        _rule("dns_rejected", "dns", rejected, query + 2 * COUNT + TEXT + _length("query")),
        _rule("dns_A_reply", "dns", v4, reply + ADDRESS),
        _rule("dns_AAAA_reply", "dns", v6, reply + ADDRESS + 12),
        _rule("dns_CNAME_reply", "dns", alias, reply + TEXT + 24),
        _rule("dns_PTR_reply", "dns", pl.when(other).then(names), reply + TEXT + 24),
        _rule("dns_NS_reply", "dns", named("NS"), reply + TEXT + 16),
        _rule("dns_MX_reply", "dns", named("MX"), reply + TEXT + 16 + COUNT),
        _rule("dns_TXT_reply", "dns", named("TXT"), reply + 2 * TEXT + 60),
        _rule("dns_SRV_reply", "dns", named("SRV"), reply + TEXT + 16 + 3 * COUNT),
        _rule("dns_SOA_reply", "dns", named("SOA"), reply + 2 * TEXT + 40 + COUNT),
    ]


def _ssl() -> list[Rule]:
    heard = (pl.col("version").is_not_null() | pl.col("cipher").is_not_null()).cast(pl.Int64)
    done = pl.col("established").fill_null(False).cast(pl.Int64)
    certificates = _elements("cert_chain_fuids") + _elements("client_cert_chain_fuids")
    newest = (pl.col("version") == "TLSv13").fill_null(False).cast(pl.Int64)
    extensions = USUAL.client_extensions + heard * USUAL.server_extensions
    hello = 3 * COUNT + 2 * (TEXT + 32) + TEXT + COUNT
    listed = BOOL + TEXT
    formats = USUAL.client_curves + heard * USUAL.server_point_formats
    return [
        _rule("ssl_client_hello", "ssl", 1, hello + TEXT + USUAL.ciphers * COUNT),
        _rule("ssl_server_hello", "ssl", heard, hello),
        _rule("ssl_extension", "ssl", extensions, BOOL + COUNT + TEXT + USUAL.extension_bytes),
        _rule(
            "ssl_extension_server_name",
            "ssl",
            (_length("server_name") > 0),
            BOOL + 2 * TEXT + _length("server_name"),
        ),
        _rule(
            "ssl_extension_application_layer_protocol_negotiation",
            "ssl",
            2 * (_length("next_protocol") > 0).cast(pl.Int64),
            BOOL + 2 * TEXT + 8,
        ),
        _rule("ssl_extension_supported_versions", "ssl", 2 * newest, BOOL + TEXT + COUNT),
        _rule("ssl_extension_key_share", "ssl", 2 * newest, BOOL + TEXT + COUNT),
        _rule("ssl_extension_psk_key_exchange_modes", "ssl", newest, listed + COUNT),
        _rule("ssl_extension_elliptic_curves", "ssl", USUAL.client_curves, listed + 12 * COUNT),
        _rule("ssl_extension_ec_point_formats", "ssl", formats, listed + 2 * COUNT),
        _rule("ssl_extension_signature_algorithm", "ssl", USUAL.client_signatures, listed + 12 * COUNT),
        _rule("ssl_server_curve", "ssl", (_length("curve") > 0), COUNT),
        _rule("ssl_plaintext_data", "ssl", 1 + heard * USUAL.plain_records, BOOL + 3 * COUNT),
        _rule("ssl_established", "ssl", done),
        _rule("ssl_handshake_message", "ssl", 1 + heard * (USUAL.handshake_messages - 1), BOOL + 2 * COUNT),
        _rule("ssl_change_cipher_spec", "ssl", 2 * done, BOOL),
        _rule(
            "ssl_encrypted_data", "ssl", done * pl.col("carried") / USUAL.record_bytes, BOOL + 3 * COUNT, spread=True
        ),
        _rule("ssl_alert", "ssl", (_length("last_alert") > 0), BOOL + 2 * COUNT),
        _rule("x509_certificate", "ssl", certificates, BOOL + TEXT + USUAL.certificate_bytes),
        _rule("x509_extension", "ssl", certificates * USUAL.certificate_extensions, RECORD + 90),
        _rule("x509_ext_basic_constraints", "ssl", certificates * USUAL.certificate_constraints, RECORD + 22),
        _rule("x509_ext_subject_alternative_name", "ssl", certificates * USUAL.certificate_names, RECORD + 309),
    ]


RULES: dict[str, list[Rule]] = {"conn": _conn(), "http": _http(), "dns": _dns(), "ssl": _ssl()}
