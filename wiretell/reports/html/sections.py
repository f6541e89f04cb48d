"""The sections of the page: each from one part of the profile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from wiretell.analyses.services import port_name
from wiretell.reports import quality_text, summary_text
from wiretell.reports.behavior_result import SEVERITIES, BehaviorReport
from wiretell.reports.behavior_stories import Story, stories
from wiretell.reports.html.markup import Cell, Column, bars, section, table, text, tiles
from wiretell.reports.numbers import count, duration, exact, rate, share, volume, window_start
from wiretell.reports.profile_findings import plain
from wiretell.reports.profile_result import ProfileResult
from wiretell.reports.quality_result import QualityResult
from wiretell.reports.summary_result import Row, SummaryResult

Cells = list[Cell | str]

STORIES: Final = 60
MEMBERS: Final = 25
PROFILES: Final = 400
TYPES_DRAWN: Final = 24

_LEADS: Final = {3: "act on it", 2: "look at it", 1: "good to know"}
_SIDES: Final = {"src_ip": "sends", "dst_ip": "receives", "src_port": "from port", "dst_port": "to port"}
_HABITS: Final = {
    "scan": "scanner",
    "scan_target": "scanned",
    "flood_source": "flooding",
    "flood_target": "flooded",
    "server": "server",
    "heavy_hitter": "busy client",
    "other": "other",
}


def overview(result: ProfileResult) -> str:
    """The headline figures."""
    total = result.summary.total()
    values = []
    if total is not None:
        if total["packets"]:
            values.append(("packets", count(total["packets"]).strip()))
        values.append(("bytes", volume(total["bytes"])))
        length = ((total["end"] or 0) - (total["start"] or 0)) / 1e6
        if length > 0:
            values += [("duration", duration(length)), ("mean rate", rate(total["bytes"] * 8 / length))]
        values.append(("hosts", count(total["hosts"]).strip()))
    if result.quality is not None:
        connections = sum(number for _, _, number in result.quality.outcomes)
        values.append(("connections", count(connections).strip()))
    if result.behavior is not None:
        acts = sum(story.severity == max(SEVERITIES) for story in stories(result.behavior))
        values.append(("findings to act on", str(acts)))
    return tiles(values)


def findings(report: BehaviorReport) -> str:
    """The findings with their evidence."""
    told = stories(report)
    if not told:
        return section("findings", "Findings", "Nothing unusual was found.")
    parts = "".join(_story(story, report, first=place == 0) for place, story in enumerate(told[:STORIES]))
    hidden = len(told) - STORIES
    more = (
        f'<p class="note">{hidden:,} more are left out of this page; wiretell behavior tells all.</p>'
        if hidden > 0
        else ""
    )
    lead = "What deserves attention, most important first. Open one to see who is part of it and the figures behind it."
    return section("findings", "Findings", lead, f'<div class="findings">{parts}</div>', more)


def _story(story: Story, report: BehaviorReport, *, first: bool) -> str:
    word = SEVERITIES[story.severity]
    since, windows = f"since {window_start(story.since, report.zone, named=True)}", len(report.windows)
    seen = f", in {len(story.windows):,} of {windows:,} windows" if windows > 1 else ""
    members: list[Cells] = [
        [
            member.key or "–",
            _SIDES[member.dimension],
            Cell(f"{member.flows:,}", member.flows),
            *([Cell(f"{member.windows:,}", member.windows)] if windows > 1 else []),
            member.sentence,
        ]
        for member in story.members[:MEMBERS]
    ]
    columns = [
        Column("Who", "code"), Column("Side"), Column("Flows", "number"),
        *([Column("Windows", "number")] if windows > 1 else []), Column("What it does", "prose"),
    ]  # fmt: skip
    listed = table("Who is part of it", columns, members, left_out=len(story.members) - len(members)) if members else ""
    evidence = _evidence(story.findings[0]["evidence"]) if story.findings else ""
    said = f"<p>{text(story.headline)}.</p>" if plain(story.headline) != story.headline else ""
    return (
        f'<details class="finding f{story.severity}"{" open" if first else ""}><summary><span class="badge" '
        f'title="{_LEADS[story.severity]}">{word}</span><span class="head">{text(plain(story.headline))}'
        f"<small>{text(story.kind.replace('_', ' '))}, {since}{seen}</small></span></summary>"
        f'<div class="body">{said}{listed}{evidence}</div></details>'
    )


def _evidence(evidence: str) -> str:
    try:
        values = json.loads(evidence)
    except ValueError:
        return ""
    items = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in _flat("", values))
    return f'<h4>Figures behind it</h4><dl class="evidence">{items}</dl>' if items else ""


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{prefix}, {name}" if prefix else str(name), inner)
    elif value is not None:
        if isinstance(value, bool):
            shown = "yes" if value else "no"
        elif isinstance(value, float):
            shown = f"{value:,.4g}"
        else:
            shown = f"{value:,}" if isinstance(value, int) else str(value)
        yield prefix.replace("_", " "), shown


def profiles(report: BehaviorReport) -> str:
    """Everyone with a profile, once, in the words of the busiest window."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in report.profiles:
        groups.setdefault((row["dimension"], row["key"]), []).append(row)
    busiest = sorted(
        (max(rows, key=lambda row: row["flows"]) for rows in groups.values()), key=lambda row: -row["flows"]
    )
    several = len(report.windows) > 1
    rows = [_profile(row, len(groups[row["dimension"], row["key"]]) if several else None) for row in busiest[:PROFILES]]
    columns = [
        Column("Who", "code"), Column("Side"), Column("Habit"), Column("Port", "number"), Column("Peers", "number"),
        Column("Flows", "number"), Column("Share", "number"), Column("Class", "number"),
        *([Column("Windows", "number")] if several else []), Column("In words", "prose"),
    ]  # fmt: skip
    lead = (
        "Every address and port that stands out, in the words of its busiest window. Select a heading to sort; type to filter, for "
        "example “server”, “53” or a part of an address."
    )
    return section(
        "profiles",
        "Profiles",
        lead,
        table("Profiles of hosts and ports", columns, rows, left_out=len(busiest) - len(rows)),
    )


def _profile(row: Row, windows: int | None) -> Cells:
    is_port = row["dimension"].endswith("port")
    name = port_name(int(row["key"])) if is_port and row["key"].isdecimal() else None
    port = "–" if row["port"] is None else f"{row['port']}/{row['protocol']}"
    return [
        f"{row['key']} {name}" if name else row["key"],
        _SIDES[row["dimension"]],
        _HABITS.get(row["profile"], row["profile"]),
        Cell(port, -1 if row["port"] is None else row["port"]),
        Cell(f"{row['peers']:,}", row["peers"]),
        Cell(f"{row['flows']:,}", row["flows"]),
        Cell(share(row["share"]), row["share"]),
        Cell(str(row["behavior_class"]), row["behavior_class"]),
        *([] if windows is None else [Cell(f"{windows:,}", windows)]),
        row["sentence"],
    ]


def breakdowns(summary: SummaryResult) -> str:
    """What fills the link, by every breakdown of the summary."""
    column = "payload_bytes" if summary.unit == "payload" else summary.unit
    by_bytes = summary.unit in {"bytes", "payload"}
    total = summary.total()
    parts = []
    for name, title in summary_text.BREAKDOWNS:
        rows = summary.breakdown(name)
        if not rows:
            continue
        shown = [
            (
                f"{row['key']} ↔ {row['peer']}" if name == "pair" else str(row["key"]),
                _note(name, str(row["key"]), summary),
                float(row["share"]),
                f"{share(row['share'])} · {volume(row[column] or 0) if by_bytes else count(row[column] or 0).strip()}",
            )
            for row in rows
        ]
        distinct = {"source": "sources", "destination": "destinations", "pair": "pairs", "port": "ports"}.get(name)
        everything = 0 if total is None or distinct is None else int(total[distinct] or 0)
        more = f"{exact(everything - len(rows))} more" if everything > len(rows) else ""
        parts.append(bars(title, shown, more=more, code=name in {"source", "destination", "pair"}))
    sizes = _sizes(summary)
    return f'<div class="breakdowns">{"".join(parts)}</div>{sizes}'


def _note(name: str, key: str, summary: SummaryResult) -> str:
    if name in {"port", "port_any"} and key.isdigit():
        return port_name(int(key)) or ""
    return summary.names.get(key, "") if name in {"source", "destination"} else ""


def _sizes(summary: SummaryResult) -> str:
    listings = summary_text.sizes(summary)
    if not listings:
        return ""
    head, *rows = listings[0].rows
    columns = [Column("Size of a"), *(Column(cell.text, "number") for cell in head[1:])]
    return table("Sizes, by percentile", columns, [[cell.text for cell in row] for row in rows])


def quality(result: QualityResult) -> str:
    """How connections went."""
    said = "".join(f"<li>{text(line[:1].upper() + line[1:])}.</li>" for line in quality_text.sentences(result))
    outcomes = []
    for proto in ("tcp", "udp", "icmp"):
        found = [(state, number) for transport, state, number in result.outcomes if transport == proto]
        whole = sum(number for _, number in found)
        rows = [
            (
                quality_text.meaning(proto, state),
                state,
                number / whole,
                f"{share(number / whole)} · {count(number).strip()}",
            )
            for state, number in found[:8]
        ]
        if rows and proto != "icmp":
            outcomes.append(bars(f"{proto.upper()} outcomes", rows))
    lists = [
        _endpoints("Servers that lose most", result.servers),
        _endpoints("Networks that lose most", result.prefixes),
        _endpoints("Servers that fail most", result.failing),
    ]
    lead = "Whether attempts succeed, whether data arrives the first time, and how long an answer takes."
    return section(
        "connections",
        "Connection quality",
        lead,
        f'<ul class="said">{said}</ul><div class="breakdowns wide">{"".join(outcomes)}</div>',
        *lists,
    )


def _endpoints(title: str, rows: list[Row]) -> str:
    if not rows:
        return ""
    columns = [
        Column("Who", "code"), Column("Connections", "number"), Column("Failed", "number"), Column("Attempts", "number"),
        Column("Sent again", "number"), Column("Data packets", "number"), Column("Round trip", "number"),
    ]  # fmt: skip
    shown: list[Cells] = [
        [
            str(row["key"]),
            _number(row["connections"]),
            _share_cell(row["failed_share"]),
            _number(row["attempts"]),
            _share_cell(row["rexmit_share"]),
            _number(row["data_pkts"]),
            Cell("–", -1) if row["rtt_median_s"] is None else Cell(duration(row["rtt_median_s"]), row["rtt_median_s"]),
        ]
        for row in rows
    ]
    return table(title, columns, shown)


def _number(value: int | None) -> Cell:
    return Cell("–", -1) if value is None else Cell(exact(value), value)


def _share_cell(value: float | None) -> Cell:
    return Cell("–", -1) if value is None else Cell(share(value), value)


def events(result: ProfileResult) -> str:
    """The event workload with its figures."""
    from wiretell.reports.workload_figures import figures

    report = result.workload
    if report is None or not report.workload.events.total:
        return ""
    load, kinds = report.workload, report.shares["name"].rows
    values = [
        ("events", count(load.events.total).strip()),
        ("bytes of events", volume(load.bytes.total)),
        ("per second, median", count(load.events.percentiles[50]).strip()),
        ("per second, 95%", count(load.events.percentiles[95]).strip()),
        ("per second, peak", count(load.events.peak).strip()),
    ]
    if report.events_per_packet is not None:
        values.append(("per packet", f"{report.events_per_packet:.2f}"))
    drawn = "".join(
        f'<div class="scroll figure" role="region" tabindex="0" aria-label="Figure of events">{svg}</div>'
        for svg in figures(load, _most(kinds), zone=result.summary.zone).values()
    )
    columns = [
        Column("Event", "code"),
        Column("Events", "number"),
        Column("Share", "number"),
        Column("Bytes", "number"),
    ]
    rows: list[Cells] = [
        [name, Cell(exact(number), number), Cell(share(number / load.events.total), number), Cell(volume(size), size)]
        for name, number, size in kinds[:100]
    ]
    lead = "What a monitor such as Zeek would have to handle: how many events, of what kind, and when there are bursts."
    listed = table("Types of events", columns, rows, left_out=len(kinds) - len(rows))
    return section("events", "Event workload", lead, tiles(values), f'<div class="figures">{drawn}</div>', listed)


def _most(kinds: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """The most frequent types and all others as one, so that shares stay those of all events."""
    rest = kinds[TYPES_DRAWN:]
    others = [(f"{len(rest)} other types", sum(row[1] for row in rest), sum(row[2] for row in rest))] if rest else []
    return kinds[:TYPES_DRAWN] + others


def capture(result: ProfileResult) -> str:
    """What was read, and what was not used."""
    from wiretell.reports.html.plain_text import lines_of

    parts = [f"<pre>{text(block)}</pre>" for block in lines_of(result)]
    if result.beside:
        rows: list[Cells] = [[name, what, Cell(exact(lines), lines)] for name, what, lines in result.beside]
        columns = [Column("Log", "code"), Column("What it is"), Column("Entries", "number")]
        parts.append(table("Logs beside it, counted only", columns, rows))
    parts += [f'<p class="warning">{text(line)}</p>' for line in result.missing]
    return section("capture", "What was read", "", *parts)
