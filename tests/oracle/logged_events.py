"""What Bro's logs say that applications said, and whether the events say the same.

Every fact of a log is a key of texts, such as `("request", "GET", "/")`, in a connection; events give keys of the same
form. A fact that no event of the connection tells is missed; a fact that is logged twice needs two events.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import wiretell
from wiretell import MeterOptions
from wiretell.errors import InputError

Fact = tuple[str, ...]
Ends = tuple[str, str, str, str]
Line = dict[str, str]
CARRIED = frozenset({"helo", "reply of mail"})
"""Facts that a log repeats on every line of a connection."""
LONGEST = 1024
"""Texts of arguments are cut there."""
_VERSIONS = {"SSLv3": 0x300, "TLSv10": 0x301, "TLSv11": 0x302, "TLSv12": 0x303, "TLSv13": 0x304}


def log_lines(path: Path) -> Iterator[Line]:
    """The lines of a log of many captures."""
    with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="\n") as file:
        names = next(file).rstrip("\n").split("\t")
        for line in file:
            yield dict(zip(names, line.rstrip("\n").split("\t"), strict=True))


def ends_of(line: Line) -> Ends:
    """Who talks with whom."""
    return line["id.orig_h"], line["id.orig_p"], line["id.resp_h"], line["id.resp_p"]


def facts_of(log: str, line: Line) -> Iterator[Fact]:
    """The facts that one line of a log tells."""
    yield from _LOGS[log]({name: text for name, text in line.items() if text not in ("-", "(empty)", "")})


def events_of(capture: Path) -> dict[Ends, Counter[Fact]] | None:
    """The same facts by connection, as the events of a capture tell them; None if it cannot be read."""
    import polars as pl

    wanted = pl.col("name").is_in(list(_EVENTS))
    try:
        events = wiretell.scan_events(str(capture), MeterOptions(threads=1, ignore_checksums=True, decap=True)).filter(
            wanted
        )
        rows = events.select("orig_h", "orig_p", "resp_h", "resp_p", "name", "is_orig", "args").collect().rows()
    except InputError:
        return None
    told: dict[Ends, Counter[Fact]] = {}
    for orig_h, orig_p, resp_h, resp_p, name, is_orig, args in rows:
        ends = (orig_h, str(orig_p), resp_h, str(resp_p))
        told.setdefault(ends, Counter()).update(_EVENTS[name](json.loads(args) | {"from_orig": is_orig}))
    return told


def text(value: object) -> str:
    """A text of an event as it is compared: cut, without spaces around it; bytes that are no UTF-8 have escapes."""
    return _text(re.sub(rb"\\x([89a-f][0-9a-f])", _unescaped, str(value).encode()))


def logged(value: str) -> str:
    """The same of a log: its escapes are undone."""
    return _text(re.sub(rb"\\x([0-9a-fA-F]{2})|\\\\", _unescaped, value.encode()))


def _text(data: bytes) -> str:
    return data[:LONGEST].decode(errors="replace").strip()


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode()) if match[1] else b"\\"


def _question(number: object, query: str, qtype: object) -> Fact:
    name = query.lower()
    if re.fullmatch("[a-p]{32}", name):  # NetBIOS: Bro's script decodes it for the log, the event has it as it is
        halves = [ord(letter) - ord("a") for letter in name]
        name = bytes(high << 4 | low for high, low in zip(halves[::2], halves[1::2], strict=True))[:15].decode(
            "latin-1"
        )
    return "question", str(number), name.strip().lower(), str(qtype)


def _ftp_request(command: str, arg: str) -> Fact:
    # Bro's script makes a URL of the name of a file; passwords are not logged by default.
    names_file = command in ("RETR", "STOR", "STOU", "APPE", "DELE", "SIZE", "MDTM", "ACCT")
    shown = arg.rsplit("/", maxsplit=1)[-1] if names_file else "" if command == "PASS" else arg
    return "request", command, shown


def _http(line: Line) -> Iterator[Fact]:
    if "method" in line:
        yield "request", logged(line["method"]), logged(line.get("uri", ""))
    if "status_code" in line:
        yield "reply", line["status_code"], logged(line.get("status_msg", ""))
    for field, header in (("user_agent", "USER-AGENT"), ("referrer", "REFERER")):
        if field in line:
            yield "header", header, logged(line[field])


def _dns(line: Line) -> Iterator[Fact]:
    if "query" not in line:
        return
    number = line["trans_id"]
    if "qtype" in line:
        yield _question(number, logged(line["query"]), line["qtype"])
    if "rcode" in line and "rtt" in line:
        yield "answer", number, line["rcode"]
    for answer in line.get("answers", "").split(",") if "rtt" in line else ():
        if re.fullmatch(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:.]*", answer):
            yield "address", number, answer


def _ssl(line: Line) -> Iterator[Fact]:
    if "server_name" in line:
        yield "server name", logged(line["server_name"])
    if "version" in line and line["version"] in _VERSIONS:
        yield "server hello", str(_VERSIONS[line["version"]])
    if line.get("established") == "T":
        yield ("established",)


def _ssh(line: Line) -> Iterator[Fact]:
    for side in ("client", "server"):
        if side in line:
            yield side, logged(line[side])


def _smtp(line: Line) -> Iterator[Fact]:
    if "helo" in line:
        yield "helo", logged(line["helo"])
    if "mailfrom" in line:
        yield "from", logged(line["mailfrom"]).lower()
    for address in line.get("rcptto", "").split(","):
        if address:
            yield "to", logged(address).lower()
    if "subject" in line:
        yield "subject", logged(line["subject"])
    if "last_reply" in line:
        yield "reply of mail", logged(line["last_reply"])[:3]


def _ftp(line: Line) -> Iterator[Fact]:
    if line.get("command", "<") != "<init>" and "command" in line:
        yield _ftp_request(logged(line["command"]), logged(line.get("arg", "")))
    if "reply_code" in line:
        yield "reply", line["reply_code"], logged(line.get("reply_msg", ""))


_LOGS: dict[str, Callable[[Line], Iterator[Fact]]] = {
    "http": _http, "dns": _dns, "ssl": _ssl, "ssh": _ssh, "smtp": _smtp, "ftp": _ftp,
}  # fmt: skip
LOGS = tuple(_LOGS)


def _smtp_request(args: dict[str, Any]) -> list[Fact]:
    command, arg = text(args["command"]).upper(), text(args["arg"])
    if command in ("HELO", "EHLO"):
        return [("helo", arg)]
    match = re.search(r"<([^>]*)>", arg)
    address = (match[1] if match else arg.partition(":")[2].split(" ")[0]).lower()
    kind = {"MAIL": "from", "RCPT": "to"}.get(command)
    return [(kind, address)] if kind else []


_EVENTS: dict[str, Callable[[dict[str, Any]], list[Fact]]] = {
    "http_request": lambda args: [("request", text(args["method"]), text(args["unescaped_URI"]))],
    "http_reply": lambda args: [("reply", str(args["code"]), text(args["reason"]))],
    "http_header": lambda args: [("header", text(args["name"]), text(args["value"]))],
    "dns_request": lambda args: [_question(args["msg"]["id"], text(args["query"]), args["qtype"])],
    "dns_message": lambda args: [("answer", str(args["msg"]["id"]), str(args["msg"]["rcode"]))],
    "dns_A_reply": lambda args: [("address", str(args["msg"]["id"]), str(args["a"]))],
    "dns_AAAA_reply": lambda args: [("address", str(args["msg"]["id"]), str(args["a"]))],
    "ssl_extension_server_name": lambda args: [("server name", text(name)) for name in args["names"]],
    "ssl_server_hello": lambda args: [("server hello", str(args["version"]))],
    "ssl_established": lambda _: [("established",)],
    "ssh_client_version": lambda args: [("client", text(args["version"]))],
    "ssh_server_version": lambda args: [("server", text(args["version"]))],
    "smtp_request": _smtp_request,
    "smtp_reply": lambda args: [("reply of mail", str(args["code"]))],
    "mime_one_header": lambda args: (
        [("subject", text(args["h"]["value"]))] if args["h"]["name"].upper() == "SUBJECT" else []
    ),
    "ftp_request": lambda args: [_ftp_request(text(args["command"]), text(args["arg"]))],
    "ftp_reply": lambda args: [("reply", str(args["code"]), text(args["msg"]))],
}
