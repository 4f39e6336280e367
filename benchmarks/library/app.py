"""The floor's application on pycommunicate, through the documented API only, in the tutorial's own style."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pycommunicate.server.app.communicate import CommunicateApp
from pycommunicate.server.bases.controller import ControllerFactory
from pycommunicate.server.bases.views import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycommunicate.proxies.dom.element import ElementWrapper

app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1")


def read_entries(count: int) -> dict[int, str]:
    """The entries, as they come from a database."""
    return {index: f"- entry {index}" for index in range(count)}


def add_row(
    todo_div: ElementWrapper, index: int, text: str, remove: Callable[[], None] | None = None
) -> ElementWrapper:
    """Add a row; return the element with its text."""
    todo_page_div = todo_div.add_child("div")
    todo_page_div.id = f"todo{index}"
    text_p = todo_page_div.add_child("p")
    text_p.id = f"todoText{index}"
    text_p.content = text
    button = todo_page_div.add_child("button")
    button.id = f"todo{index}"
    if remove is not None:
        button.add_event_listener("click", remove)
    button.content = "Remove"
    return text_p


class IdleView(View):
    def render(self) -> str:
        return self.controller.templater.render("page.html", kind="idle")


class TodoView(View):
    """The tutorial's view; the entries lie in memory."""

    def render(self) -> str:
        return self.controller.templater.render("page.html", kind="rows")

    def make_handler(self, index: int) -> Callable[[], None]:
        def handler() -> None:
            todo_div = self.html_wrapper.element(f"#todo{index}")
            todo_div.delete()

        return handler

    def add_handler(self) -> None:
        text = "- " + self.html_wrapper.element("#next").get_property("value")
        self.html_wrapper.element("#next").set_property("value", "")
        self.last += 1
        index = self.last
        add_row(self.html_wrapper.element("#todo"), index, text, self.make_handler(index))

    def quick_handler(self) -> None:
        """The same with the elements that `load()` looked up."""
        text = "- " + self.next.get_property("value")
        self.next.set_property("value", "")
        self.last += 1
        index = self.last
        add_row(self.todo_div, index, text, self.make_handler(index))

    def load(self) -> None:
        count = self.controller.route_data["count"]
        self.last = count - 1
        todo_div = self.html_wrapper.element("#todo")

        loading_message = self.html_wrapper.element("#loadingBar")
        loading_message.delete()

        for index, text in read_entries(count).items():
            add_row(todo_div, index, text, self.make_handler(index))

        add_button = self.html_wrapper.element("#add")
        add_button.add_event_listener("click", self.add_handler)

        self.todo_div = todo_div
        self.next = self.html_wrapper.element("#next")
        self.html_wrapper.element("#quick").add_event_listener("click", self.quick_handler)


class PreloadedView(TodoView):
    """The same; `load()` runs ahead of the socket."""

    preload = True


class ChangeView(View):
    """Rows whose texts all change."""

    def render(self) -> str:
        return self.controller.templater.render("page.html", kind="rows")

    def load(self) -> None:
        self.changes = 0
        self.texts = []
        todo_div = self.html_wrapper.element("#todo")
        self.html_wrapper.element("#loadingBar").delete()
        for index, text in read_entries(self.controller.route_data["count"]).items():
            self.texts.append(add_row(todo_div, index, text))
        self.html_wrapper.element("#change").add_event_listener("click", self.change)

    def change(self) -> None:
        self.changes += 1
        for index, text_p in enumerate(self.texts):
            text_p.content = f"change {self.changes} of {index}"


class CountView(View):
    """Every click is counted and shown."""

    def render(self) -> str:
        return self.controller.templater.render("page.html", kind="count")

    def load(self) -> None:
        self.clicks = 0
        self.shown = self.html_wrapper.element("#shown")
        self.html_wrapper.element("#click").add_event_listener("click", self.clicked)

    def clicked(self) -> None:
        self.clicks += 1
        self.shown.content = str(self.clicks)


for route, view in {
    "/": IdleView,
    "/rows/<int:count>": TodoView,
    "/preload/<int:count>": PreloadedView,
    "/change/<int:count>": ChangeView,
    "/count": CountView,
}.items():
    app.add_controller(route, ControllerFactory().add_view(view).set_default_view(view))

app.set_secret_key("benchmarks on loopback only")

if __name__ == "__main__":
    app.run()
