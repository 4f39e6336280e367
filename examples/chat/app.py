"""chat: what one browser says appears in all others.

A topic carries each message to every page that subscribed to it. Text is set as text: markup in a message is shown, never run.
"""

import os
import secrets
from collections import deque

from flask import Blueprint

from pycommunicate import CommunicateApp, ControllerFactory, Event, View

app = CommunicateApp(web_port=int(os.environ.get("PORT", "8080")), host=os.environ.get("HOST", "127.0.0.1"))
app.set_secret_key(os.environ.get("SECRET_KEY") or secrets.token_hex())
app.flask.register_blueprint(Blueprint("shared", __name__, static_folder="../shared", static_url_path="/shared"))

recent: deque[dict[str, str]] = deque(maxlen=100)


class ChatView(View):
    def render(self) -> str:
        name = self.controller.user.session.get("name", "")
        return self.controller.templater.render("chat.html", name=name)

    def load(self) -> None:
        self.log = self.html_wrapper.element("#log")
        self.html_wrapper.element("#name").add_event_listener("change", self.rename)
        self.html_wrapper.element("#say").add_event_listener("submit", self.say, reset=True)
        self.subscribe("chat", self.show)
        for message in list(recent):
            self.show(message)

    def rename(self, event: Event) -> None:
        self.controller.user.session["name"] = event.value.strip()

    def say(self, event: Event) -> None:
        user, text = self.controller.user, event.value["text"].strip()
        if text:
            message = {"name": user.session.get("name") or "Somebody", "text": text, "author": user.id_}
            recent.append(message)
            app.topic("chat").publish(message)

    def show(self, message: dict[str, str]) -> None:
        line = self.log.add_child("p")
        if message["author"] == self.controller.user.id_:
            line.classes.add("mine")
        line.add_child("b", content=message["name"])
        line.add_child("span", content=message["text"])
        line.scroll_into_view()


app.add_controller("/", ControllerFactory().add_view(ChatView).set_default_view(ChatView))

if __name__ == "__main__":
    app.run()
