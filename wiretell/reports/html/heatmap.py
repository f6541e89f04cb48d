"""Behavior classes by window: how many clusters each class has, as a table that is shaded by the numbers it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from wiretell.analyses.behavior.dimensions import DIMENSIONS
from wiretell.reports.html.cube import NAMES, class_in_words
from wiretell.reports.html.markup import text
from wiretell.reports.numbers import clock, in_zone

COLUMNS: Final = 24
"""Columns of time; of more windows several share one."""

ROWS: Final = 16
"""Classes of a dimension, the largest first."""

_LEVELS: Final = 5
_TITLES: Final = {dimension: f"Classes of {name}" for dimension, name in NAMES.items()}
_NARROW: Final = 6


def heatmaps(clusters: Sequence[dict[str, Any]], windows: Sequence[datetime], zone: tzinfo = UTC) -> str:
    """A map for each dimension that has clusters."""
    step = max(-(-len(windows) // COLUMNS), 1)
    places = {window: position // step for position, window in enumerate(windows)}
    starts = [in_zone(window, zone) for window in windows[::step]]
    parts = []
    for dimension in DIMENSIONS:
        mine = [row for row in clusters if row["dimension"] == dimension]
        if mine:
            counts = Counter((int(row["behavior_class"]), places[row["window"]]) for row in mine)
            parts.append(_map(dimension, counts, starts, step, len(windows)))
    kind = "maps narrow" if len(starts) <= _NARROW else "maps"
    return f'<div class="{kind}">{"".join(parts)}</div>'


def _map(dimension: str, counts: Counter[tuple[int, int]], starts: Sequence[datetime], step: int, windows: int) -> str:
    totals: Counter[int] = Counter()
    for (number, _), count in counts.items():
        totals[number] += count
    highest = max(counts.values()) / step
    single = len(starts) == 1
    head = "".join(
        f'<th scope="col" title="{start:%Y-%m-%d} {clock(start)} {start:%Z}"><span>{clock(start)}</span></th>'
        for start in starts
    )
    head += "" if single else '<th scope="col" class="sum">all</th>'
    rows = []
    for number, total in totals.most_common(ROWS):
        cells = []
        for column in range(len(starts)):
            mean = counts[number, column] / min(step, windows - column * step)
            level = 0 if not mean else 1 + min(int(mean / highest * _LEVELS), _LEVELS - 1)
            shown = f"{mean:.0f}" if mean >= 10 or mean == int(mean) else f"{mean:.1f}"
            cells.append(f'<td class="h{level}">{shown if mean else "·"}</td>')
        if not single:
            cells.append(f'<td class="sum">{total:,}</td>')
        words = class_in_words(dimension, number)
        rows.append(
            f'<tr><th scope="row" title="{text(words)}"><b>{number}</b> <small>{text(words)}</small></th>'
            f"{''.join(cells)}</tr>"
        )
    hidden = len(totals) - ROWS
    note = f"{hidden} rarer classes are left out. " if hidden > 0 else ""
    note += f"A column is the mean of {step} windows." if step > 1 else ""
    below = f'<p class="note">{note}</p>' if note else ""
    return (
        f'<div class="map"><h3>{_TITLES[dimension]}</h3><div class="scroll" role="region" tabindex="0" '
        f'aria-label="{_TITLES[dimension]} by window"><table class="heat"><thead><tr><th scope="col">Class</th>{head}'
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>{below}</div>"
    )
