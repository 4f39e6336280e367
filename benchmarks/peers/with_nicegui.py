"""NiceGUI: the same pages, as its documentation writes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable


@ui.page("/")
def idle() -> None:
    ui.label("Nothing happens here.")


class Todo:
    def __init__(self, count: int) -> None:
        self.last = -1
        self.texts: list[ui.label] = []
        self.changes = 0
        self.todo = ui.element("div").props("id=todo")
        self.next = ui.element("input").props("id=next")
        self.value = ""
        self.next.on("input", self.typed, js_handler="(event) => emit(event.target.value)")
        ui.button("Add", on_click=self.add).props("id=add")
        ui.button("Add quickly", on_click=self.add).props("id=quick")
        ui.button("Change", on_click=self.change).props("id=change")
        for index in range(count):
            self.show(f"- entry {index}")

    def typed(self, event: object) -> None:
        self.value = event.args

    def show(self, text: str) -> None:
        self.last += 1
        with self.todo, ui.element("div").props(f"id=todo{self.last}") as row:
            self.texts.append(ui.label(text).props(f"id=todoText{self.last}"))
            ui.button("Remove", on_click=self.make_handler(row)).props(f"id=todoButton{self.last}")

    def make_handler(self, row: ui.element) -> Callable[[], None]:
        return row.delete

    def add(self) -> None:
        self.show(f"- {self.value}")

    def change(self) -> None:
        self.changes += 1
        for index, label in enumerate(self.texts):
            label.text = f"change {self.changes} of {index}"


@ui.page("/rows/{count}")
def rows(count: int) -> None:
    Todo(count)


@ui.page("/change/{count}")
def change(count: int) -> None:
    Todo(count)


@ui.page("/count")
def count() -> None:
    clicks = 0

    def clicked() -> None:
        nonlocal clicks
        clicks += 1
        shown.text = str(clicks)

    ui.button("Click", on_click=clicked).props("id=click")
    shown = ui.label("0").props("id=shown")


ui.run(host="127.0.0.1", port=int(os.environ["PORT"]), reload=False, show=False, show_welcome_message=False)
