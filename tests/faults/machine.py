"""The application that the state machine drives, and the model of it: what a page must show after any sequence of steps, whatever became of its connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

FIRST: Final = """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>First</title><link rel="icon" href="data:,">{{ add_includes() }}</head>
    <body><h1>First</h1><p id="state">loading</p><p id="count">0</p><button id="add">add</button><button id="drop">drop</button><button id="ask">ask</button>
    <p id="asked"></p><input id="field"><textarea id="area"></textarea><input type="checkbox" id="box"><p id="heard"></p>
    <div id="rows"></div><button id="other">other</button></body></html>
"""
SECOND: Final = """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>Second</title><link rel="icon" href="data:,">{{ add_includes() }}</head>
    <body><h1>Second</h1><p id="state">loading</p><p id="count">0</p><button id="add">add</button><input id="field"><div id="rows"></div><button id="other">other</button></body></html>
"""
VIEWS: Final = """
class First(View):
    def render(self):
        return self.controller.templater.render("first.html")

    def load(self):
        element = self.html_wrapper.element
        self.made, self.rows = 0, []
        self.count, self.asked, self.heard = element("#count"), element("#asked"), element("#heard")
        self.area, self.place = element("#area"), element("#rows")
        element("#add").add_event_listener("click", self.add)
        element("#drop").add_event_listener("click", self.drop)
        element("#ask").add_event_listener("click", self.ask, while_running="queue")
        element("#other").add_event_listener("click", lambda: self.controller.change_view(1))
        element("#field").add_event_listener("change", self.change)
        element("#state").content = "ready"

    def add(self):
        self.made += 1
        self.count.content = str(self.made)
        row = self.place.add_child("p")
        row.content = f"row {self.made}"
        self.rows.append(row)

    def drop(self):
        if self.rows:
            self.rows.pop(0).delete()

    def ask(self):
        self.asked.content = self.area.value

    def change(self, event):
        self.heard.content = event.value

class Second(View):
    def render(self):
        return self.controller.templater.render("second.html")

    def load(self):
        element = self.html_wrapper.element
        self.made, self.count, self.place = 0, element("#count"), element("#rows")
        element("#add").add_event_listener("click", self.add)
        element("#other").add_event_listener("click", lambda: self.controller.change_view(0))
        element("#state").content = "ready"

    def add(self):
        self.made += 1
        self.count.content = str(self.made)
        self.place.add_child("p").content = f"second {self.made}"
"""
NOT_SHOWN: Final = "not in this view"


@dataclass
class Model:
    """What one page shows. Each method is what a person does or what happens to it."""

    view: int = 0
    count: int = 0
    rows: list[str] = field(default_factory=list)
    asked: str = ""
    heard: str = ""
    field: str = ""
    area: str = ""
    box: bool = False

    def add(self) -> None:
        self.count += 1
        self.rows.append(f"{'second' if self.view else 'row'} {self.count}")

    def drop(self) -> None:
        del self.rows[:1]

    def ask(self) -> None:
        self.asked = self.area

    def other(self) -> None:
        """Another view: everything is new."""
        self.__init__(view=1 - self.view)  # type: ignore[misc]

    def reload(self) -> None:
        """Loaded again: the first view, as rendered."""
        self.__init__()  # type: ignore[misc]

    def mounted_anew(self) -> None:
        """What only the server's objects knew is gone; what was typed stays, and so does the view."""
        self.__init__(view=self.view, field=self.field, area=self.area, box=self.box)  # type: ignore[misc]

    def type(self, text: str) -> None:
        self.field = text
        if not self.view:
            self.heard = text

    def shown(self) -> dict[str, object]:
        """What the document must be."""
        first = not self.view
        return {
            "h1": "First" if first else "Second",
            "state": "ready",
            "count": str(self.count),
            "rows": self.rows,
            "asked": self.asked if first else NOT_SHOWN,
            "heard": self.heard if first else NOT_SHOWN,
            "field": self.field,
            "area": self.area if first else NOT_SHOWN,
            "box": self.box if first else NOT_SHOWN,
        }
