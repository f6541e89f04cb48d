"""A summary as text: what fills the link first, then directions, networks and intervals."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.text import Text

from wiretell.analyses.services import port_name
from wiretell.reports.blocks import NOTE, TITLE, WARNING, Cell, Listing, side_by_side
from wiretell.reports.console import write_block
from wiretell.reports.facts_text import FILES_SHOWN, facts_block
from wiretell.reports.log_facts_text import log_facts_block
from wiretell.reports.numbers import count, duration, exact, many, moment, rate, share, span, volume
from wiretell.reports.sparkline import bars, columns
from wiretell.reports.summary_result import Row, SummaryResult

BREAKDOWNS = (
    ("port", "Ports"),
    ("source", "Sources"),
    ("destination", "Destinations"),
    ("service", "Services"),
    ("protocol", "Protocols"),
    ("state", "States"),
    ("pair", "Pairs"),
    ("port_any", "Ports, either end"),
)
DIRECTIONS = (
    ("incoming", "Incoming"),
    ("outgoing", "Outgoing"),
    ("internal", "Internal"),
    ("transit", "Transit"),
)
WIDE, VERY_WIDE = 110, 150
FEW = 10
"""Fewer packets in a column make no rate."""
_ENDS = ("start", "end")
_BAR = "▏▎▍▌▋▊▉█"


def show(result: SummaryResult, console: Console) -> None:
    """Writes the whole summary."""
    for position, block in enumerate(blocks(result, console.width)):
        write_block(console, block, first=position == 0)


def blocks(result: SummaryResult, width: int) -> Iterator[RenderableType]:
    """The blocks of the report in order."""
    yield from facts(result, width)
    yield total_block(result, width)
    if result.options.interval_us is not None:
        yield intervals_block(result, width)
    if result.options.local:
        yield networks_block(result, width)
        yield from directions(result, width)
        for network in _by_weight(result):
            yield traffic_block(
                result, width, f"{network} {result.options.local[network]}".strip(), scope="network", network=network
            )
    if result.total("unknown_transport") is not None:
        yield unknown_transport_block(result, width)
    if result.options.interval_us is not None and result.options.verbose:
        for window in result.windows:
            yield traffic_block(result, width, f"Interval {moment(window, result.zone)}", window=window)
    yield _first_last(result)
    yield from interrupted(result)


def facts(result: SummaryResult, width: int, files: int = FILES_SHOWN) -> Iterator[RenderableType]:
    """The facts of the captures or logs, with so many of the files."""
    if result.facts is not None:
        yield facts_block(result.facts, width, result.zone, files)
    if result.log_facts is not None:
        yield log_facts_block(result.log_facts, width, files)


def interrupted(result: SummaryResult) -> Iterator[RenderableType]:
    """That the result is partial, if it is."""
    if result.interrupted:
        yield Text("! interrupted: this is of what was read so far", style=WARNING)


def total_block(result: SummaryResult, width: int) -> RenderableType:
    """All traffic: totals, rate over time, sizes, breakdowns."""
    parts = [*_heading(result, "Total", result.total()), *_over_time(result, width)]
    listings = [*_listings(result, width), *sizes(result)]
    return Group(*parts, *([Text(), side_by_side(listings, width)] if listings else []))


def traffic_block(
    result: SummaryResult,
    width: int,
    title: str,
    *,
    scope: str = "total",
    network: str | None = None,
    window: int | None = None,
) -> RenderableType:
    """The traffic of a direction, a network or an interval: totals and breakdowns."""
    total = result.total(scope, network, window)
    heading = _heading(result, title, total, window)
    listings = _listings(result, width, scope, network, window)
    return Group(*heading, *([Text(), side_by_side(listings, width)] if listings else []))


def directions(result: SummaryResult, width: int) -> Iterator[RenderableType]:
    """A block per direction that has traffic."""
    for scope, title in DIRECTIONS:
        if result.total(scope) is not None:
            note = {"internal": ", both ends local", "transit": ", no end local"}.get(scope, "")
            yield traffic_block(result, width, title + note, scope=scope)


def networks_block(result: SummaryResult, width: int) -> RenderableType:
    """Local networks by traffic, those without any too."""
    rows = []
    whole = _weight(result, result.total())
    for network in _by_weight(result, silent=True)[: result.options.top]:
        total = result.total("network", network)
        weight = _weight(result, total)
        cells = [
            Cell(network),
            Cell(_amount(result, weight), right=True),
            Cell(share(weight / whole if whole else 0), right=True),
        ]
        rows.append([*cells, Cell(result.options.local[network], NOTE)])
    directions = []
    for scope, title in DIRECTIONS:
        weight = _weight(result, result.total(scope))
        cells = [
            Cell(title),
            Cell(_amount(result, weight), right=True),
            Cell(share(weight / whole if whole else 0), right=True),
        ]
        directions.append(cells)
    return side_by_side([Listing("Directions", directions), Listing(f"Local networks by {result.unit}", rows)], width)


def intervals_block(result: SummaryResult, width: int) -> RenderableType:
    """One line per interval with traffic."""
    step = result.options.interval_us or 1
    scopes = [(scope, title) for scope, title in DIRECTIONS if result.options.local]
    days = sorted({moment(window, result.zone)[:10] for window in result.windows})
    # Directions leave no room for the date in a narrow terminal: of one day it is in the title, else without the year.
    since = 0 if width >= WIDE or not scopes else 11 if len(days) == 1 else 5
    rows = []
    for window in result.windows:
        total = result.total(window=window)
        if total is None:
            continue
        cells = [Cell(moment(window, result.zone)[since:19]), Cell(count(total["packets"]), right=True)]
        cells += [Cell(volume(total["bytes"]), right=True), Cell(rate(total["bytes"] * 8e6 / step), right=True)]
        if result.unit in {"connections", "flows"}:
            cells.append(Cell(count(total[result.unit]), right=True))
        for scope, _ in scopes:
            cells.append(Cell(_amount(result, _weight(result, result.total(scope, window=window))), right=True))
        rows.append(cells)
    names = ["Start", "Packets", "Bytes", "Rate"]
    names += [result.unit.capitalize()] if result.unit in {"connections", "flows"} else []
    names += [title for _, title in scopes]
    head = [Cell(name, NOTE, right=position > 0) for position, name in enumerate(names)]
    zone = moment(result.windows[0], result.zone)[19:] if result.windows else ""
    day = f" {days[0]}," if since == 11 else ""
    title = f"Intervals of {duration(step / 1e6)},{day}{zone or ' UTC'}"
    return Group(side_by_side([Listing(title, [head, *rows])], width), *_partial(result, step))


def _partial(result: SummaryResult, step: int) -> list[RenderableType]:
    """Says how much of the first and the last interval was seen, where it is not all."""
    ends = dict(zip(("first", "last"), (result.windows[:1], result.windows[-1:]), strict=True))
    if len(result.windows) == 1:
        ends = {"only": result.windows}
    seen = {name: _seen(result, windows[0], step) for name, windows in ends.items() if windows}
    parts = [f"{duration(part / 1e6)} of the {name} interval" for name, part in seen.items() if part < step]
    return [Text(f"Seen: {', '.join(parts)}; rates are over the whole interval", style=NOTE)] if parts else []


def _seen(result: SummaryResult, window: int, step: int) -> int:
    """How much of an interval lies between the first and the last traffic, microseconds; a hundredth may lack."""
    total = result.total()
    if total is None or total["start"] is None or total["end"] is None:
        return step
    seen = int(min(window + step, total["end"]) - max(window, total["start"]))
    return step if seen >= step * 0.99 else max(seen, 0)


def unknown_transport_block(result: SummaryResult, width: int) -> RenderableType:
    """Connections of transports that the log does not know, by pair."""
    return traffic_block(result, width, "Unknown transport", scope="unknown_transport")


def _heading(result: SummaryResult, title: str, total: Row | None, window: int | None = None) -> list[RenderableType]:
    head = Text(title, style=TITLE)
    if total is None:
        head.append("  no traffic", style=NOTE)
        return [head]
    seconds = _seconds(result, total, window)
    if window is None:
        head.append(f"  {span(total['start'], total['end'], result.zone)}", style=NOTE)
        if seconds:
            head.append(f" · {duration(seconds)}", style=NOTE)
    lines = [_volumes(result, total, seconds), _distinct(result, total)]
    return [head, *(Text(" · ".join(facts)) for facts in lines if facts)]


def _volumes(result: SummaryResult, total: Row, seconds: float | None) -> list[str]:
    facts = []
    if total["connections"] is not None:
        facts.append(many(total["connections"], "connection"))
    if total["packets"] or result.kind == "capture":
        error = f" ± {count(total['packets_error'])}" if total["packets_error"] is not None else ""
        facts.append(f"{exact(total['packets'])}{error} packets" if error else many(total["packets"], "packet"))
    error = f" ± {volume(total['bytes_error'])}" if total["bytes_error"] is not None else ""
    facts.append(f"{volume(total['bytes'])}{error}")
    # Zeek counts payload by sequence numbers.
    unseen = ", what was not captured included" if total["payload_bytes"] > total["bytes"] else ""
    facts.append(f"payload {volume(total['payload_bytes'])}{unseen}")
    facts.append(rate(total["bytes"] * 8 / seconds if seconds else None))
    if total["fragments"] is not None:
        facts.append(f"fragments {share(total['fragments'] / total['packets'] if total['packets'] else 0)}")
    return facts


def _distinct(result: SummaryResult, total: Row) -> list[str]:
    facts = [many(total["flows"], "flow")] if total["flows"] is not None else []
    if not result.options.save_memory:
        facts += [many(total[f"{name}s"], name) for name in ("host", "source", "destination", "pair", "port")]
    if result.options.scale != 1:
        facts.append(f"sampled {100 / result.options.scale:.3g}%")
    return facts


def _seconds(result: SummaryResult, total: Row, window: int | None) -> float | None:
    if window is not None and result.options.interval_us is not None:
        return result.options.interval_us / 1e6
    if total["start"] is None or total["end"] is None or total["end"] <= total["start"]:
        return None
    return float(total["end"] - total["start"]) / 1e6


def sizes(result: SummaryResult) -> list[Listing]:
    """Percentiles of packet and flow sizes, as one list with a head."""
    names = {
        "packet_bytes": ("packet", volume),
        "flow_bytes": ("flow", volume),
        "flow_packets": ("packets of a flow", count),
        "connection_bytes": ("connection", volume),
        "connection_packets": ("packets of a connection", count),
    }
    shown = (0, 25, 50, 75, 95, 99, 100)
    rows = [[Cell(""), *(Cell(_percentile(at), NOTE, right=True) for at in shown)]]
    for name, (title, form) in names.items():
        values = result.sizes.get(name)
        if values and values[100] > 0:
            rows.append([Cell(title), *(Cell(form(values[at]), right=True) for at in shown)])
    return [Listing("Sizes", rows)] if len(rows) > 1 else []


def _percentile(at: int) -> str:
    return {0: "min", 50: "median", 100: "max"}.get(at, f"{at}%")


def _over_time(result: SummaryResult, width: int) -> list[RenderableType]:
    points = result.timeline
    if not points:
        return []
    step = result.timeline_us
    start, end = points[0][0], points[-1][0] + step
    by_bytes = result.unit in {"bytes", "payload"}
    wanted = min(max(width - 28, 20), 160, max((end - start) // step, 1))
    if wanted < 2:
        return []
    amounts = [(at, size if by_bytes else packets) for at, packets, size in points]
    heights, label = [0.0], ""
    for _ in range(4):  # the label changes a little with the number of columns
        heights = columns(amounts, start, end, wanted)
        label = _peak(result, max(heights), (end - start) / wanted / 1e6)
        beyond = wanted + 2 + len(label) - width
        if beyond <= 0:
            break
        wanted = max(wanted - beyond, 1)
    return [Text.assemble((bars(heights), "cyan"), (f"  {label}", NOTE))]


def _peak(result: SummaryResult, highest: float, seconds: float) -> str:
    """What the highest column is: a rate over its time, or what was counted if that is too little for one."""
    unit = "connection" if result.kind == "connections" else "packet"
    if result.unit in {"bytes", "payload"}:
        return f"peak {rate(highest * 8 / seconds)} over {duration(seconds)}"
    if highest >= FEW and seconds <= highest:
        return f"peak {count(highest / seconds)} {unit}s/s over {duration(seconds)}"
    return f"peak {many(highest, unit, brief=True)} in {duration(seconds)}"


def _listings(
    result: SummaryResult, width: int, scope: str = "total", network: str | None = None, window: int | None = None
) -> list[Listing]:
    listings = []
    for name, title in BREAKDOWNS:
        rows = result.breakdown(name, scope, network, window)
        if rows:
            listings.append(Listing(title, [_cells(result, row, width) for row in rows]))
    return listings


def _cells(result: SummaryResult, row: Row, width: int) -> list[Cell]:
    cells = [Cell(_key(result, row))]
    if row["breakdown"] in {"port", "port_any"}:
        name = port_name(int(row["key"])) if row["key"].isdigit() else None
        cells.append(Cell(name or "", NOTE))
    if width >= WIDE:
        cells.append(Cell(_amount(result, _weight(result, row)), right=True))
    error = f" ±{row['share_error'] * 100:.1f}" if row["share_error"] is not None else ""
    cells.append(Cell(share(row["share"]) + error, right=True))
    if width >= VERY_WIDE:
        cells.append(Cell(_bar(row["share"], 10), "cyan"))
    return cells


def _key(result: SummaryResult, row: Row) -> str:
    if row["breakdown"] in {"source", "destination"} and row["key"] in result.names:
        return f"{row['key']} {result.names[row['key']]}"
    if row["breakdown"] == "pair":
        return f"{row['key']} ↔ {row['peer']}"
    return str(row["key"])


def _bar(value: float, width: int) -> str:
    eighths = round(min(max(value, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_BAR[rest - 1] if rest else "")).ljust(width)


def _weight(result: SummaryResult, row: Row | None) -> int:
    column = "payload_bytes" if result.unit == "payload" else result.unit
    return int(row[column] or 0) if row is not None else 0


def _amount(result: SummaryResult, value: float) -> str:
    return volume(value) if result.unit in {"bytes", "payload"} else count(value)


def _by_weight(result: SummaryResult, *, silent: bool = False) -> list[str]:
    totals = {network: result.total("network", network) for network in result.options.local}
    names = [network for network, total in totals.items() if total is not None or silent]
    return sorted(names, key=lambda network: (-_weight(result, totals[network]), network))


def _first_last(result: SummaryResult) -> RenderableType:
    total = result.total()
    if total is None or total["start"] is None:
        return Text("First –  Last –", style=NOTE)
    first, last = (f"{moment(total[name], result.zone, fraction=True)} ({total[name] / 1e6:.6f})" for name in _ENDS)
    return Text(f"First {first}\nLast  {last}", style=NOTE)
