"""A list that everybody shares. Whoever has it open sees what others change."""

from pycommunicate import View

from todos import todos


class TodoView(View):
    def render(self):
        """Return the page's HTML. The rows come with `load()`."""
        return self.controller.templater.render("todo.html")

    def load(self):
        """The browser is connected: fill the list and listen."""
        self.rows = {}
        self.list = self.html_wrapper.element("#todos")
        self.input = self.html_wrapper.element("#next")
        self.left = self.html_wrapper.element("#left")
        self.clear = self.html_wrapper.element("#clear")
        self.html_wrapper.element("#new").add_event_listener("submit", self.add, reset=True)
        self.list.add_event_listener("change", self.tick, selector="input")
        self.list.add_event_listener("click", self.remove, selector="button")
        self.clear.add_event_listener("click", self.clear_done)
        self.show()
        self.subscribe("todos", self.show)
        self.show()  # what was changed while a long list was on its way

    # What people do. Each of these tells all open pages, this one included, to show the entries anew.

    def add(self, event):
        text = event.value["text"].strip()
        if text:
            todos.add(text[:200])
            self.publish("todos")

    def tick(self, event):
        todos.tick(event.data["key"], event.checked)
        self.publish("todos")

    def remove(self, event):
        todos.remove(event.data["key"])
        self.publish("todos")
        self.input.focus()

    def clear_done(self):
        todos.clear_done()
        self.publish("todos")
        self.input.focus()

    # What they see.

    def show(self):
        """Make the rows of this page agree with the entries."""
        for key in self.rows.keys() - todos.entries.keys():
            self.rows.pop(key).delete()
        for key, todo in list(todos.entries.items()):
            if key not in self.rows:
                self.rows[key] = Row(self.list, key, todo.text)
            self.rows[key].tick(todo.done)
        self.left.content = f"{todos.left} left" if todos.left else "All done" if todos.entries else "No entries"
        self.clear.attributes["hidden"] = todos.left == len(todos.entries)


class Row:
    """One entry on the page."""

    def __init__(self, parent, key, text):
        self.row = parent.add_child("li")
        label = self.row.add_child("label")
        self.box = label.add_child("input", attributes={"type": "checkbox", "data-key": key})
        label.add_child("span", content=text)
        words = {"type": "button", "class": "quiet", "data-key": key, "aria-label": f"Remove {text}"}
        self.row.add_child("button", content="Remove", attributes=words)
        self.done = False

    def tick(self, done):
        if done != self.done:
            self.done = done
            self.row.classes.toggle("done", done)
        self.box.checked = done

    def delete(self):
        self.row.delete()
