"""A room in which everybody sees what everybody says."""

from pycommunicate import View

from room import room


class ChatView(View):
    def render(self):
        """Return the page's HTML. The messages come with `load()`."""
        return self.controller.templater.render("chat.html", name=self.name)

    def load(self):
        """The browser is connected: show what was said, and listen."""
        self.visitor = self.controller.user.id_
        self.latest = {"number": 0, "author": None}
        self.log = self.html_wrapper.element("#log")
        self.people = self.html_wrapper.element("#people")
        self.html_wrapper.element("#name").add_event_listener("change", self.rename)
        self.html_wrapper.element("#say").add_event_listener("submit", self.say, reset=True)
        self.subscribe("messages", self.show)
        self.subscribe("people", self.count)
        for message in list(room.recent):
            self.show(message)
        room.enter(self.visitor)
        self.publish("people")

    def teardown(self):
        """The page is gone."""
        room.leave(self.visitor)
        self.publish("people")

    @property
    def name(self):
        return self.controller.user.session.get("name", "")

    # What people do.

    def rename(self, event):
        self.controller.user.session["name"] = event.value.strip()[:40]

    def say(self, event):
        text = event.value["text"].strip()[:1000]
        if text:
            self.publish("messages", room.say(self.visitor, self.name or "Somebody", text))

    # What they see.

    def show(self, message):
        if message["number"] <= self.latest["number"]:
            return  # seen before
        mine = message["author"] == self.visitor
        same = message["author"] == self.latest["author"] and message["name"] == self.latest["name"]
        line = self.log.add_child("li", attributes={"class": "mine" if mine else "theirs"})
        if not same:
            head = line.add_child("p", attributes={"class": "who"})
            head.add_child("b", content="You" if mine else message["name"])
            clock = {"datetime": message["time"], "title": message["time"].replace("T", " ")}
            head.add_child("time", content=message["time"][11:16], attributes=clock)
        line.add_child("p", content=message["text"], attributes={"class": "text"})
        line.scroll_into_view()
        self.latest = message

    def count(self):
        number = len(room.here)
        self.people.content = "Only you are here" if number == 1 else f"{number} people are here"
