"""redirects: sending the browser elsewhere, before the page is shown and from a handler.

Also shows a route with a variable part: `/stop/<int:number>` is read from `controller.route_data`.
"""

import os
import random
import secrets

from flask import Blueprint

from pycommunicate import CommunicateApp, ControllerFactory, View

app = CommunicateApp(web_port=int(os.environ.get("PORT", "8080")), host=os.environ.get("HOST", "127.0.0.1"))
app.set_secret_key(os.environ.get("SECRET_KEY") or secrets.token_hex())
app.flask.register_blueprint(Blueprint("shared", __name__, static_folder="../shared", static_url_path="/shared"))

STOPS = ["Harbour", "Old market", "Botanical garden", "Observatory", "Terminus"]


class StartView(View):
    """Shows nothing: render() answers with an HTTP redirect."""

    def render(self) -> str:
        self.controller.redirect("/stop/1")
        return ""


class StopView(View):
    def render(self) -> str:
        self.number: int = self.controller.route_data["number"]
        if not 1 <= self.number <= len(STOPS):
            self.controller.redirect("/stop/1")
            return ""
        name = STOPS[self.number - 1]
        return self.controller.templater.render("stop.html", number=self.number, name=name, stops=STOPS)

    def load(self) -> None:
        self.html_wrapper.element("#next").add_event_listener("click", self.next_stop)
        self.html_wrapper.element("#random").add_event_listener("click", self.random_stop)

    def next_stop(self) -> None:
        self.controller.redirect(f"/stop/{self.number % len(STOPS) + 1}")

    def random_stop(self) -> None:
        others = [number for number in range(1, len(STOPS) + 1) if number != self.number]
        self.controller.redirect(f"/stop/{random.choice(others)}")


app.add_controller("/", ControllerFactory().add_view(StartView).set_default_view(StartView))
app.add_controller("/stop/<int:number>", ControllerFactory().add_view(StopView).set_default_view(StopView))

if __name__ == "__main__":
    app.run()
