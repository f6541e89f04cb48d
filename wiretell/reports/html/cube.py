"""The cube of relative uncertainties (Xu et al., DSN 2007, figure 1): a point per cluster, its class by color and shape.

The picture is drawn here as SVG and stands without a script; the script only turns it, from the coordinates in `data-p`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, tzinfo
from math import cos, radians, sin, sqrt
from typing import Any, Final

from wiretell.analyses.behavior.classes import labels_of
from wiretell.analyses.behavior.dimensions import DIMENSIONS, FREE, is_port
from wiretell.reports.html.markup import text
from wiretell.reports.numbers import many, window_start

Row = dict[str, Any]
POINTS: Final = 250
"""Clusters of a dimension that are drawn, the largest first."""

NAMES: Final = {
    "src_ip": "sources",
    "dst_ip": "destinations",
    "src_port": "source ports",
    "dst_port": "destination ports",
}
SHAPES: Final = (
    "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
    "M-4.4-4.4h8.8v8.8h-8.8z",
    "M0-5.8 5.4 4H-5.4z",
    "M0-6 5 0 0 6-5 0z",
    "M0 5.8 5.4-4H-5.4z",
    "M-1.8-5.4h3.6v3.6h3.6v3.6h-3.6v3.6h-3.6v-3.6h-3.6v-3.6h3.6z",
    "M0-6 1.8-1.9 6-1.6 2.8 1.4 3.8 5.6 0 3.3-3.8 5.6-2.8 1.4-6-1.6-1.8-1.9z",
    "M-5.4-2.4 0-5.8 5.4-2.4 3.4 4.6H-3.4z",
)
OTHER: Final = len(SHAPES)
"""The kind of a point whose class is not among the most frequent ones."""

_WIDTH, _HEIGHT, _SCALE = 520, 470, 270
_YAW, _PITCH = 32.0, 20.0
_MARGIN = 80
_AMOUNTS: Final = ("few", "some", "many")


def symbols() -> str:
    """The shapes of points, once for the whole page."""
    shapes = [*SHAPES, "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z"]
    paths = "".join(f'<path id="s{number}" d="{shape}"/>' for number, shape in enumerate(shapes))
    return f'<svg width="0" height="0" class="defs" aria-hidden="true"><defs>{paths}</defs></svg>'


def class_in_words(dimension: str, behavior_class: int) -> str:
    """A behavior class as amounts: how many different values each free dimension takes."""
    labels = labels_of(behavior_class)
    return ", ".join(f"{_AMOUNTS[label]} {NAMES[free]}" for free, label in zip(FREE[dimension], labels, strict=True))


def cubes(clusters: Sequence[Row], sentences: dict[tuple[Any, str, str], str], zone: tzinfo = UTC) -> str:
    """A cube for each dimension that has clusters.

    Args:
        clusters: Rows of `clusters`.
        sentences: What a cluster does, by window, dimension and key.
        zone: The time zone of windows in text.
    """
    windows = sorted({row["window"] for row in clusters})
    names = {window: f" ({window_start(window, zone, named=True)})" if len(windows) > 1 else "" for window in windows}
    parts = []
    for dimension in DIMENSIONS:
        mine = sorted((row for row in clusters if row["dimension"] == dimension), key=lambda row: -row["flows"])
        if mine:
            parts.append(_cube(dimension, mine[:POINTS], len(mine), sentences, names))
    return f'<div class="cubes">{"".join(parts)}</div>'


def _cube(
    dimension: str, rows: Sequence[Row], found: int, sentences: dict[tuple[Any, str, str], str], names: dict[Any, str]
) -> str:
    counts = Counter(int(row["behavior_class"]) for row in rows)
    kinds = {number: min(place, OTHER) for place, (number, _) in enumerate(counts.most_common())}
    largest, places = max(row["flows"] for row in rows), {window: place for place, window in enumerate(names)}
    points = []
    for row in rows:
        place = tuple(round(float(row[f"ru_{free}"]), 3) for free in FREE[dimension])
        x, y, depth = project(place)
        number = int(row["behavior_class"])
        said = sentences.get((row["window"], dimension, row["key"])) or f"{row['key']}: {many(row['flows'], 'flow')}"
        size = 0.7 + 1.3 * sqrt(row["flows"] / largest)
        points.append(
            (
                depth,
                f'<use href="#s{kinds[number]}" class="pt k{kinds[number]}" data-p="{_short(place)}" data-r="{size:.2f}" '
                f'data-w="{places[row["window"]]}" transform="translate({x:.1f} {y:.1f}) scale({size:.2f})">'
                f"<title>Class {number}: {text(said)}{text(names[row['window']])}</title></use>",
            )
        )
    points.sort(key=lambda point: -point[0])
    title = {"src_ip": "Sending hosts", "dst_ip": "Receiving hosts"} | {
        "src_port": "Source ports", "dst_port": "Destination ports"
    }  # fmt: skip
    axes = ", ".join(NAMES[free] for free in FREE[dimension])
    left = (
        f'<p class="note">The {len(rows):,} largest of {found:,} clusters are drawn.</p>' if found > len(rows) else ""
    )
    return (
        f'<figure class="cube"><figcaption><h3>{title[dimension]}</h3> {many(found, "cluster")}</figcaption>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Cube of {title[dimension].lower()}: how varied '
        f'{axes} are. The legend and the table of profiles tell the same.">'
        f'<g class="frame">{_frame(dimension)}</g><g class="points">{"".join(point for _, point in points)}</g></svg>'
        f'<p class="told" aria-live="polite">Hover or tap a point to see who it is.</p>{_legend(dimension, counts, kinds)}'
        f"{left}</figure>"
    )


def project(place: Sequence[float], yaw: float = _YAW, pitch: float = _PITCH) -> tuple[float, float, float]:
    """A place in the cube (0 to 1 each) on the picture: x, y and depth; the third axis points up."""
    x, y, z = (value - 0.5 for value in place)
    turned_x = x * cos(radians(yaw)) - y * sin(radians(yaw))
    turned_y = x * sin(radians(yaw)) + y * cos(radians(yaw))
    up = z * cos(radians(pitch)) + turned_y * sin(radians(pitch))
    depth = turned_y * cos(radians(pitch)) - z * sin(radians(pitch))
    return _WIDTH / 2 + _SCALE * turned_x, _HEIGHT / 2 - _SCALE * up, depth


def _frame(dimension: str) -> str:
    corners = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    edges = [(a, b) for a in corners for b in corners if sum(p != q for p, q in zip(a, b, strict=True)) == 1 and a < b]
    parts = [_line(a, b, "edge") for a, b in edges]
    for axis, free in enumerate(FREE[dimension]):
        epsilon = 0.2 if is_port(free) else 0.3
        for mark in (epsilon, 1 - epsilon):
            for other in range(3):
                if other == axis:
                    continue
                rest = 3 - axis - other
                a, b = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
                a[axis] = b[axis] = mark
                b[other] = 1.0
                a[rest] = b[rest] = 1.0 if rest == 1 else 0.0
                parts.append(_line(a, b, "grid"))
    # The third axis stands at the left edge, where its name covers nothing.
    axes = (
        ((0, 0, 0), (1, 0, 0), (1.0, -0.06, -0.1)),
        ((0, 0, 0), (0, 1, 0), (-0.06, 1.0, -0.1)),
        ((0, 1, 0), (0, 1, 1), (0.0, 1.0, 1.16)),
    )
    for free, (begin, end, at) in zip(FREE[dimension], axes, strict=True):
        parts += [_line(begin, end, "axis"), _label(at, "many", "tick"), _label(at, NAMES[free], below=18)]
    parts.append(_label((-0.08, -0.08, -0.04), "few", "tick"))
    return "".join(parts)


def _line(a: Sequence[float], b: Sequence[float], kind: str) -> str:
    (ax, ay, _), (bx, by, _) = project(a), project(b)
    return f'<path class="{kind}" data-p="{_short(a)};{_short(b)}" d="M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}"/>'


def _label(at: Sequence[float], name: str, kind: str = "name", *, below: int = 0) -> str:
    x, y, _ = project(at)
    x = min(max(x, _MARGIN), _WIDTH - _MARGIN)
    shift = f' data-dy="{below}"' if below else ""
    return f'<text class="{kind}" data-p="{_short(at)}"{shift} x="{x:.1f}" y="{y + below:.1f}">{text(name)}</text>'


def _short(place: Sequence[float]) -> str:
    return ",".join(f"{value:.3f}".rstrip("0").rstrip(".") for value in place)


def _legend(dimension: str, counts: Counter[int], kinds: dict[int, int]) -> str:
    items = [
        f'<li><svg viewBox="-7 -7 14 14" aria-hidden="true"><use href="#s{kinds[number]}" class="k{kinds[number]}"/></svg>'
        f"<span><b>Class {number}</b>, {many(count, 'cluster')}: {class_in_words(dimension, number)}</span></li>"
        for number, count in counts.most_common(OTHER)
    ]
    rest = sum(count for number, count in counts.items() if kinds[number] == OTHER)
    if rest:
        items.append(
            f'<li><svg viewBox="-7 -7 14 14" aria-hidden="true"><use href="#s{OTHER}" class="k{OTHER}"/></svg>'
            f"<span>{many(rest, 'cluster')} of other classes</span></li>"
        )
    return f'<ul class="legend">{"".join(items)}</ul>'
