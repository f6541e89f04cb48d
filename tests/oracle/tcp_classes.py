"""Where wiretell says otherwise than tshark or tcptrace of a direction of TCP, and why: classes of disagreements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.oracle.tcp_figures import FIGURES, Figure, Ours, told
from tests.oracle.tcp_peers import Direction


@dataclass(frozen=True, slots=True)
class Class:
    """A disagreement: which figures it may touch, and when it explains one."""

    name: str
    reason: str
    figures: frozenset[str]
    holds: Callable[[Direction, Ours, int, int], bool]


ALL = frozenset(figure.title for figure in FIGURES)
BY_TSHARK = frozenset({"sent again, copied or overtaken, tshark"})
BY_TCPTRACE = frozenset({"sent again or copied, tcptrace"})


def sent_again(ours: Ours) -> int:
    """Segments that are not new, of any kind."""
    return ours["rexmit_pkts"] + ours["duplicate_pkts"] + ours["reordered_pkts"]


def empty_copies(t: Direction, o: Ours) -> int:
    """Copies without payload among `duplicate_pkts`: what is not new for wiretell, and not even data for tshark."""
    return max(0, min(o["duplicate_pkts"], sent_again(o) - t.again - t.out_of_order))


def extra_bytes(t: Direction, o: Ours) -> int:
    """Bytes of the stream that only tcptrace has."""
    return t.trace_unique_bytes - o["unique_bytes"]


def under_way(t: Direction) -> int:
    """Acknowledgments that repeat while data is under way, those that only selective acknowledgments tell from updates included."""
    return t.dup_acks - t.idle_dup_acks - t.copied_dup_acks + t.sacked_updates


def fills_late(t: Direction, o: Ours, theirs: int, ours: int) -> bool:
    """tshark has as many segments that are not new, tcptrace as many bytes, and only which of them fill a hole differs."""
    same = t.again + t.out_of_order == sent_again(o) and t.trace_unique_bytes == o["unique_bytes"]
    return same and theirs < ours <= sent_again(o)


DUP_ACKS = frozenset({"duplicate acknowledgments, tshark"})
CLASSES = (
    Class(
        "wrong checksum",
        "wiretell leaves packets with a wrong checksum out, as Zeek does, and counts them; the peers use them.",
        ALL,
        lambda _t, o, _theirs, _ours: o["bad_checksums_of_both"] > 0,
    ),
    Class(
        "hand-made capture",
        "Synthetic connections that contradict themselves (a SYN after its answer, ports used again within one stream): "
        "the peers keep one connection where wiretell begins a new one, and place what cannot be.",
        ALL,
        lambda t, _o, _theirs, _ours: t.capture.endswith("tcp-reassembly-synthetic.pcap"),
    ),
    Class(
        "unknown to tcptrace",
        "tcptrace does not look behind two VLAN tags.",
        frozenset(figure.title for figure in FIGURES if figure.peer == "tcptrace"),
        lambda t, _o, _theirs, _ours: t.trace_data_pkts == -1,
    ),
    Class(
        "several connections",
        "The same ends speak again: wiretell begins another connection where the peers go on with one, and take its data for "
        "sent again.",
        ALL,
        lambda _t, o, _theirs, _ours: o["connections"] > 1,
    ),
    Class(
        "seen before",
        "tshark calls out of order what comes soon after later data, though it had come before; tcptrace agrees with wiretell that "
        "no hole was filled.",
        frozenset({"overtaken, tshark"}),
        lambda t, o, theirs, _ours: (
            t.trace_out_of_order == o["reordered_pkts"] + o["lost_upstream_pkts"] < theirs
            and t.again + t.out_of_order + empty_copies(t, o) == sent_again(o)
        ),
    ),
    Class(
        "overtaken or lost",
        "All agree on what fills a hole. Whether it was overtaken, or lost and sent again, tshark tells by three milliseconds or "
        "the round trip; wiretell by IP ids and timestamps where they grow, else by time and acknowledgments.",
        frozenset({"overtaken, tshark"}),
        lambda t, o, theirs, ours: (
            t.trace_out_of_order == o["reordered_pkts"] + o["lost_upstream_pkts"] >= max(theirs, ours)
        ),
    ),
    Class(
        "copies without payload",
        "`duplicate_pkts` has copies of any packet, told by the IP id, SYN, FIN and acknowledgments included, and without an id where "
        "other packets were copied, too; tshark calls only data sent again.",
        BY_TSHARK,
        lambda t, o, theirs, ours: (
            0 < ours - theirs == empty_copies(t, o) and 0 <= empty_copies(t, o) - t.empty_copies <= t.doubtful_copies
        ),
    ),
    Class(
        "fragments",
        "The peers do not join fragments: tshark has no payload where the header is not whole, tcptrace that of the first fragment.",
        frozenset({"segments with payload, tshark", "bytes of the stream, tcptrace"}),
        lambda t, o, _theirs, _ours: (
            t.data_pkts < o["data_pkts"] == t.trace_data_pkts and t.trace_unique_bytes < o["unique_bytes"]
        ),
    ),
    Class(
        "copies that tshark gives no payload",
        "tshark says 0 bytes for later copies of some packets; tcptrace has them with their payload, as wiretell.",
        frozenset({"segments with payload, tshark", *BY_TSHARK}),
        lambda t, o, theirs, ours: (
            0 < ours - theirs == o["data_pkts"] - t.data_pkts and t.trace_data_pkts == o["data_pkts"]
        ),
    ),
    Class(
        "FIN counted as data",
        "tcptrace adds a FIN or SYN to the bytes of the stream when another comes, and calls some of those that follow sent again.",
        frozenset({"bytes of the stream, tcptrace", *BY_TCPTRACE}),
        lambda t, o, theirs, ours: (
            extra_bytes(t, o) == 1
            and (t.ends > 2 or o["syn_rexmit_pkts"] > 0)
            and 0 < theirs - ours <= max(1, t.ends_again)
        ),
    ),
    Class(
        "larger than a packet",
        "tcptrace leaves out segments in frames of more than 1,514 bytes, which the capturing host had not cut into packets.",
        frozenset({"segments with payload, tcptrace", "bytes of the stream, tcptrace"}),
        lambda t, o, _theirs, _ours: (
            t.trace_data_pkts < t.data_pkts == o["data_pkts"] and t.trace_unique_bytes < o["unique_bytes"]
        ),
    ),
    Class(
        "part of it seen",
        "A segment fills a hole and repeats what lies behind it: sent again for tcptrace, lost upstream for wiretell, as a part of "
        "it was not seen before.",
        frozenset({"sent again or copied, tcptrace", "filling a hole, tcptrace"}),
        lambda t, o, theirs, ours: (
            abs(theirs - ours) <= o["lost_upstream_pkts"]
            and o["rexmit_seen_pkts"] == 0
            and t.again + t.out_of_order == sent_again(o) == o["lost_upstream_pkts"]
            and o["payload_bytes"] > o["unique_bytes"]
            and t.trace_again > 0
        ),
    ),
    Class(
        "SYN, FIN and probes as data",
        "tcptrace counts each SYN, FIN and keep-alive that comes again among the data segments sent again, and no other copy "
        "without payload; wiretell has `syn_rexmit_pkts` and `keep_alives`, and any copy in `duplicate_pkts`.",
        BY_TCPTRACE,
        lambda t, o, theirs, ours: theirs - ours == t.ends_again + t.probes_with_payload - empty_copies(t, o),
    ),
    Class(
        "begun before the capture",
        "A keep-alive repeats the byte before the next; before the first data or acknowledgment nobody knows which is next, and "
        "tshark takes the first.",
        frozenset({"keep-alives and window probes, tshark"}),
        lambda t, o, theirs, ours: theirs == ours + 1 == t.data_pkts and o["begun"] == 0,
    ),
    Class(
        "taken for a duplicate acknowledgment",
        "A keep-alive of a connection that began before the capture, told by what the other side had acknowledged: tshark calls "
        "the first a duplicate acknowledgment.",
        frozenset({"keep-alives and window probes, tshark"}),
        lambda t, o, theirs, ours: o["begun"] == 0 and ours == theirs + t.dup_acks > theirs,
    ),
    Class(
        "nothing under way",
        "tshark counts each acknowledgment that repeats; wiretell only while data is under way, as a sender does (RFC 5681): "
        "answers to needless or late segments and to keep-alives are no sign of loss, nor are copies of the last one.",
        DUP_ACKS,
        lambda t, _o, theirs, ours: theirs > ours and 0 <= under_way(t) - ours <= t.doubtful_dup_acks,
    ),
    Class(
        "a window that moved with it",
        "An acknowledgment repeats with another window, and selective acknowledgments say that data is missing (RFC 6675): tshark "
        "takes it for an update of the window.",
        DUP_ACKS,
        lambda t, _o, theirs, ours: theirs < ours == under_way(t),
    ),
    Class(
        "only acknowledgments tell",
        "An acknowledgment shows what was not captured yet: by its own number past a hole, or by acknowledging what comes after "
        "it. wiretell has late data as filling a hole; tcptrace looks at data only.",
        frozenset({"filling a hole, tcptrace"}),
        fills_late,
    ),
    Class(
        "captured after its acknowledgment",
        "Data that comes within ten milliseconds after its acknowledgment, and was not seen before: overtaken for wiretell, sent "
        "again for tshark. Of the bytes of the stream it is a part, as tcptrace says.",
        frozenset({"overtaken, tshark"}),
        fills_late,
    ),
    Class(
        "sent before the capture",
        "The first data lies before the number of an earlier acknowledgment: tshark calls it sent again; wiretell and tcptrace, "
        "which have not seen it before, do not.",
        frozenset({"sent again, copied or overtaken, tshark"}),
        lambda t, o, theirs, ours: o["begun"] == 0 and theirs == ours + 1 and t.trace_again == ours,
    ),
    Class(
        "the window of a reset",
        "A reset has 0 in the field of the window: tshark takes the window for closed and the next byte for a probe.",
        frozenset({"keep-alives and window probes, tshark"}),
        lambda _t, o, theirs, ours: theirs == ours + 1 and o["peer_resets"] > 0 and o["peer_zero_windows"] == 0,
    ),
    Class(
        "numbered as its FIN",
        "An acknowledgment with the number of the FIN, overtaken by it or from a stack that does not count it: tshark calls it a "
        "keep-alive.",
        frozenset({"keep-alives and window probes, tshark"}),
        lambda t, _o, theirs, ours: 0 < theirs - ours == t.keep_alives_at_fin,
    ),
    Class(
        "keep-alives as bytes",
        "tcptrace adds the bytes of keep-alives to those of the stream, and calls only the others sent again.",
        frozenset({"bytes of the stream, tcptrace", *BY_TCPTRACE}),
        lambda t, o, theirs, ours: (
            0 < extra_bytes(t, o) <= min(t.probes_with_payload, o["keep_alives"])
            and theirs - ours in (extra_bytes(t, o), t.probes_with_payload - extra_bytes(t, o))
        ),
    ),
    Class(
        "cut copies",
        "tcptrace leaves out copies of packets that the capture holds cut short.",
        frozenset({"segments with payload, tcptrace", "sent again or copied, tcptrace"}),
        lambda t, o, theirs, ours: (
            theirs < ours
            and t.trace_unique_bytes == o["unique_bytes"]
            and 0 < o["data_pkts"] - t.trace_data_pkts <= sent_again(o)
        ),
    ),
    Class(
        "the payload of a reset",
        "The payload of a reset is text for people, no part of the stream (RFC 9293, 3.5.2); the peers count it as data that is "
        "sent again.",
        frozenset({"segments with payload, tshark", "segments with payload, tcptrace", *BY_TSHARK, *BY_TCPTRACE}),
        lambda t, o, theirs, ours: (
            0 < t.resets_with_payload <= theirs - ours <= t.resets_with_payload + t.ends_again
            and t.data_pkts == t.trace_data_pkts == o["data_pkts"] + t.resets_with_payload
        ),
    ),
    Class(
        "another SYN-ACK",
        "A second SYN-ACK has another first number, and the client takes it: the peers keep to the first, and call all data sent "
        "again (tshark) or out of order (tcptrace).",
        frozenset({"filling a hole, tcptrace", *BY_TSHARK}),
        lambda t, o, theirs, ours: o["syn_rexmit_pkts"] > 0 and theirs == t.data_pkts == o["data_pkts"] and ours == 0,
    ),
    Class(
        "another SYN-ACK acknowledged",
        "The client acknowledges it: tshark calls that a duplicate of its acknowledgment of the first.",
        DUP_ACKS,
        lambda _t, o, theirs, ours: o["peer_syn_rexmits"] > 0 and theirs == 1 and ours == 0,
    ),
    Class(
        "read by hand: data in a SYN",
        "517 bytes in a SYN that the server does not take and the client sends again; tcptrace counts them three times, as it "
        "takes the SYNs in between for data, and calls only these sent again.",
        frozenset({"bytes of the stream, tcptrace", *BY_TCPTRACE}),
        lambda t, o, theirs, ours: (
            t.capture.endswith("tcp-fastopen-10-syn-data-ignore/input.pcap")
            and o["syn_rexmit_pkts"] == t.ends_again == 10
            and (theirs == ours + 2 * 517 or theirs == t.ends_again == ours + 7)
        ),
    ),
    Class(
        "read by hand: two bytes in a keep-alive",
        "A keep-alive of two bytes, of which one was not sent before and is never acknowledged: its answer is a duplicate for "
        "wiretell, as that byte is under way.",
        DUP_ACKS,
        lambda t, _o, theirs, ours: (
            t.capture.endswith("heuristic_tcp_ack_payload.pcap") and t.dst_port == 58155 and theirs == 0 and ours == 1
        ),
    ),
    Class(
        "read by hand: two bytes in acknowledgments",
        "Acknowledgments bring two bytes that the next segment brings, too, and differently: wiretell calls what overlaps sent "
        "again; tshark calls a part out of order, and does not count some, nor copies of a SYN with two bytes.",
        frozenset(
            {
                "sent again, copied or overtaken, tshark",
                "overtaken, tshark",
                "filling a hole, tcptrace",
            }
        ),
        lambda t, o, theirs, ours: (
            t.capture.endswith("heuristic_tcp_ack_payload.pcap")
            and abs(theirs - ours) <= max(2, t.out_of_order)
            and 0 < sent_again(o) - t.again - t.out_of_order <= 2
        ),
    ),
)


def class_of(row: Direction, ours: Ours, figure: Figure, mine: int) -> str | None:
    """The class that explains the figure `mine` beside the peer's, `equal`, or None."""
    said = figure.theirs(row)
    if said == mine:
        return "equal"
    return next((one.name for one in CLASSES if figure.title in one.figures and one.holds(row, ours, said, mine)), None)


def judged(rows: Iterable[Direction], data: Path) -> Iterator[tuple[Direction, Figure, str | None, str]]:
    """Of each direction and figure: the class, `equal`, or None; and what both say."""
    by_capture: dict[str, list[Direction]] = defaultdict(list)
    for row in rows:
        by_capture[row.capture].append(row)
    for capture, directions in by_capture.items():
        known = told(data / capture)
        for row in directions:
            ours = known.get(row.key, Counter())
            for figure in FIGURES:
                mine = figure.ours(ours)
                said = f"{row}: {figure.title}: {figure.theirs(row)}, wiretell {mine}"
                yield row, figure, class_of(row, ours, figure, mine), said


def table(counts: Counter[tuple[str, str]]) -> str:
    """The counts by figure and class as Markdown."""
    lines = ["| figure | peer | equal | disagreements |", "|---|---|--:|---|"]
    for figure in FIGURES:
        of = {name: count for (title, name), count in counts.items() if title == figure.title}
        others = "; ".join(f"{one.name} {of[one.name]:,}" for one in CLASSES if one.name in of)
        lines.append(f"| {figure.name} | {figure.peer} | {of.get('equal', 0):,} | {others or 'none'} |")
    return "\n".join(lines)


def reasons() -> str:
    """The classes as Markdown."""
    return "\n".join(f"- **{one.name}**: {one.reason}" for one in CLASSES)
