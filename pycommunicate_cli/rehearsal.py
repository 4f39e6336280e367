"""What a standby does before it is needed: import the framework and let it work once, so that what it loads late is there."""

import gc
from importlib import import_module
from typing import Final

from pycommunicate_cli.ports import is_loopback
from pycommunicate_cli.serving import import_framework

_ALSO: Final = (
    "gevent.pool",
    "gevent.queue",
    "pycommunicate.reload.fault",
    "pycommunicate.reload.loader",
    "pycommunicate.server.app.reloading",
    "pycommunicate_cli.attending",
    "pycommunicate_cli.output",
    "pycommunicate_cli.patience",
    "pycommunicate_cli.project",
)


def rehearse() -> None:
    """Import and use the framework; nothing of any project."""
    import_framework()
    for module in _ALSO:
        import_module(module)
    _serve_once()
    is_loopback("localhost")  # gevent makes its thread for names
    gc.collect()
    gc.freeze()  # what is here now stays, so that looking for garbage never looks at it


def _serve_once() -> None:
    from pycommunicate import CommunicateApp, ControllerFactory, View  # noqa: PLC0415 - they load the framework
    from pycommunicate.server.app.script import client_script, debug_script  # noqa: PLC0415

    class Rehearsal(View):
        def render(self) -> str:
            return self.controller.templater.render_string("<html>{{ add_includes() }}{{ url_for('r') }}</html>")

    app = CommunicateApp()
    app.set_secret_key("of a rehearsal")
    app.add_controller("/", ControllerFactory().add_view(Rehearsal).set_default_view(Rehearsal), name="r")
    with app.flask.test_client() as client:
        client.get("/")
    app.route_problems()
    app.pages.end_all("the rehearsal is over")
    for script in (client_script, debug_script):
        script.path  # noqa: B018 - reads it
