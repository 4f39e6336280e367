"""views: one page with three views, an order in three steps.

`change_view` puts the next view in place of this one without a page load. `controller.d` keeps the order meanwhile.
"""

import os
import secrets

from flask import Blueprint

from pycommunicate import CommunicateApp, ControllerFactory, Event, View

app = CommunicateApp(web_port=int(os.environ.get("PORT", "8080")), host=os.environ.get("HOST", "127.0.0.1"))
app.set_secret_key(os.environ.get("SECRET_KEY") or secrets.token_hex())
app.flask.register_blueprint(Blueprint("shared", __name__, static_folder="../shared", static_url_path="/shared"))

NAME, DRINK, DONE = range(3)


class Step(View):
    """What the steps have in common: a template, and a Back button that leads to another step."""

    template = ""
    back = NAME

    def render(self) -> str:
        return self.controller.templater.render(self.template, order=self.controller.d)

    def load(self) -> None:
        self.html_wrapper.element("#back").add_event_listener("click", self.go_back)
        self.html_wrapper.element("h1").focus()

    def go_back(self) -> None:
        self.controller.change_view(self.back)


class NameView(Step):
    template = "name.html"

    def load(self) -> None:
        self.html_wrapper.element("#step").add_event_listener("submit", self.take)

    def take(self, event: Event) -> None:
        name = event.value["name"].strip()
        if name:
            self.controller.d["name"] = name
            self.controller.change_view(DRINK)
        else:
            self.html_wrapper.element("#problem").content = "Please tell us your name first."
            self.html_wrapper.element("#name").focus()


class DrinkView(Step):
    template = "drink.html"

    def load(self) -> None:
        super().load()
        self.html_wrapper.element("#step").add_event_listener("submit", self.take)

    def take(self, event: Event) -> None:
        self.controller.d["drink"] = event.value["drink"]
        self.controller.change_view(DONE)


class DoneView(Step):
    template = "done.html"
    back = DRINK


views = ControllerFactory().add_view(NameView).add_view(DrinkView).add_view(DoneView).set_default_view(NameView)
app.add_controller("/", views)

if __name__ == "__main__":
    app.run()
