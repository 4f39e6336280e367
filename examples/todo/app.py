"""todo: a list that all visitors share, kept in a file and up to date in every open page.

Shows `load()`, a form, one listener for all Remove buttons, and a topic through which a page tells the others.
"""

import json
import os
import secrets
from pathlib import Path

from flask import Blueprint

from pycommunicate import CommunicateApp, ControllerFactory, ElementWrapper, Event, View

app = CommunicateApp(web_port=int(os.environ.get("PORT", "8080")), host=os.environ.get("HOST", "127.0.0.1"))
app.set_secret_key(os.environ.get("SECRET_KEY") or secrets.token_hex())
app.flask.register_blueprint(Blueprint("shared", __name__, static_folder="../shared", static_url_path="/shared"))


class TodoFile:
    """The entries, by a name of their own, in a JSON file that is replaced whole at every change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def add(self, text: str) -> None:
        self.entries[secrets.token_hex(4)] = text
        self.save()

    def remove(self, key: str) -> None:
        self.entries.pop(key, None)
        self.save()

    def save(self) -> None:
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(self.entries, indent=1), "ascii")
        draft.replace(self.path)


todos = TodoFile(Path(os.environ.get("TODO_FILE") or Path(__file__).with_name("todo.json")))


class TodoView(View):
    def render(self) -> str:
        return self.controller.templater.render("todo.html")

    def load(self) -> None:
        self.rows: dict[str, ElementWrapper] = {}
        self.form = self.html_wrapper.element("#new")
        self.input = self.html_wrapper.element("#next")
        self.list = self.html_wrapper.element("#todos")
        self.count = self.html_wrapper.element("#count")
        self.form.add_event_listener("submit", self.add, reset=True)
        self.list.add_event_listener("click", self.remove, selector="button")
        self.show()
        self.subscribe("todos", self.show)
        self.show()  # what has changed while a long list was on its way

    def add(self, event: Event) -> None:
        text = event.value["text"].strip()
        if text:
            todos.add(text)
            app.topic("todos").publish("added")

    def remove(self, event: Event) -> None:
        todos.remove(event.data["key"])
        app.topic("todos").publish("removed")
        self.input.focus()

    def show(self, _change: str = "") -> None:
        """Make the rows of this page agree with the entries."""
        for key in self.rows.keys() - todos.entries.keys():
            self.rows.pop(key).delete()
        for key, text in list(todos.entries.items()):
            if key not in self.rows:
                row = self.rows[key] = self.list.add_child("li")
                row.add_child("span", content=text)
                label = {"class": "quiet", "type": "button", "data-key": key, "aria-label": f"Remove {text}"}
                row.add_child("button", content="Remove", attributes=label)
        number = len(todos.entries)
        self.count.content = f"{number} {'entry' if number == 1 else 'entries'}"


app.add_controller("/", ControllerFactory().add_view(TodoView).set_default_view(TodoView))

if __name__ == "__main__":
    app.run()
