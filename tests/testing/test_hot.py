"""What pages and server say to each other while hot reload is on, without a browser."""

from __future__ import annotations

import logging

import pytest

LOST = {"title": "t", "kind": "NameError", "message": "m", "file": None, "line": None, "code": [], "frames": []}


def test_a_stale_page_says_that_it_is_visible(add, app, new_browser, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(app, "page_visible", lambda page: asked.append(page.path))
    app.hot = True
    add("/a", "<p>a</p>")
    add("/b", "<p>b</p>")
    browser = new_browser()
    pages = [browser.open("/a"), browser.open("/b")]
    for page in app.pages:
        page.debug("stale", 1)
    assert [page.text("p") for page in pages] == [["a"], ["b"]]
    assert sorted(asked) == ["/a", "/b"]


def test_a_simulated_browser_ignores_the_rest(add, app, browser) -> None:
    app.hot = True
    add("/", "<p>a</p>")
    page = browser.open()
    (served,) = app.pages
    for what, data in (("fault", LOST), ("fixed", None), ("restarting", None), ("files", ["/static/a.css?v=1"])):
        served.debug(what, data)
    assert page.text("p") == ["a"]
    assert page.connected
    assert page.errors == []


def test_a_page_that_is_not_connected_is_told_nothing(add, app, browser) -> None:
    app.hot = True
    add("/", "<p>a</p>")
    page = browser.open()
    (served,) = app.pages
    browser.network(offline=True)
    served.debug("stale", 1)
    browser.network(offline=False)
    assert page.connected
    assert page.text("p") == ["a"]


def test_a_page_is_told_nothing_where_hot_reload_is_off(add, app, browser) -> None:
    add("/", "<p>a</p>")
    page = browser.open()
    (served,) = app.pages
    before = page.messages_received
    served.debug("stale", 1)
    assert page.text("p") == ["a"]
    assert page.messages_received == before


def test_which_client_is_served(add, app, caplog: pytest.LogCaptureFixture) -> None:
    add("/", "")
    client = app.flask.test_client()
    with caplog.at_level(logging.CRITICAL):
        cold = client.get("/").text
        assert "/__pycommunicate/client-" in cold
        assert "/__pycommunicate/client-debug-" not in cold
        app.hot = True
        script = client.get("/").text.partition('src="')[2].partition('"')[0]
        assert script.startswith("/__pycommunicate/client-debug-")
        assert client.get(script).status_code == 200
        app.hot = False
        assert client.get(script).status_code == 404


def test_the_build_is_told_to_who_asks(app) -> None:
    client = app.flask.test_client()
    assert client.get("/__pycommunicate/build").status_code == 404
    app.hot = True
    app.build = "17"
    answer = client.get("/__pycommunicate/build")
    assert (answer.text, answer.headers["Cache-Control"], answer.mimetype) == ("17", "no-store", "text/plain")
