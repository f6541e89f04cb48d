"""Where wiretell says otherwise than tshark or tcptrace of a direction of TCP, and why: classes of disagreements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.oracle.tcp_numbers import Key
from tests.oracle.tcp_peers import Direction
from wiretell.sources.connections import find_connections

Ours = Counter[str]
NAMES = (
    "data_pkts", "rexmit_pkts", "rexmit_seen_pkts", "lost_upstream_pkts", "duplicate_pkts", "reordered_pkts",
    "keep_alives", "window_probes", "dup_acks", "zero_windows", "unique_bytes", "bad_checksums",
    "syn_rexmit_pkts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that both sides have."""

    name: str
    peer: str
    theirs: Callable[[Direction], int]
    ours: Callable[[Ours], int]

    @property
    def title(self) -> str:
        return f"{self.name}, {self.peer}"


FIGURES = (
    Figure("segments with payload", "tshark", lambda t: t.data_pkts, lambda o: o["data_pkts"]),
    Figure(
        "sent again, copied or overtaken",
        "tshark",
        lambda t: t.again + t.out_of_order,
        lambda o: o["rexmit_pkts"] + o["duplicate_pkts"] + o["reordered_pkts"],
    ),
    Figure("overtaken", "tshark", lambda t: t.out_of_order, lambda o: o["reordered_pkts"]),
    Figure(
        "keep-alives and window probes",
        "tshark",
        lambda t: t.keep_alives,
        lambda o: o["keep_alives"] + o["window_probes"],
    ),
    Figure("duplicate acknowledgments", "tshark", lambda t: t.dup_acks, lambda o: o["dup_acks"]),
    Figure(
        "whether a window closed", "tshark", lambda t: int(t.zero_windows > 0), lambda o: int(o["zero_windows"] > 0)
    ),
    Figure("segments with payload", "tcptrace", lambda t: t.trace_data_pkts, lambda o: o["data_pkts"]),
    Figure("bytes of the stream", "tcptrace", lambda t: t.trace_unique_bytes, lambda o: o["unique_bytes"]),
    Figure(
        "sent again or copied",
        "tcptrace",
        lambda t: t.trace_again,
        lambda o: o["rexmit_seen_pkts"] + o["duplicate_pkts"],
    ),
    Figure(
        "filling a hole",
        "tcptrace",
        lambda t: t.trace_out_of_order,
        lambda o: o["reordered_pkts"] + o["lost_upstream_pkts"],
    ),
)


@dataclass(frozen=True, slots=True)
class Class:
    """A disagreement: which figures it may touch, and when it explains one."""

    name: str
    reason: str
    figures: frozenset[str]
    holds: Callable[[Direction, Ours, int, int], bool]


ALL = frozenset(figure.title for figure in FIGURES)
AGAIN = frozenset({"sent again, copied or overtaken, tshark", "sent again or copied, tcptrace"})


def sent_again(ours: Ours) -> int:
    """Segments that are not new, of any kind."""
    return ours["rexmit_pkts"] + ours["duplicate_pkts"] + ours["reordered_pkts"]


def fills_late(t: Direction, o: Ours, theirs: int, ours: int) -> bool:
    """tshark has as many segments that are not new, tcptrace as many bytes, and only which of them fill a hole differs."""
    return theirs < ours and t.again + t.out_of_order == sent_again(o) and t.trace_unique_bytes == o["unique_bytes"]


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
        "copies overtaken",
        "What was overtaken comes twice: tshark calls both out of order, wiretell the second a copy.",
        frozenset({"overtaken, tshark"}),
        lambda t, o, theirs, ours: theirs == ours + o["duplicate_pkts"] and t.trace_out_of_order == ours > 0,
    ),
    Class(
        "seen before",
        "tshark calls out of order what comes soon after later data, though it had come before; tcptrace agrees with wiretell that "
        "no hole was filled.",
        frozenset({"overtaken, tshark"}),
        lambda t, o, theirs, ours: (
            theirs > ours and t.trace_out_of_order == o["reordered_pkts"] + o["lost_upstream_pkts"] < theirs
        ),
    ),
    Class(
        "overtaken or lost",
        "All agree on what fills a hole. Whether it was overtaken, or lost and sent again, tshark tells by three milliseconds or "
        "the round trip; wiretell by IP ids and timestamps where they grow, else by time and acknowledgments.",
        frozenset({"overtaken, tshark"}),
        lambda t, o, _theirs, _ours: t.trace_out_of_order == o["reordered_pkts"] + o["lost_upstream_pkts"],
    ),
    Class(
        "copies without payload",
        "`duplicate_pkts` has copies of any packet, acknowledgments included; both peers look at data only.",
        AGAIN,
        lambda _t, o, theirs, ours: 0 < ours - theirs <= o["duplicate_pkts"],
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
        frozenset({"segments with payload, tshark", *AGAIN}),
        lambda t, o, _theirs, _ours: t.trace_data_pkts == o["data_pkts"] > t.data_pkts,
    ),
    Class(
        "FIN counted as data",
        "tcptrace adds the FIN or SYN to the bytes of the stream when it comes again, and then calls data sent again out of "
        "order.",
        frozenset({"bytes of the stream, tcptrace", "sent again or copied, tcptrace", "filling a hole, tcptrace"}),
        lambda t, o, _theirs, _ours: t.trace_unique_bytes == o["unique_bytes"] + 1,
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
        "SYN, FIN and probes as data",
        "tcptrace counts a SYN, FIN or keep-alive that comes again among the data segments sent again; wiretell has "
        "`syn_rexmit_pkts` and `keep_alives`.",
        frozenset({"sent again or copied, tcptrace"}),
        lambda _t, _o, theirs, ours: theirs > ours,
    ),
    Class(
        "begun before the capture",
        "A keep-alive repeats the byte before the next; before the first data or acknowledgment nobody knows which is next, and "
        "tshark takes any.",
        frozenset({"keep-alives and window probes, tshark"}),
        lambda _t, o, theirs, ours: theirs > ours and o["begun"] == 0,
    ),
    Class(
        "taken for a duplicate acknowledgment",
        "A keep-alive of a connection that began before the capture, told by what the other side had acknowledged: tshark calls "
        "the first a duplicate acknowledgment.",
        frozenset({"keep-alives and window probes, tshark"}),
        lambda t, o, theirs, ours: o["begun"] == 0 and ours == theirs + t.dup_acks > theirs,
    ),
    Class(
        "copied acknowledgments",
        "tshark calls a copy of an acknowledgment a duplicate; wiretell has it in `duplicate_pkts`.",
        DUP_ACKS,
        lambda _t, o, theirs, ours: theirs > ours and o["duplicate_pkts"] > 0,
    ),
    Class(
        "nothing under way",
        "tshark counts each acknowledgment that repeats; wiretell only while data is under way, as a sender does (RFC 5681): "
        "answers to needless or late segments and to keep-alives are no sign of loss.",
        DUP_ACKS,
        lambda _t, _o, theirs, ours: theirs > ours,
    ),
    Class(
        "a window that moved with it",
        "An acknowledgment repeats with another window, and selective acknowledgments say that data is missing (RFC 6675): tshark "
        "takes it for an update of the window.",
        DUP_ACKS,
        lambda _t, _o, theirs, ours: ours > theirs,
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
        lambda _t, o, theirs, ours: ours < theirs <= ours + 2 and o["fins"] > 0,
    ),
    Class(
        "keep-alives as bytes",
        "tcptrace adds the bytes of keep-alives to those of the stream.",
        frozenset({"bytes of the stream, tcptrace"}),
        lambda _t, o, theirs, ours: o["keep_alives"] > 0 and theirs == ours + o["keep_alives"],
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
        "The payload of a reset is text for people, no part of the stream (RFC 9293, 3.5.2); the peers count it as data, tshark "
        "as sent again.",
        frozenset(
            {
                "segments with payload, tshark",
                "segments with payload, tcptrace",
                "sent again, copied or overtaken, tshark",
            }
        ),
        lambda t, o, theirs, ours: (
            o["resets"] > 0 and theirs == ours + 1 and t.data_pkts == t.trace_data_pkts == o["data_pkts"] + 1
        ),
    ),
    Class(
        "another SYN-ACK",
        "A second SYN-ACK has another first number, and the client takes it: tshark keeps to the first, and calls all data sent "
        "again.",
        frozenset({"sent again, copied or overtaken, tshark"}),
        lambda t, o, theirs, ours: o["syn_rexmit_pkts"] > 0 and theirs == t.data_pkts == o["data_pkts"] and ours == 0,
    ),
    Class(
        "read by hand: data in a SYN",
        "517 bytes in a SYN that the server does not take and the client sends again; tcptrace counts them three times, as it "
        "takes the SYNs in between for data.",
        frozenset({"bytes of the stream, tcptrace"}),
        lambda t, o, theirs, ours: (
            t.capture.endswith("tcp-fastopen-10-syn-data-ignore/input.pcap")
            and o["syn_rexmit_pkts"] == 10
            and theirs == ours + 2 * 517
        ),
    ),
    Class(
        "read by hand: two bytes in acknowledgments",
        "Acknowledgments bring two bytes that the next segment brings, too, and differently: wiretell calls what overlaps sent "
        "again; tshark calls a part out of order, and does not count some.",
        frozenset(
            {
                "sent again, copied or overtaken, tshark",
                "overtaken, tshark",
                "filling a hole, tcptrace",
            }
        ),
        lambda t, o, theirs, ours: (
            t.capture.endswith("heuristic_tcp_ack_payload.pcap")
            and abs(theirs - ours) <= t.out_of_order
            and 0 < sent_again(o) - t.again - t.out_of_order <= 2
        ),
    ),
)


def told(path: Path) -> dict[Key, Ours]:
    """What wiretell says by direction; connections between the same ends are added up."""
    sides = ("orig", "resp")
    columns = ["proto", "history", *(f"{side}_{name}" for side in sides for name in ("h", "p", *NAMES))]
    frame = find_connections(path, columns=columns).frame.filter(proto="tcp")
    found: dict[Key, Ours] = defaultdict(Counter)
    for row in frame.rows(named=True):
        for near, far in (sides, sides[::-1]):
            counts = found[row[f"{near}_h"], row[f"{near}_p"], row[f"{far}_h"], row[f"{far}_p"]]
            counts.update({name: row[f"{near}_{name}"] or 0 for name in NAMES})
            counts["bad_checksums_of_both"] += sum(row[f"{side}_bad_checksums"] for side in sides)
            history = row["history"] or ""
            letters = history if near == "orig" else history.swapcase()
            counts["begun"] += "S" in history
            counts["fins"] += "F" in letters
            counts["resets"] += "R" in letters
            counts["peer_resets"] += "r" in letters
            counts["peer_zero_windows"] += row[f"{far}_zero_windows"] or 0
            counts["connections"] += 1
    return found


def judged(rows: Iterable[Direction], data: Path) -> Iterator[tuple[Direction, Figure, str | None, str]]:
    """Of each direction and figure: the class, `equal`, or None with what is said where no class explains it."""
    by_capture: dict[str, list[Direction]] = defaultdict(list)
    for row in rows:
        by_capture[row.capture].append(row)
    for capture, directions in by_capture.items():
        known = told(data / capture)
        for row in directions:
            ours = known.get(row.key, Counter())
            for figure in FIGURES:
                said, mine = figure.theirs(row), figure.ours(ours)
                if said == mine:
                    yield row, figure, "equal", ""
                    continue
                classes = (
                    one.name for one in CLASSES if figure.title in one.figures and one.holds(row, ours, said, mine)
                )
                yield row, figure, next(classes, None), f"{row}: {figure.title}: {said}, wiretell {mine}"


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
