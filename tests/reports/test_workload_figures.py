"""The figures of a workload: what is drawn where, in the reader's colors."""

from __future__ import annotations

import struct
import sys
from math import log10
from xml.etree import ElementTree

import pytest

from wiretell.analyses.workload import Workload
from wiretell.analyses.workload_rates import PERCENTILES, Rate
from wiretell.errors import NotSupported
from wiretell.reports.workload_figures import as_png, figures

SVG = "{http://www.w3.org/2000/svg}"


def a_load(timeline: list[tuple[int, int, int]]) -> Workload:
    seconds = timeline[-1][0] - timeline[0][0] + 1 if timeline else 0

    def rate(at: int) -> Rate:
        values = [row[at] for row in timeline]
        half = sorted(values)[len(values) // 2] if values else 0
        middle = dict.fromkeys(PERCENTILES, float(half))
        return Rate(sum(values), seconds, sum(values) / max(seconds, 1), 0.0, max(values, default=0), middle)

    return Workload(rate(1), rate(2), tuple(timeline), ())


LOAD = a_load([(100, 10, 1000), (101, 40, 500), (104, 20, 8000)])
TYPES = [("http_header", 60, 9000), ("<odd & name>", 10, 490), ("dns_end", 0, 10)]


@pytest.mark.parametrize("load", [LOAD, a_load([]), a_load([(5, 1, 60)])], ids=["some", "none", "one"])
@pytest.mark.parametrize("standalone", [True, False])
def test_every_figure_is_well_formed_and_inside_its_frame(load: Workload, standalone: bool) -> None:
    for text in figures(load, TYPES if load.timeline else [], standalone=standalone).values():
        root = ElementTree.fromstring(text)
        width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
        for line in root.iter(f"{SVG}polyline"):
            for point in line.attrib["points"].split():
                x, y = (float(part) for part in point.split(","))
                assert 0 <= x <= width
                assert 0 <= y <= height


def test_in_a_page_colors_of_text_are_those_of_the_page() -> None:
    for text in figures(LOAD, TYPES).values():
        assert "<style" not in text
        assert {node.attrib["fill"] for node in ElementTree.fromstring(text).iter(f"{SVG}text")} == {"currentColor"}
    for text in figures(LOAD, TYPES, standalone=True).values():
        assert "prefers-color-scheme:dark" in text


def test_bars_are_as_long_as_the_logarithm_of_their_share() -> None:
    root = ElementTree.fromstring(figures(LOAD, TYPES)["events-types.svg"])
    bars = [float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect") if bar.attrib["height"] == "8"]
    of_events, of_bytes = bars[0::2], bars[1::2]
    full = of_events[0] / (1 + log10(60 / 70) / 3)
    assert of_events[1] == pytest.approx(full * (1 + log10(10 / 70) / 3), abs=0.2)
    assert of_bytes[1] == pytest.approx(full * (1 + log10(490 / 9500) / 3), abs=0.2)
    assert of_events[2] == 0.0
    assert "&lt;odd &amp; name&gt;" in figures(LOAD, TYPES)["events-types.svg"]


def test_a_peak_stays_where_seconds_are_more_than_points() -> None:
    load = a_load([(second, 5, 50) for second in range(10_000)] + [(10_000, 900, 50)])
    root = ElementTree.fromstring(figures(load, TYPES)["events-rate.svg"])
    points = next(root.iter(f"{SVG}polyline")).attrib["points"].split()
    heights = [float(point.split(",")[1]) for point in points]
    assert len(points) < 2000
    assert min(heights) == heights[-1] < heights[0] - 150


def test_png_has_the_size_of_the_drawing() -> None:
    pytest.importorskip("resvg_py")
    svg = figures(LOAD, TYPES, standalone=True)["events-ecdf.svg"]
    width, height = (float(part) for part in ElementTree.fromstring(svg).attrib["viewBox"].split()[2:])
    png = as_png(svg, zoom=2.0)
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == (2 * width, 2 * height)


def test_png_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(NotSupported) as caught:
        as_png("<svg/>")
    assert "wiretell[figures]" in str(caught.value.hint)
