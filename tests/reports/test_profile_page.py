"""The page of a profile as text: whole, self-contained, small, safe against hostile content, complete without a script."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.pages import page_of, profile_of
from wiretell.analyses.behavior.dimensions import DIMENSIONS
from wiretell.reports.behavior_stories import stories
from wiretell.reports.html import page
from wiretell.reports.html.cube import POINTS, project
from wiretell.reports.html.markup import text
from wiretell.reports.html.sections import PROFILES
from wiretell.reports.html.timeline import timeline
from wiretell.reports.profile_result import ProfileResult

VOID = {"meta", "link", "br", "img", "input", "hr"}
HOSTILE = "</script><script>alert(1)</script>\u202e\"'><img src=x onerror=alert(2)>"


class Outline(HTMLParser):
    """Elements as they open and close: every one must close in order."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.opened: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def found(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ProfileResult:
    return profile_of(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def outline(result: ProfileResult) -> Outline:
    return Outline(page(result, "trace.pcap"))


def test_every_element_is_closed_in_order(outline: Outline) -> None:
    assert outline.opened == []


def test_nothing_is_fetched(outline: Outline) -> None:
    for _, attributes in outline.tags:
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
    policy = next(meta["content"] for meta in outline.found("meta") if meta.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_links_and_names_fit_together(outline: Outline) -> None:
    names = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(names) == len(set(names))
    links = {str(link["href"])[1:] for link in outline.found("a")} | {
        str(use["href"])[1:] for use in outline.found("use")
    }
    assert links <= set(names)
    wanted = {"findings", "traffic", "cube", "classes", "profiles", "connections", "events", "capture"}
    assert wanted <= links


def test_tables_and_figures_stand_without_a_script(result: ProfileResult, outline: Outline) -> None:
    points = [use for use in outline.found("use") if "pt" in str(use.get("class"))]
    shown = result.clusters.group_by("dimension").len()["len"].clip(upper_bound=POINTS).sum()
    assert len(points) == shown
    assert len(outline.found("figure")) == 1 + result.clusters["dimension"].n_unique()
    said = " ".join(outline.words)
    assert result.behavior is not None
    for row in result.behavior.profiles[:20]:
        assert row["key"] in said


def test_the_heat_map_counts_the_clusters(result: ProfileResult) -> None:
    source = page(result, "x")
    maps = re.findall(r'<table class="heat">.*?</table>', source)
    counted = dict(zip((name for name in DIMENSIONS if name in result.clusters["dimension"]), maps, strict=True))
    for dimension, found in counted.items():
        cells = [int(value) for value in re.findall(r'<td class="h[1-5]">(\d+)</td>', found)]
        assert sum(cells) == result.clusters.filter(pl.col("dimension") == dimension).height


def test_hostile_names_stay_text(result: ProfileResult) -> None:
    assert result.behavior is not None
    rows: list[dict[str, Any]] = [
        {**row, "key": HOSTILE, "sentence": HOSTILE, "evidence": f'{{"{HOSTILE[:9]}": "<b>"}}'}
        for row in result.behavior.profiles
    ]
    findings = [{**row, "key": HOSTILE, "sentence": HOSTILE} for row in result.behavior.findings]
    clusters = result.clusters.with_columns(key=pl.lit(HOSTILE))
    evil = replace(
        result,
        behavior=replace(result.behavior, profiles=rows, findings=findings),
        clusters=clusters,
        summary=replace(result.summary, names={row["key"]: HOSTILE for row in result.summary.rows}),
        beside=[(HOSTILE, HOSTILE, 1)],
        missing=[HOSTILE],
    )
    source = page(evil, HOSTILE)
    found = Outline(source)
    assert found.opened == []
    assert len(found.found("script")) == 1
    assert not found.found("img")
    assert "\u202e" not in source
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)


def test_text_hides_and_turns_nothing() -> None:
    assert text("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#x27;"
    assert text("evil\u202ecod.exe\x07") == "evil\ufffdcod.exe\ufffd"


def test_a_page_of_very_many_rows_stays_small_and_says_so(result: ProfileResult) -> None:
    assert result.behavior is not None
    rows = [
        {**row, "key": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"}
        for number, row in enumerate((result.behavior.profiles * 2000)[:20_000])
    ]
    clusters = pl.concat([result.clusters] * 100).with_row_index("number").with_columns(key=pl.col("number").cast(str))
    huge = replace(result, behavior=replace(result.behavior, profiles=rows), clusters=clusters.drop("number"))
    source = page(huge, "x")
    assert len(source.encode()) < 1_000_000
    assert f"{20_000 - PROFILES:,} more are left out" in source
    assert re.search(rf"The {POINTS} largest of [\d,]+ clusters are drawn", source)


def test_the_cube_keeps_its_shape_when_it_turns() -> None:
    corners = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
    for yaw, pitch in ((0.0, 0.0), (32.0, 20.0), (200.0, -45.0)):
        origin, *ends = [project(corner, yaw, pitch) for corner in corners]
        # Orthographic: the squared lengths of the three edges on the picture add up to twice that of an edge.
        squares = sum((x - origin[0]) ** 2 + (y - origin[1]) ** 2 for x, y, _ in ends)
        assert squares == pytest.approx(2 * 270**2)


def test_the_page_of_a_log_leaves_out_what_it_cannot_give(tmp_path: Path) -> None:
    source = page_of(tmp_path, log=True)
    found = Outline(source)
    names = {attributes.get("id") for attributes in found.found("section")}
    assert "events" not in names
    assert {"findings", "connections", "cube"} <= names
    assert "those need the capture" in source


def test_a_window_is_as_severe_on_the_timeline_as_the_findings_that_it_is_part_of(result: ProfileResult) -> None:
    assert result.behavior is not None
    told = stories(result.behavior)
    later = [window for story in told if story.severity == 3 for window in story.windows]
    assert max(len(story.windows) for story in told if story.severity == 3) > 1
    drawn = timeline(result.summary, result.behavior, result.window_seconds)
    for window in later:
        assert f'title="{window:%H:%M} UTC: act"' in drawn
