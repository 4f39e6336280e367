"""hello: the smallest program, a page that counts how often you came.

The template leaves out `add_includes()`, so this is a plain web page: nothing connects and `load()` is never called.
`user.session` is a dict of this visitor's own, kept on the server.
"""

import os
import secrets

from flask import Blueprint

from pycommunicate import CommunicateApp, ControllerFactory, View

app = CommunicateApp(web_port=int(os.environ.get("PORT", "8080")), host=os.environ.get("HOST", "127.0.0.1"))
app.set_secret_key(os.environ.get("SECRET_KEY") or secrets.token_hex())
app.flask.register_blueprint(Blueprint("shared", __name__, static_folder="../shared", static_url_path="/shared"))


class HelloView(View):
    def render(self) -> str:
        session = self.controller.user.session
        session["visits"] = session.get("visits", 0) + 1
        return self.controller.templater.render("hello.html", visits=session["visits"])


app.add_controller("/", ControllerFactory().add_view(HelloView).set_default_view(HelloView))

if __name__ == "__main__":
    app.run()
