"""errors: pages of your own for HTTP errors, and what happens when a handler raises.

Shows `add_error_handler`, `abort` in `before_connect`, `on_error`, and that a page outlives its handlers' mistakes.
"""

import os
import secrets

from flask import Blueprint

from pycommunicate import CallCTX, CommunicateApp, ControllerFactory, View

app = CommunicateApp(web_port=int(os.environ.get("PORT", "8080")), host=os.environ.get("HOST", "127.0.0.1"))
app.set_secret_key(os.environ.get("SECRET_KEY") or secrets.token_hex())
app.flask.register_blueprint(Blueprint("shared", __name__, static_folder="../shared", static_url_path="/shared"))


@app.on_error
def tell_somebody(error: BaseException, where: str) -> None:
    """Told of what handlers raise, after it was logged. A real program would send a message to whoever is on duty."""
    print(f"Please look after {where}: {error}", flush=True)


class HomeView(View):
    clicks = 0

    def render(self) -> str:
        return self.controller.templater.render("home.html")

    def load(self) -> None:
        self.status = self.html_wrapper.element("#status")
        self.html_wrapper.element("#raise").add_event_listener("click", self.fail)
        self.html_wrapper.element("#count").add_event_listener("click", self.count)

    def fail(self) -> None:
        self.status.content = "The handler raised. See the server’s log; the page goes on."
        raise RuntimeError("this handler always fails")

    def count(self) -> None:
        self.clicks += 1
        self.status.content = f"Still alive: {self.clicks}"


class BrokenView(View):
    def render(self) -> str:
        raise RuntimeError("this page can not be rendered")


class ErrorView(View):
    """One template for all error pages; a subclass has the code and the words."""

    code = 500
    words = "Something went wrong on the server"

    def render(self) -> str:
        return self.controller.templater.render("error.html", code=self.code, words=self.words)


class NotFoundView(ErrorView):
    code, words = 404, "There is no such page"


class ForbiddenView(ErrorView):
    code, words = 403, "This page is not for you"


def only_for_members(ctx: CallCTX) -> None:
    if "member" not in ctx.user.session:
        ctx.abort(403)


def page(view: type[View]) -> ControllerFactory:
    return ControllerFactory().add_view(view).set_default_view(view)


app.add_controller("/", page(HomeView))
app.add_controller("/broken", page(BrokenView))
app.add_controller("/members", page(HomeView).with_before_connect(only_for_members))
app.add_error_handler(403, page(ForbiddenView))
app.add_error_handler(404, page(NotFoundView))
app.add_error_handler(500, page(ErrorView))

if __name__ == "__main__":
    app.run()
