"""Every capture on which wiretell and tshark 4.0.17 disagree, and why: by name, or as a narrow kind.

An entry that is no longer needed fails the test, as does a field that no longer differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.oracle.golden import Golden

HOSTS = frozenset(
    {"ip_bytes", "protocols", "sources", "sources_digest", "destinations", "destinations_digest", "flows"}
    | {"flows_digest"}
)
IPV4 = HOSTS | {"ipv4"}
IPV6 = HOSTS | {"ipv6"}
RECORDS = frozenset({"records", "wire_bytes", "captured_bytes"})
TIMES = frozenset({"first_ns", "last_ns"})


@dataclass(frozen=True, slots=True)
class Named:
    """Captures that disagree for one reason: all of these columns of the golden file differ, and no other."""

    reason: str
    fields: frozenset[str]
    captures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A disagreement that is recognized by its shape.

    Attributes:
        name: What it is.
        reason: Who is right and why.
        fields: The columns of the golden file that it may touch.
        applies: Whether it holds for a capture, given what wiretell says and what tshark says.
    """

    name: str
    reason: str
    fields: frozenset[str]
    applies: Callable[[Golden, Golden], bool]


KINDS = (
    Kind(
        "custom blocks counted",
        "tshark 4.0 counts pcapng custom blocks as frames; they are no packets, and capinfos agrees with wiretell.",
        RECORDS,
        lambda ours, theirs: (
            "pcapng" in ours.name and ours.records == theirs.capinfos and theirs.records >= ours.records + 3
        ),
    ),
    Kind(
        "2 GiB on the wire",
        "The record header says a wire length of 2 GiB or more (fuzzed); it has 32 bits, of which tshark keeps 31.",
        frozenset({"wire_bytes"}),
        lambda ours, theirs: ours.wire_bytes >= 1 << 31 and (1 << 31) - 1 <= theirs.wire_bytes < ours.wire_bytes,
    ),
    Kind(
        "time beyond 2262",
        "The time stamp does not fit into 64 bits of nanoseconds: wiretell saturates at the year 2262.",
        TIMES,
        lambda ours, theirs: ours.last_ns == (1 << 63) - 1 < theirs.last_ns,
    ),
    Kind(
        "link type or record size that tshark refuses",
        "tshark 4.0 opens no file with these link types (DSA tags, MFR, Juniper ES, a number that is none), or with a "
        "first packet longer than its block; wiretell counts what is there, by name where it cannot decode it.",
        frozenset({*IPV4, *RECORDS, *TIMES, "arp", "dont_fragment", "status"}),
        lambda ours, theirs: (
            theirs.status == "refused" and theirs.capinfos == -1 and ours.records >= theirs.records == 0
        ),
    ),
)

_TCPDUMP = "proto_malformed/tcpdump/"
_FUZZ = "proto_malformed/pcapplusplus/Fuzzers/RegressionTests/regression_samples/"
_OLD_FUZZ = "proto_malformed/pcapplusplus/_history/Fuzzers/RegressionTests/regression_samples/"
_MICROSECONDS = (
    "The record header says more microseconds than a second has (fuzzed): wiretell carries them into the seconds, "
    "tshark overflows 32 bits and prints a fraction that is none."
)
_ARP = "Not the ARP of Ethernet and IPv4 by its lengths and types: wiretell counts it as not IP, tshark as ARP."
_VARIANT = "tshark guesses from fuzzed records that it is another variant of pcap; the magic number says plain pcap."
_OPTIONS = (
    "tshark gives up on a malformed IP option and reads no ports; header length and IP length say where they are."
)

NAMED = (
    Named(
        _MICROSECONDS,
        TIMES,
        (
            "proto_malformed/ndpi/fuzz-2021-06-07-c6c72a0a56.pcap",
            "proto_malformed/nfstream/fuzz-2021-06-07-c6c72a0a56.pcap",
            _FUZZ + "clusterfuzz-testcase-FuzzTarget-5188876846235648.pcap",
            _FUZZ + "clusterfuzz-testcase-minimized-FuzzTarget-4672344017862656.pcap",
            _FUZZ + "clusterfuzz-testcase-minimized-FuzzTarget-5165927376355328.pcap",
            _FUZZ + "clusterfuzz-testcase-minimized-FuzzTarget-5204104585674752.pcap",
            _FUZZ + "clusterfuzz-testcase-minimized-FuzzTarget-5468403752632320.pcap",
            _FUZZ + "clusterfuzz-testcase-minimized-FuzzTarget-5487001111429120.pcap",
            _FUZZ + "clusterfuzz-testcase-minimized-FuzzTarget-5669109772845056.pcap",
            _FUZZ + "clusterfuzz-testcase-minimized-FuzzTarget-5700358767902720.pcap",
            _FUZZ + "clusterfuzz-testcase-minimized-FuzzTarget-5723611632762880.pcap",
            _FUZZ + "clusterfuzz-testcase-minimized-FuzzTarget-6303070823907328.pcap",
            _FUZZ + "crash-eec28dafde1f1ac2299674a75a914ae16d4046fa.pcap",
            _OLD_FUZZ + "packet_parse_layer_oom.bug.pcap",
            _OLD_FUZZ + "sip_layer_parse_request.bug.pcap",
        ),
    ),
    Named(
        _MICROSECONDS,
        frozenset({"first_ns"}),
        (_OLD_FUZZ + "http_layer_parse_request.bug.pcap", _TCPDUMP + "rx_serviceid_oobr.pcap"),
    ),
    Named(
        _MICROSECONDS + " And of five bytes of ICMP both type and code are there, which tshark does not print.",
        TIMES | {"flows_digest"},
        (_FUZZ + "clusterfuzz-testcase-minimized-FuzzTarget-5196221831708672.pcap",),
    ),
    Named(
        "Ethernet over MPLS with a control word (RFC 4448): tshark takes the control word for an address, sees no IP.",
        IPV4,
        ("pcap/akvorado/outlet/flow/decoder/testdata/mpls-eompls-cw.pcap",),
    ),
    Named(
        _OPTIONS,
        frozenset({"flows", "flows_digest"}),
        (
            "pcap/suricata-verify/bug-7414-decoder-event-01/ip_secopt.pcap",
            "proto_malformed/suricata-verify/firewall/tcp-session-decode-malformed-ipv4/input.pcap",
        ),
    ),
    Named(
        "Loose and strict source routes: tshark prints the end of the route as destination, wiretell the header field.",
        frozenset({"destinations", "destinations_digest", "flows", "flows_digest"}),
        ("pcap/suricata-verify/detect-ipopts/input.pcap",),
    ),
    Named(
        "The fixed IPv4 header was captured, its options were not: wiretell counts it as truncated with its addresses.",
        IPV4,
        ("pcap/zeek/trunc/ipv4-internally-truncated-header.pcap",),
    ),
    Named(
        "IP inside a network service header (RFC 8300): the outer protocol is NSH, which wiretell counts as not IP.",
        IPV4 | {"dont_fragment"},
        ("pcap/suricata-verify/decode-nsh-type2/input.pcap", _TCPDUMP + "nsh.pcap"),
    ),
    Named(
        "IP inside MACsec that is not encrypted (802.1AE): wiretell counts MACsec as not IP.",
        IPV4 | {"dont_fragment"},
        tuple(
            f"{_TCPDUMP}{name}.pcap"
            for name in (
                "icmp-rfc8335-missing-bytes",
                "macsec-integonly",
                "macsec-short-longer",
                "macsec-short-valid",
            )
        ),
    ),
    Named(
        "A vendor's time stamp header between Ethernet and IP: wiretell counts its EtherType as not IP.",
        IPV4,
        (_TCPDUMP + "arista_ether.pcap",),
    ),
    Named(
        "IPv6 compressed by 6LoWPAN (RFC 6282) on 802.15.4, a link type that wiretell knows by name only.",
        IPV6,
        (_TCPDUMP + "802_15_4-data.pcap",),
    ),
    Named(
        "Provider backbone headers (802.1ah) nested fifty deep, made to exhaust decoders: wiretell stops early.",
        IPV4,
        ("pcap/zeek/pbb-recursive-frames.pcapng",),
    ),
    Named(
        _ARP,
        frozenset({"arp"}),
        (
            "pcap/zeek/arp-leak.pcap",
            "proto_malformed/ndpi/fuzz-2006-06-26-2594.pcap",
            _TCPDUMP + "arp-oobr.pcap",
            _TCPDUMP + "getname_2_read4_asan.pcap",
        ),
    ),
    Named("IPv6 on SLIP, which tshark takes for IPv4 only.", IPV6, (_TCPDUMP + "cve2015-0261-ipv6.pcap",)),
    Named(
        "The four bytes of header that SunATM puts before each packet: wiretell counts them, tshark takes them off.",
        frozenset({"wire_bytes", "captured_bytes"}),
        (_TCPDUMP + "atm-oam-heapoverflow.pcap",),
    ),
    Named(
        "The four bytes of SunATM header, as above. " + _MICROSECONDS,
        TIMES | {"wire_bytes", "captured_bytes"},
        (_TCPDUMP + "atm-oam-loopback-print-overrun.pcap",),
    ),
    Named(
        "An IPv6 routing header that ends after the capture does: tshark prints the protocol that it announces, "
        "wiretell stays at the last header that is whole.",
        frozenset({"protocols", "flows_digest"}),
        (_TCPDUMP + "hoobr_rt6_print.pcap", _TCPDUMP + "ipv6-srh-tlv-pad1-padn-5-trunc.pcap"),
    ),
    Named(
        _VARIANT,
        IPV4 | RECORDS | {"capinfos", "dont_fragment", "last_ns", "status"},
        (_FUZZ + "crash-exception-cast-constructed-record.pcap",),
    ),
    Named(
        _VARIANT,
        IPV4 | RECORDS | {"dont_fragment", "first_ns"},
        ("proto_malformed/suricata-verify/bug-6875-01/fuzz.pcap",),
    ),
)

BY_NAME = {capture: named for named in NAMED for capture in named.captures}
