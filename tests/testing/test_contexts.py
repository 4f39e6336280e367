"""Handlers are in Flask's contexts; what no handler looks at is not made for it."""

from __future__ import annotations

from typing import Any

from flask import Request, current_app, g, request, url_for


def test_a_handler_that_does_not_look_at_the_request_does_not_pay_for_it(add, app, browser) -> None:
    made: list[str] = []
    seen: list[Any] = []
    torn: list[Any] = []

    class Counted(Request):
        def __init__(self, environ: Any, *arguments: Any, **named: Any) -> None:
            made.append(environ["PATH_INFO"])
            super().__init__(environ, *arguments, **named)

    def load(view) -> None:
        def plain() -> None:
            g.user = "Ada"
            seen.append((current_app.name == app.flask.name, g.user))

        def looking() -> None:
            seen.append(
                (request.path, request.endpoint, request.view_args, hasattr(g, "user"), url_for("row", number=4))
            )

        view.html_wrapper.element("#plain").add_event_listener("click", plain)
        view.html_wrapper.element("#looking").add_event_listener("click", looking)

    app.flask.request_class = Counted
    app.flask.teardown_appcontext(torn.append)
    add("/rows/<int:number>", "<button id=plain>Plain</button><button id=looking>Looking</button>", load)
    app.flask.add_url_rule("/row/<int:number>", "row", str)
    page = browser.open("/rows/3")
    made.clear()
    torn.clear()
    for _ in range(5):
        page.click("#plain")
    assert seen == [(True, "Ada")] * 5
    assert made == []
    assert torn == [None] * 5
    page.click("#looking")
    path, endpoint, arguments, leaked, url = seen[-1]
    assert (path, arguments, leaked, url) == ("/rows/3", {"number": 3}, False, "/row/4")
    assert endpoint
    assert made == ["/rows/3"]
