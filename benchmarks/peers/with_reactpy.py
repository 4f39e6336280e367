"""ReactPy on Tornado: the same pages, as its documentation writes them."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from reactpy import component, hooks, html
from reactpy.backend.hooks import use_location
from reactpy.backend.tornado import configure
from tornado.web import Application

if TYPE_CHECKING:
    from collections.abc import Callable


@component
def page() -> Any:
    kind, _, count = use_location().pathname.strip("/").partition("/")
    if kind in {"rows", "change"}:
        return todo(int(count))
    if kind == "count":
        return clicks()
    return html.p("Nothing happens here.")


@component
def todo(count: int) -> Any:
    rows, set_rows = hooks.use_state({index: f"- entry {index}" for index in range(count)})
    last, set_last = hooks.use_state(count - 1)
    changes, set_changes = hooks.use_state(0)
    typed = hooks.use_ref("")

    def note(event: Any) -> None:
        typed.current = event["target"]["value"]

    def add(_event: Any) -> None:
        set_rows(lambda rows: {**rows, last + 1: f"- {typed.current}"})
        set_last(last + 1)

    def change(_event: Any) -> None:
        set_rows(lambda rows: {index: f"change {changes + 1} of {index}" for index in rows})
        set_changes(changes + 1)

    def make_handler(index: int) -> Callable[[Any], None]:
        return lambda _event: set_rows(lambda rows: {one: text for one, text in rows.items() if one != index})

    return html.div(
        html.div(
            {"id": "todo"},
            [
                html.div(
                    {"id": f"todo{index}", "key": index},
                    html.p({"id": f"todoText{index}"}, text),
                    html.button({"id": f"todoButton{index}", "on_click": make_handler(index)}, "Remove"),
                )
                for index, text in rows.items()
            ],
        ),
        html.input({"id": "next", "type": "text", "on_change": note}),
        html.button({"id": "add", "on_click": add}, "Add"),
        html.button({"id": "quick", "on_click": add}, "Add quickly"),
        html.button({"id": "change", "on_click": change}, "Change"),
    )


@component
def clicks() -> Any:
    count, set_count = hooks.use_state(0)
    return html.div(
        html.button({"id": "click", "on_click": lambda _event: set_count(lambda count: count + 1)}, "Click"),
        html.p({"id": "shown"}, str(count)),
    )


async def main() -> None:
    app = Application()
    configure(app, page)
    app.listen(int(os.environ["PORT"]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
