"""The page of a profile in headless Chromium: quiet, without requests, and everything that can be pressed works."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import CHROMIUM, Browser
from tests.pages import page_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

PROFILES = "document.querySelector('#profiles table')"
SHOWN = f"[...{PROFILES}.tBodies[0].rows].filter(row => !row.hidden)"
CUBE = "document.querySelector('.cube > svg')"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    (folder / "page.html").write_text(page_of(folder), encoding="utf-8")
    return folder / "page.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as started:
        yield started


@pytest.fixture
def shown(browser: Browser, path: Path) -> Browser:
    browser.show(path)
    return browser


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 768, 1280, 2200])
def test_it_is_quiet_asks_for_nothing_and_fits(browser: Browser, path: Path, width: int, dark: bool) -> None:
    browser.show(path, width, dark=dark)
    browser.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert browser.complaints == []
    assert browser.requests == [path.absolute().as_uri()]
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run(
        "[...document.querySelectorAll('main > section')].every(each => each.scrollWidth <= each.clientWidth)"
    )
    kept = os.environ.get("WIRETELL_PICTURES")
    if kept:
        (Path(kept) / f"page-{width}-{'dark' if dark else 'light'}.png").write_bytes(browser.picture())


@pytest.mark.parametrize("width", [360, 390, 500, 641, 768, 1280, 2200])
def test_a_long_value_fits_its_tile(browser: Browser, path: Path, width: int) -> None:
    browser.show(path, width)
    wide = "[...document.querySelectorAll('.tiles dd')].filter(each => each.scrollWidth > each.clientWidth)"
    assert browser.run(f"{wide}.map(each => each.textContent)") == []
    browser.run("document.querySelectorAll('.tiles dd').forEach(each => { each.textContent = '23 min 59 s'; })")
    assert browser.run(f"{wide}.length") == 0


def test_text_can_be_read_in_light_and_dark(browser: Browser, path: Path) -> None:
    luminance = """(color) => {
      const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b; }"""
    contrast = f"""(() => {{
      const luminance = {luminance};
      const behind = (node) => {{
        for (; node; node = node.parentElement) {{
          const color = getComputedStyle(node).backgroundColor;
          if (color !== 'rgba(0, 0, 0, 0)' && color !== 'transparent') return color;
        }}
        return 'rgb(255, 255, 255)'; }};
      const worst = [];
      for (const node of document.querySelectorAll('main *, header *, nav *')) {{
        const own = [...node.childNodes].some(each => each.nodeType === 3 && each.textContent.trim());
        if (!own || node.closest('svg') || !node.getClientRects().length) continue;
        const [a, b] = [luminance(getComputedStyle(node).color), luminance(behind(node))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) worst.push([node.className, node.textContent.slice(0, 30), ratio]);
      }}
      return worst.slice(0, 5); }})()"""
    for dark in (False, True):
        browser.show(path, dark=dark)
        assert browser.run(contrast) == []


def test_a_heading_sorts_and_sorts_back(shown: Browser) -> None:
    flows = f"{SHOWN}.map(row => Number(row.cells[5].dataset.v))"
    button = f"{PROFILES}.tHead.rows[0].cells[5].querySelector('button')"
    shown.run(f"{button}.click()")
    down = shown.run(flows)
    assert down == sorted(down, reverse=True)
    assert shown.run(f"{PROFILES}.tHead.rows[0].cells[5].getAttribute('aria-sort')") == "descending"
    shown.run(f"{button}.click()")
    up = shown.run(flows)
    assert up == sorted(up) != down
    shown.run(f"{PROFILES}.tHead.rows[0].cells[0].querySelector('button').focus()")
    shown.press(" ")
    assert shown.run(f"{PROFILES}.tHead.rows[0].cells[0].getAttribute('aria-sort')") == "ascending"


def test_the_filter_keeps_the_rows_that_have_all_words(shown: Browser) -> None:
    everything = shown.run(f"{PROFILES}.tBodies[0].rows.length")
    assert shown.run(f"{SHOWN}.length") == 15 < everything
    shown.run(
        """(() => { const box = document.querySelector('#profiles input');
        box.value = 'SCANS 5554'; box.dispatchEvent(new Event('input')); })()"""
    )
    rows = shown.run(f"{SHOWN}.map(row => row.textContent.toLowerCase())")
    assert rows
    assert all("scans" in row and "5554" in row for row in rows)
    assert f"of {everything} rows fit" in shown.run("document.querySelector('#profiles [role=status]').textContent")


def test_all_rows_can_be_shown(shown: Browser) -> None:
    shown.run("[...document.querySelectorAll('#profiles .listing > button')].at(-1).click()")
    assert shown.run(f"{SHOWN}.length") == shown.run(f"{PROFILES}.tBodies[0].rows.length")


def test_the_cube_turns_by_keys_and_by_the_mouse(shown: Browser) -> None:
    place = f"{CUBE}.querySelector('.pt').getAttribute('transform') + {CUBE}.querySelector('.axis').getAttribute('d')"
    settle = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    before = shown.run(place)
    shown.run(f"{CUBE}.scrollIntoView({{block: 'center', behavior: 'instant'}}); {CUBE}.focus()")
    shown.press("ArrowLeft")
    shown.run(settle)
    turned = shown.run(place)
    assert turned != before
    shown.press("Home")
    shown.run(settle)
    back = shown.run(f"{CUBE}.querySelector('.axis').getAttribute('d')")
    assert back in before
    x, y, width = shown.run(f"(() => {{ const b = {CUBE}.getBoundingClientRect(); return [b.x, b.y, b.width]; }})()")
    shown.drag((x + width / 2, y + 40), (x + width / 2 + 60, y + 60))
    shown.run(settle)
    assert shown.run(f"{CUBE}.querySelector('.axis').getAttribute('d')") != back
    assert shown.complaints == []


def test_the_script_draws_what_was_drawn_without_it(browser: Browser, path: Path) -> None:
    drawn = "[...document.querySelectorAll('.cube .pt, .cube text')].map(e => [e.dataset.p, e.getAttribute('transform'), e.getAttribute('x'), e.getAttribute('y')].join()).sort()"
    browser.show(path, script=False)
    still = browser.run(drawn)
    browser.show(path)
    browser.run(
        "document.querySelectorAll('.cube > svg').forEach(svg => { svg.dispatchEvent(new KeyboardEvent('keydown', {key: 'Home'})); })"
    )
    browser.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert browser.run(drawn) == still


def test_a_point_tells_its_cluster(shown: Browser) -> None:
    told = "document.querySelector('.cube .told').textContent"
    waiting = shown.run(told)
    shown.run(f"{CUBE}.scrollIntoView({{block: 'center', behavior: 'instant'}}); {CUBE}.focus()")
    shown.press("n")
    first = shown.run(told)
    assert first != waiting
    assert first.startswith("Class ")
    shown.press("n")
    assert shown.run(told) != first
    x, y, said = shown.run(
        f"""(() => {{ const all = [...{CUBE}.querySelectorAll('.pt')], top = all.at(-1), box = top.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2, top.getAttribute('aria-label')]; }})()"""
    )
    shown.point(x, y)
    assert shown.run(told) == said


def test_one_window_hides_the_points_of_the_others(shown: Browser) -> None:
    shown.run(
        """(() => { const choice = document.querySelector('#cube select');
        choice.value = '1'; choice.dispatchEvent(new Event('change')); })()"""
    )
    windows = "[...new Set([...document.querySelectorAll('.pt')].filter(e => getComputedStyle(e).display !== 'none').map(e => e.dataset.w))]"
    assert shown.run(windows) == ["1"]


def test_without_a_script_all_rows_and_figures_are_there(browser: Browser, path: Path) -> None:
    browser.show(path, script=False)
    assert browser.run(f"{PROFILES}.tBodies[0].querySelectorAll('tr:not([hidden])').length") > 15
    assert browser.run("document.querySelectorAll('button, input, select').length") == 0
    assert browser.run("document.querySelectorAll('.cube .pt title').length") > 20
    browser.run("document.querySelector('.finding:not([open]) summary').click()")
    assert browser.complaints == []


def test_it_prints_all_rows(shown: Browser) -> None:
    shown.call("Emulation.setEmulatedMedia", media="print")
    hidden = f"[...{PROFILES}.tBodies[0].rows].filter(row => getComputedStyle(row).display === 'none').length"
    assert shown.run(hidden) == 0
    assert shown.run("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert len(shown.call("Page.printToPDF")["data"]) > 10_000
    shown.call("Emulation.setEmulatedMedia", media="")
