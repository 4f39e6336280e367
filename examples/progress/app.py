"""progress: a long job with a progress bar, and a Cancel button that works while it runs.

The job is an ordinary loop in a handler. While it sleeps, other handlers of the same page run, Cancel's among them.
`gevent.sleep` lets them; `time.sleep` would hold up the whole server unless the standard library is patched.
"""

import os
import secrets

import gevent
from flask import Blueprint

from pycommunicate import CommunicateApp, ControllerFactory, View

app = CommunicateApp(web_port=int(os.environ.get("PORT", "8080")), host=os.environ.get("HOST", "127.0.0.1"))
app.set_secret_key(os.environ.get("SECRET_KEY") or secrets.token_hex())
app.flask.register_blueprint(Blueprint("shared", __name__, static_folder="../shared", static_url_path="/shared"))

SECONDS = float(os.environ.get("JOB_SECONDS", "8"))


class ProgressView(View):
    cancelled = False

    def render(self) -> str:
        return self.controller.templater.render("progress.html")

    def load(self) -> None:
        self.start = self.html_wrapper.element("#start")
        self.cancel = self.html_wrapper.element("#cancel")
        self.bar = self.html_wrapper.element("#bar")
        self.status = self.html_wrapper.element("#status")
        self.start.add_event_listener("click", self.work, while_running="drop")
        self.cancel.add_event_listener("click", self.stop)

    def work(self) -> None:
        self.cancelled = False
        self.start.disabled, self.cancel.disabled = True, False
        self.cancel.focus()
        self.status.content = "Working…"
        for percent in range(1, 101):
            gevent.sleep(SECONDS / 100)
            if self.cancelled:
                self.status.content = f"Cancelled at {percent - 1} %."
                break
            self.bar.set_property("value", percent)
        else:
            self.status.content = "Done."
        self.start.disabled, self.cancel.disabled = False, True
        self.start.focus()

    def stop(self) -> None:
        self.cancelled = True

    def teardown(self) -> None:
        self.cancelled = True  # nobody is there to see the rest


app.add_controller("/", ControllerFactory().add_view(ProgressView).set_default_view(ProgressView))

if __name__ == "__main__":
    app.run()
