"""The page as people see it: on a screen, on a phone, on paper, with a keyboard.

After every test: nothing was complained of on the console, and nothing was fetched from anywhere else (`open_page`).
A failure means that an official cannot read the month, or reads it by colour only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests_slow.browser.conftest import DESKTOP, PHONE

Open = Callable[..., Page]
PATHS = ("", "?basis=month", "units/so_y_te", "units/luc_ngan", "deliveries", "alerts", "publications", "?lang=en")
WIDTHS = (DESKTOP, PHONE)
A4_LANDSCAPE = round((297 - 2 * 12) / 25.4 * 96)
"""Width between the margins, in CSS pixels."""

# The colours that text has and stands on, as drawn: the nearest background that is not transparent.
CONTRASTS = """
    () => {
        const channels = colour => colour.match(/[\\d.]+/g).map(Number);
        const luminance = ([r, g, b]) => {
            const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * x + 0.7152 * y + 0.0722 * z;
        };
        const background = element => {
            for (let at = element; at; at = at.parentElement) {
                const [r, g, b, alpha = 1] = channels(getComputedStyle(at).backgroundColor);
                if (alpha === 1) return [r, g, b];
            }
            return [255, 255, 255];
        };
        const worst = new Map();
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const element = walker.currentNode.parentElement;
            const box = element.getBoundingClientRect();
            if (!walker.currentNode.data.trim() || box.width <= 1 || element.closest('style, .skip')) continue;
            const style = getComputedStyle(element);
            const ink = element.closest('svg') ? style.fill : style.color;
            const [a, b] = [luminance(channels(ink)), luminance(background(element))].sort((x, y) => y - x);
            const name = element.tagName + '.' + (element.getAttribute('class') || '');
            worst.set(name, Math.min(worst.get(name) ?? 99, (a + 0.05) / (b + 0.05)));
        }
        return Object.fromEntries(worst);
    }
"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PATHS)
def test_nothing_runs_over_the_side(open_page: Open, path: str, width: int) -> None:
    page = open_page(path, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    reaching_over = page.evaluate(
        """width => [...document.querySelectorAll('main *, header *, footer *')]
            .filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest('.scroller'))
            .map(e => e.outerHTML.slice(0, 80))""",
        width,
    )
    assert reaching_over == []


def test_on_a_phone_the_table_keeps_unit_counts_rate_and_result_in_sight(open_page: Open) -> None:
    page = open_page("", PHONE)
    row = page.locator("table.compliance tbody tr", has_text="Sở Y tế")
    assert row.inner_text().split() == ["Sở", "Y", "tế", "7", "/", "1.661", "0,4", "Chưa", "đạt", "15"]
    for cell in row.locator("td:visible, th:visible").all():
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE
    for text in page.locator("main").locator("p:visible, td:visible, th:visible, span.tile-help").all()[:80]:
        assert float(text.evaluate("e => getComputedStyle(e).fontSize").removesuffix("px")) >= 12


def test_on_a_screen_the_table_has_all_columns_and_all_units(open_page: Open) -> None:
    page = open_page()
    tables = page.locator("table.compliance")
    assert [tables.nth(group).locator("tbody tr").count() for group in (0, 1)] == [24, 10]
    for cell in tables.nth(0).locator("thead th").all():
        assert cell.is_visible()
    scrolled = "[...document.querySelectorAll('.scroller')].map(e => e.scrollWidth - e.clientWidth)"
    assert max(page.evaluate(scrolled)) <= 0
    assert page.locator("table.heat tbody tr:not(.group)").count() == 34


def test_the_figures_are_those_of_the_dispatch(open_page: Open) -> None:
    page = open_page()
    assert page.locator(".lead-rate").inner_text() == "20,7\N{NO-BREAK SPACE}%"
    assert page.locator(".tile-count").all_inner_texts() == ["4", "11", "18", "1"]
    row = page.locator("table.compliance tbody tr", has_text="Sở Thông tin và Truyền thông")
    assert "29,6" in row.inner_text()


def test_the_keyboard_reaches_the_content_first_and_then_everything(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    assert skip.evaluate("e => e === document.activeElement")
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0, "the link to the content must show when it is reached"
    page.keyboard.press("Enter")
    page.wait_for_url("**/#content")  # Chromium moves to it when it has time
    page.keyboard.press("Tab")
    inside = "document.querySelector('main').contains(document.activeElement)"
    assert page.evaluate(inside)
    for _ in range(12):
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
        page.keyboard.press("Tab")
    assert page.evaluate(inside)


def test_links_lead_from_the_month_to_a_unit_to_another_month_and_to_english(open_page: Open) -> None:
    page = open_page()
    page.locator("table.compliance").get_by_role("link", name="Sở Tư pháp").click()
    assert page.locator("h1").inner_text() == "Sở Tư pháp"
    page.locator("nav.periods").get_by_role("link", name="Tháng 3 năm 2019").click()
    assert page.locator("h1").inner_text() == "Sở Tư pháp"
    assert "tháng 3/2019" in page.locator(".sub").first.inner_text()
    page.get_by_role("link", name="English").click()
    assert page.locator("h1").inner_text() == "Department of Justice"
    page.get_by_role("link", name="All units").click()
    assert page.locator("h1").inner_text() == "March 2019"
    page.get_by_role("link", name="March only").click()
    assert page.locator("h1").inner_text() == "March 2019"
    page.get_by_role("link", name="Tiếng Việt").click()
    assert page.locator("h1").inner_text() == "Tháng 3 năm 2019"
    assert page.get_by_role("link", name="Riêng tháng 3").get_attribute("aria-current") == "true"


def test_every_link_leads_somewhere(open_page: Open) -> None:
    for path in ("", "units/luc_ngan", "publications"):
        page = open_page(path)
        for address in {link.evaluate("a => a.href.split('#')[0]") for link in page.locator("a").all()}:
            assert page.request.get(address).status == 200, address


def test_the_file_is_downloaded(open_page: Open) -> None:
    page = open_page()
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải bảng số liệu (CSV)").click()
    assert download.value.suggested_filename == "compliance-ytd-2019-04-revision-1.csv"
    content = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert len(content.splitlines()) == 35


@pytest.mark.parametrize("path", PATHS)
def test_a_screen_reader_finds_its_way(open_page: Open, path: str) -> None:
    page = open_page(path)
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == page.locator("body > header").count() == 1
    assert page.locator("nav:not([aria-label])").count() == 0
    assert page.locator("thead th:not([scope]), tbody th:not([scope]), tfoot th:not([scope])").count() == 0
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("section:not([aria-label]):not([aria-labelledby])").count() == 0
    assert page.locator("svg:not([aria-hidden='true']):not([role='img'][aria-label])").count() == 0
    identifiers = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(identifiers) == len(set(identifiers))
    labels = page.evaluate(
        "[...document.querySelectorAll('[aria-labelledby]')].map(e => e.ariaLabelledByElements?.length)"
    )
    assert all(labels)
    levels = [
        int(name[1]) for name in page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(e => e.tagName)")
    ]
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("path", PATHS)
def test_text_stands_out_from_what_it_stands_on(open_page: Open, path: str) -> None:
    contrasts = open_page(path).evaluate(CONTRASTS)
    assert len(contrasts) > 5
    assert {name: round(ratio, 2) for name, ratio in contrasts.items() if ratio < 4.5} == {}


def test_no_result_is_told_by_colour_alone(open_page: Open) -> None:
    page = open_page()
    words = {"met": "Đạt", "not_met": "Chưa đạt", "zero_online": "Chưa phát sinh", "no_data": "Chưa có số liệu"}
    for status in page.locator("table .status").all():
        kind = (set((status.get_attribute("class") or "").split()) & set(words)).pop()
        assert status.inner_text() == words[kind]
    assert all(cell.strip() for cell in page.locator("table.heat td").all_inner_texts())
    assert all(tile.strip() for tile in page.locator(".tile-name").all_inner_texts())
    assert all(word.strip() for word in page.locator(".legend li").all_inner_texts())


def test_the_words_are_drawn_in_fonts_that_have_vietnamese(open_page: Open) -> None:
    page = open_page()
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    for selector in ("h1", "table.compliance tbody tr:nth-child(6) th", ".authority"):
        node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert len(fonts) == 1, f"{selector} is patched together from {[font['familyName'] for font in fonts]}"


def test_on_paper_the_table_is_complete_and_nothing_is_there_to_click(open_page: Open) -> None:
    page = open_page("", A4_LANDSCAPE)
    page.emulate_media(media="print")
    cells = page.locator("table.compliance").locator("th, td")
    assert cells.count() > 34 * 14
    widths = cells.evaluate_all(
        "cells => cells.map(c => [c.getBoundingClientRect().right, c.scrollWidth - c.clientWidth])"
    )
    assert max(right for right, _ in widths) <= A4_LANDSCAPE
    assert max(hidden for _, hidden in widths) <= 1
    assert all(cells.evaluate_all("cells => cells.map(c => c.checkVisibility())"))
    for clickable in ("nav.pages", "nav.periods", ".choices", ".skip"):
        assert page.locator(clickable).is_hidden(), clickable
    for kept in ("h1", ".lead-rate", ".provenance", ".data-label", "table.heat", "table.ranking"):
        assert page.locator(kept).first.is_visible(), kept


@pytest.mark.parametrize(("path", "sheets"), [("", 4), ("units/luc_ngan", 2), ("publications", 1)])
def test_it_prints_on_few_sheets(open_page: Open, tmp_path: Path, path: str, sheets: int) -> None:
    paper = tmp_path / f"{path.partition('/')[0] or 'month'}.pdf"
    open_page(path).pdf(path=paper, prefer_css_page_size=True)
    content = paper.read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) <= sheets


def test_pictures_for_the_documentation(open_page: Open, screenshots: Path) -> None:
    for name, path, width, height in (
        ("page", "", DESKTOP, 1400),
        ("unit", "units/so_giao_thong_van_tai", DESKTOP, 900),
        ("phone", "", PHONE, 1000),
    ):
        picture = screenshots / f"{name}.png"
        page = open_page(path, width)
        page.screenshot(path=picture, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
        assert 20_000 < picture.stat().st_size < 400_000
