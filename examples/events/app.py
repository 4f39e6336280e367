"""events: what a handler is told about an event, and timers.

Shows an event's data, keys, one listener for many buttons, a listener that fires once, and a clock that stops.
"""

import os
import secrets
from datetime import datetime

from flask import Blueprint

from pycommunicate import CommunicateApp, ControllerFactory, Event, View

app = CommunicateApp(web_port=int(os.environ.get("PORT", "8080")), host=os.environ.get("HOST", "127.0.0.1"))
app.set_secret_key(os.environ.get("SECRET_KEY") or secrets.token_hex())
app.flask.register_blueprint(Blueprint("shared", __name__, static_folder="../shared", static_url_path="/shared"))

STEPS = {"ArrowLeft": (-5, 0), "ArrowRight": (5, 0), "ArrowUp": (0, -5), "ArrowDown": (0, 5)}


class EventsView(View):
    def render(self) -> str:
        return self.controller.templater.render("events.html")

    def load(self) -> None:
        element = self.html_wrapper.element
        self.clock, self.toggle = element("#clock"), element("#toggle")
        self.dot, self.said = element("#dot"), element("#said")
        self.position = [50, 50]
        self.timer = self.add_timer(1, self.tick)
        self.tick()
        self.toggle.add_event_listener("click", self.stop_or_start)
        element("#field").add_event_listener("keydown", self.move, keys=list(STEPS), prevent_default=True)
        element("#colours").add_event_listener("click", self.paint, selector="button")
        element("#name").add_event_listener("input", self.echo)
        element("#once").add_event_listener("click", self.greet, once=True)

    def tick(self) -> None:
        self.clock.content = f"{datetime.now():%H:%M:%S}"

    def stop_or_start(self) -> None:
        if self.timer is None:
            self.timer = self.add_timer(1, self.tick)
            self.tick()
        else:
            self.cancel_timer(self.timer)
            self.timer = None
        self.toggle.content = "Stop the clock" if self.timer else "Start the clock"

    def move(self, event: Event) -> None:
        for axis, step in enumerate(STEPS[event.key]):
            self.position[axis] = min(95, max(5, self.position[axis] + step))
        self.dot.style["left"], self.dot.style["top"] = (f"{percent}%" for percent in self.position)
        self.said.content = f"{event.key}, with {' and '.join(sorted(event.modifiers)) or 'no other key'}"

    def paint(self, event: Event) -> None:
        self.dot.style["background"] = event.data["colour"]
        self.said.content = f"{event.type} on the button whose data-colour is {event.data['colour']}"

    def echo(self, event: Event) -> None:
        self.said.content = f"Hello, {event.value or 'whoever you are'}"

    def greet(self, event: Event) -> None:
        event.target.content = "That was it"
        event.target.disabled = True
        self.said.content = "This listener is gone now"


app.add_controller("/", ControllerFactory().add_view(EventsView).set_default_view(EventsView))

if __name__ == "__main__":
    app.run()
