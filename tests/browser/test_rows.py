"""Rows that recur are copied and come into the document together: they are the same rows as if each operation had been carried out by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.bench import Bench

    Make = Callable[..., Bench]

BUILD = """
def build(rows, beside):
    for index in range(12):
        {}
        if beside:  # what is written between the rows keeps them apart
            beside.prop("title", str(index))
build(element("#one"), None)
build(element("#two"), element("#place"))
"""
WATCH = """() => {
    window.heard = {one: 0, two: 0};
    for (const id of ["one", "two"])
        new MutationObserver((records) => { heard[id] += records.length }).observe(document.getElementById(id), {childList: true, subtree: true});
}"""
STATE = """(id) => {
    const all = [...document.querySelectorAll(`#${id}, #${id} *`)];
    const names = ["value", "checked", "disabled", "type", "name", "href", "hidden", "tabIndex", "selectedIndex", "defaultValue"];
    return [document.getElementById(id).innerHTML, all.map((element) => names.map((name) => String(element[name])))];
}"""

ROWS = {
    "texts and listeners": (
        "ul",
        """
        row = rows.add_child("li")
        row.id = f"row{index}"
        row.content = f"<b> & {index}"
        button = row.prop("className", "row").add_child("button")
        button.content = "Remove"
        """,
    ),
    "checkboxes": (
        "ul",
        """
        row = rows.add_child("li", attributes={"data-index": str(index), "class": "row"})
        box = row.add_child("input", attributes={"type": "checkbox", "name": "done"})
        box.prop("value", f"v{index}")
        row.add_child("label", content=f"entry {index}", attributes={"for": f"box{index}"})
        """,
    ),
    "fields": (
        "form",
        """
        field = rows.add_child("input")
        field.prop("value", f"not a number {index}")
        field.prop("type", "number")
        field.prop("placeholder", "none")
        area = rows.add_child("textarea")
        area.content = f"line {index}"
        area.prop("value", "typed")
        """,
    ),
    "options": (
        "select",
        """
        option = rows.add_child("option", content=f"option {index}")
        option.prop("value", str(index))
        """,
    ),
    "cells": (
        "table",
        """
        row = rows.add_child("tr")
        for column in range(3):
            cell = row.add_child("td", content=f"{index}.{column}")
            cell.style["textAlign"] = "right"
        cell.classes.add("last", f"row{index}")
        """,
    ),
    "drawings": (
        "svg",
        """
        group = rows.add_child("g")
        group.attributes["transform"] = f"translate({index} 0)"
        group.add_child("circle", attributes={"r": "5"}).prop("title", "not of SVG")
        group.add_child("foreignObject").add_child("p", content=f"{index}\\nof 12")
        """,
    ),
    "links": (
        "nav",
        """
        link = rows.add_child("a", content=f"page {index}")
        link.prop("href", f"/page/{index}")
        link.prop("lang", "en")
        rows.add_child("br")
        """,
    ),
}


@pytest.mark.parametrize("title", ROWS)
def test_rows_are_what_was_written(bench_on: Make, title: str) -> None:
    tag, lines = ROWS[title]
    bench = bench_on(f'<{tag} id="one"></{tag}><{tag} id="two"></{tag}>')
    bench.js(WATCH)
    bench.run(BUILD.format(lines.strip()))
    assert bench.js(STATE, "one") == bench.js(STATE, "two")
    assert bench.js("() => heard.one") == 1
    assert bench.js("() => heard.two") > 12


def test_handles_and_listeners_of_rows(bench_on: Make) -> None:
    bench = bench_on('<ul id="one"></ul>')
    bench.run(
        """
        kept["rows"] = []
        def handler_of(index):
            return lambda event: note([index, event.id])
        for index in range(12):
            row = element("#one").add_child("li")
            button = row.add_child("button", id=f"b{index}")
            button.add_event_listener("click", handler_of(index))
            kept["rows"].append((row, button))
        """
    )
    for index in (0, 11, 5):
        bench.page.click(f"#b{index}")
    reaches(lambda: bench.notes, [[0, "b0"], [11, "b11"], [5, "b5"]])
    assert bench.run(
        "row, button = kept['rows'][7]\nbutton.content = 'seven'\nresult = [row.content, button.prop('id')]"
    ) == ["seven", "b7"]
    bench.run("kept['rows'][3][0].delete()")
    assert bench.js("() => document.querySelectorAll('#one li').length") == 11
    assert bench.js("() => document.getElementById('b3')") is None


def test_one_that_fails(bench_on: Make) -> None:
    bench = bench_on('<ul id="one"></ul>')
    bench.run(
        """
        for index in range(12):
            row = element("#one").add_child("li")
            row.add_event_listener("click", lambda: None, selector="b:not(" if index == 5 else "b")
            row.content = str(index)
        """
    )
    assert bench.js("() => [...document.querySelectorAll('#one li')].map((row) => row.textContent)") == [
        str(index) for index in range(12)
    ]
