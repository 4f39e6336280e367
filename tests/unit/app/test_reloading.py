"""Hot reload in one process: files are saved, pages in the simulated browser follow."""

from __future__ import annotations

import gc
import importlib
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate.reload import loader
from pycommunicate.server.app.reloading import Reloader

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "shopapp.py": """
        from pycommunicate import CommunicateApp
        app = CommunicateApp(debug=True)
        app.set_secret_key("a key for the tests, long enough")
        app.discover("controllers")
    """,
    "controllers/__init__.py": "",
    "controllers/shop.py": """
        from pycommunicate import Controller, route
        from views.shop import Shop

        @route("/")
        class ShopController(Controller):
            views = [Shop]
    """,
    "views/__init__.py": "",
    "views/words.py": """
        GREETING = "hello"
        def price(n):
            return f"{n} cents"
    """,
    "views/shop.py": """
        from pycommunicate import View
        from views.words import GREETING, price

        class Shop(View):
            loads = []

            def render(self):
                return self.controller.templater.render("shop.html", title="Shop")

            def load(self):
                self.loads.append(1)
                self.out = self.html_wrapper.element("#out")
                self.html_wrapper.element("#say").add_event_listener("click", self.say)
                self.html_wrapper.element("#lambda").add_event_listener("click", lambda: self.tell("lambda old"))
                self.html_wrapper.element("#greeting").content = GREETING
                self.controller.d["loaded"] = self.controller.d.get("loaded", 0) + 1

            def say(self):
                self.tell("say old " + price(5))

            def tell(self, text):
                self.out.content = text
    """,
    "templates/shop.html": """
        <!DOCTYPE html><html lang="en"><head><title>{{ title }}</title>{{ add_includes() }}</head>
        <body><h1>old heading</h1>{% include "part.html" %}<p id="greeting"></p><p id="out"></p>
        <input id="field"><button id="say">Say</button><button id="lambda">Lambda</button></body></html>
    """,
    "templates/part.html": "<p id='part'>old part</p>",
    "templates/unused.html": "<p>unused</p>",
}


class Running:
    """A project that is served to simulated browsers, and its reloader."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in FILES.items():
            self.write(name, text)
        loader.install(folder)
        importlib.invalidate_caches()
        self.app = importlib.import_module("shopapp").app
        self.said: list[str] = []
        self.reloader = Reloader(self.app, folder, app_module="shopapp", say=self.said.append)

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")
        return file

    def edit(self, name: str, *changes: tuple[str, str]) -> Path:
        """Replace texts in a file."""
        text = (self.folder / name).read_text("utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return self.write(name, text)

    def save(self, name: str, *changes: tuple[str, str]) -> str:
        """Replace texts in a file and save it; return why a new process is needed, if it is."""
        return self.saved(self.edit(name, *changes))

    def saved(self, *files: Path) -> str:
        return self.reloader.changed([str(file) for file in files], time.time())

    def open(self, **options: Any) -> Any:
        return self.app.test_browser(**options).open("/")

    @property
    def loads(self) -> int:
        return len(sys.modules["views.shop"].Shop.loads)


@pytest.fixture
def running(importable: Path) -> Running:
    return Running(importable)


def listen(running: Running) -> list[tuple[str, Any]]:
    """Hear what the one open page is told of hot reload."""
    (page,) = running.app.pages
    told: list[tuple[str, Any]] = []
    tell = page.debug

    def debug(what: str, data: Any = None) -> None:
        told.append((what, data))
        tell(what, data)

    page.debug = debug
    return told


def test_a_handler_that_changed_moves_nothing(running: Running) -> None:
    page = running.open()
    page.fill("#field", "half a wo")
    assert running.save("views/shop.py", ("say old", "say new"), ("lambda old", "lambda new")) == ""
    page.click("#say")
    assert page.text("#out") == ["say new 5 cents"]
    page.click("#lambda")
    assert page.text("#out") == ["lambda new"]
    assert running.loads == 1
    assert "1 page as it was" in running.said[-1]


def test_a_helper_of_a_handler_moves_nothing(running: Running) -> None:
    page = running.open()
    running.save("views/words.py", ("cents", "pence"))
    page.click("#say")
    assert page.text("#out") == ["say old 5 pence"]
    assert running.loads == 1


def test_render_and_load_mount_the_page_anew(running: Running) -> None:
    page = running.open()
    page.fill("#field", "half a wo")
    running.save("views/shop.py", ("content = GREETING", 'content = GREETING + "!"'))
    page.tick(0)
    assert page.text("#greeting") == ["hello!"]
    assert page.value("#field") == "half a wo"
    assert running.loads == 2
    assert sys.modules["views.shop"].Shop.loads == [1, 1]
    running.save("views/shop.py", ('title="Shop"', 'title="Store"'))
    page.tick(0)
    assert page.title == "Store"
    assert "mounted anew" in running.said[-1]
    assert "Shop.render" in running.said[-1]


def test_pages_on_the_screen_come_first(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page that somebody looked at, then the latest; and others run while many are told."""
    opened = [running.open() for _ in range(40)]
    pages = list(running.app.pages)
    running.reloader.page_visible(pages[3])
    told: list[int] = []
    ways_given: list[int] = []
    give_way = running.app.engine.give_way
    monkeypatch.setattr(running.app.engine, "give_way", lambda: (ways_given.append(len(told)), give_way()))

    def listening(place: int, tell: Any) -> Any:
        def debug(what: str, data: Any = None) -> None:
            if what == "stale":
                told.append(place)
            tell(what, data)

        return debug

    for place, page in enumerate(pages):
        page.debug = listening(place, page.debug)
    running.save("templates/part.html", ("old part", "new part"))
    assert told == [3, *(place for place in range(39, -1, -1) if place != 3)]
    assert ways_given == [7, 15, 23, 31, 39]
    assert all(page.text("#part") == ["new part"] for page in opened)


def test_the_controllers_own_state_stays(running: Running) -> None:
    page = running.open()
    for number in range(2, 5):
        running.save("views/shop.py", ("def load(self):", "def load(self):\n        pass"))
        page.tick(0)
        (controller,) = [one.controller for one in running.app.pages]
        assert controller.d == {"loaded": number}


def test_a_constant_of_another_module_reaches_the_page(running: Running) -> None:
    page = running.open()
    running.save("views/words.py", ('"hello"', '"good morning"'))
    page.tick(0)
    assert page.text("#greeting") == ["good morning"]


def test_templates_with_what_they_include(running: Running) -> None:
    page = running.open()
    running.save("templates/shop.html", ("old heading", "new heading"))
    page.tick(0)
    assert page.text("h1") == ["new heading"]
    running.save("templates/part.html", ("old part", "new part"))
    page.tick(0)
    assert page.text("#part") == ["new part"]
    running.save("templates/unused.html", ("unused", "still unused"))
    page.tick(0)
    assert running.loads == 3


def test_a_new_controller_is_live_and_a_deleted_one_is_not(running: Running) -> None:
    page = running.open()
    file = running.write(
        "controllers/more.py", FILES["controllers/shop.py"].replace('"/"', '"/more"').replace("ShopC", "MoreC")
    )
    assert running.saved(file) == ""
    browser = running.app.test_browser()
    more = browser.open("/more")
    assert more.text("h1") == ["old heading"]
    assert "routes: /more" in running.said[-1]
    running.save("controllers/more.py", ('"/more"', '"/moved"'))
    assert browser.request("GET", "/more").status_code == 404
    assert browser.open("/moved").text("h1") == ["old heading"]
    file.unlink()
    running.saved(file)
    assert browser.request("GET", "/moved").status_code == 404
    page.click("#say")
    assert page.text("#out") == ["say old 5 cents"]


def test_what_is_wrong_leaves_the_old_code_serving(running: Running) -> None:
    page = running.open()
    for old, new in [
        ("def say(self):", "def say(self:"),
        ("from views.words import GREETING, price", "from views.words import GREETING, price, nothing"),
        ("class Shop(View):", "1 / 0\nclass Shop(View):"),
        ("class Shop(View):", "raise SystemExit(3)\nclass Shop(View):"),
    ]:
        reason = running.save("views/shop.py", (old, new), ("say old", "say newer"))
        if reason:
            assert "line" in reason
        else:
            assert "the last good code serves on" in running.said[-1]
        page.click("#say")
        assert page.text("#out") == ["say old 5 cents"]
        assert running.save("views/shop.py", (new, old), ("say newer", "say old")) == ""
        assert running.open().text("h1") == ["old heading"]


def test_two_files_of_which_one_is_wrong_wait_for_each_other(running: Running) -> None:
    page = running.open()
    words = running.edit("views/words.py", ("def price(n):", "def price(n, currency):"), ("cents", "{currency}"))
    shop = running.edit("views/shop.py", ("price(5)", 'price(5, "yen")'), ("load(self):", "load(self:"))
    running.saved(words, shop)
    page.click("#say")
    assert page.text("#out") == ["say old 5 cents"]
    running.save("views/shop.py", ("load(self:", "load(self):"))
    page.click("#say")
    assert page.text("#out") == ["say old 5 yen"]


@pytest.mark.parametrize(
    ("place", "good", "broken"),
    [("render()", 'title="Shop"', "title=1 / 0"), ("load()", "content = GREETING", "content = str(1 / 0)")],
)
def test_an_error_in_render_or_load_shows_and_goes(running: Running, place: str, good: str, broken: str) -> None:
    page = running.open(raise_errors=False)
    told = listen(running)
    running.save("views/shop.py", (good, broken))
    page.wait_until(lambda: len(told) == 2)
    assert page.text("h1") == ["old heading"]
    assert [what for what, _ in told] == ["stale", "fault"]
    assert told[-1][1]["kind"] == "ZeroDivisionError"
    assert place in told[-1][1]["title"]
    assert told[-1][1]["file"] == "views/shop.py"
    page.click("#say")
    told.clear()
    running.save("views/shop.py", (broken, good))
    page.wait_until(lambda: len(told) == 2)
    assert [what for what, _ in told] == ["stale", "fixed"]
    assert page.text("#greeting") == ["hello"]


def test_a_selector_that_is_none_shows_where_it_is(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    page = running.open(raise_errors=False)
    told = listen(running)
    running.save("views/shop.py", ('self.tell("say old', 'self.html_wrapper.element("##")  #'))
    page.click("#say")
    page.wait_until(lambda: told)
    [(what, fault)] = told
    assert (what, fault["kind"], fault["file"]) == ("fault", "InvalidSelector", "views/shop.py")
    assert "Traceback" in caplog.text


def test_an_error_in_a_template(running: Running) -> None:
    page = running.open()
    running.save("templates/part.html", ("old part", "{% if %}"))
    assert "TemplateSyntaxError" in running.said[-1]
    assert "templates/part.html" in running.said[-1]
    assert running.open().text("#part") == ["old part"]
    running.save("templates/part.html", ("{% if %}", "mended part"))
    page.tick(0)
    assert page.text("#part") == ["mended part"]


def test_the_application_itself_wants_a_new_process(running: Running) -> None:
    assert running.save("shopapp.py", ("debug=True", "debug=True, web_port=9999")) == "shopapp.py changed"
    assert running.saved(running.write(".env", "A=1\n")) == ".env changed"
    assert running.saved(running.write("config.py", "A=1\n")) == "config.py changed"


def test_two_routes_for_the_same_urls_change_nothing(running: Running) -> None:
    page = running.open()
    file = running.write("controllers/more.py", FILES["controllers/shop.py"].replace("ShopC", "MoreC"))
    running.saved(file)
    assert "two routes match the same URLs" in running.said[-1]
    assert "controllers.more" not in sys.modules
    page.click("#say")
    assert page.text("#out") == ["say old 5 cents"]
    file.unlink()
    running.saved(file)
    running.save("views/shop.py", ("say old", "say new"))
    page.click("#say")
    assert page.text("#out") == ["say new 5 cents"]


@pytest.mark.parametrize("saves", [30, pytest.param(200, marks=pytest.mark.soak)])
def test_many_saves_leave_nothing_behind(running: Running, saves: int) -> None:
    page = running.open()
    rules = len(list(running.app.flask.url_map.iter_rules()))

    def save_all(number: int) -> None:
        text = textwrap.dedent(FILES["views/shop.py"]).lstrip("\n")
        text = text.replace("say old", f"say {number}").replace("content = GREETING", f'content = "{number}"')
        files = [
            running.write("views/shop.py", text + f"\n        other = {number}\n"),
            running.write("views/words.py", FILES["views/words.py"].replace("cents", f"cents {number}")),
            running.write(
                "controllers/shop.py",
                textwrap.dedent(FILES["controllers/shop.py"]) + f"\n@route('/r{number}')\nclass R(Shop): pass\n",
            ),
            running.write("templates/part.html", f"<p id='part'>{number}</p>"),
        ]
        assert running.saved(*files) == ""
        assert "serves on" not in running.said[-1]
        page.tick(0)

    def counted() -> dict[str, int]:
        gc.collect()
        classes = [one for one in gc.get_objects() if isinstance(one, type) and one.__module__ == "views.shop"]
        functions = [
            one for one in gc.get_objects() if getattr(one, "__module__", "") == "views.shop" and callable(one)
        ]
        (open_page,) = running.app.pages
        return {
            "rules": len(list(running.app.flask.url_map.iter_rules())) - rules,
            "classes": len(classes),
            "functions": len(functions),
            "listeners": len(open_page.listeners),
            "view functions": len(running.app.flask.view_functions),
            "objects": len(gc.get_objects()) // 2000,
        }

    for number in range(15):
        save_all(number)
    before = counted()
    for number in range(15, saves):
        save_all(number)
    after = counted()
    assert {name: count for name, count in after.items() if count > before[name]} == {}
    assert page.text("#greeting") == [str(saves - 1)]
    page.click("#say")
    assert page.text("#out") == [f"say {saves - 1} 5 cents {saves - 1}"]


BROKEN = {
    "a syntax error": ("views/shop.py", "class Shop(View):", "class Shop(View:"),
    "a name that is not there": ("views/shop.py", "class Shop(View):", "x = nothing\nclass Shop(View):"),
    "an import that is not there": ("views/shop.py", "from pycommunicate import View", "from pycommunicate import View, Vieww"),
    "the end of the program": ("views/words.py", 'GREETING = "hello"', 'GREETING = exit(1)'),
    "an endless loop": ("views/words.py", 'GREETING = "hello"', 'GREETING = [0 for _ in iter(int, 1)]'),
    "a template": ("templates/shop.html", "{{ title }}", "{{ title"),
    "render()": ("views/shop.py", 'title="Shop"', "title=1 / 0"),
    "load()": ("views/shop.py", "content = GREETING", "content = 1 / 0"),
    "a route": ("controllers/shop.py", '@route("/")', "@route(5)"),
    "a view that is none": ("controllers/shop.py", "views = [Shop]", "views = [str]"),
}  # fmt: skip


@pytest.mark.alone  # its code has 0.3 s to be imported
@pytest.mark.parametrize("kind", BROKEN)
def test_broken_and_mended_in_a_loop(running: Running, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pycommunicate.server.app.reloading._IMPORT_SECONDS", 0.3)
    name, good, broken = BROKEN[kind]
    page = running.open(raise_errors=False)
    told = listen(running)
    for _ in range(3):
        assert running.save(name, (good, broken)) == ""
        page.wait_until(lambda: told and told[-1][0] == "fault")
        assert page.text("h1") == ["old heading"]
        page.click("#say")
        told.clear()
        assert running.save(name, (broken, good)) == ""
        page.wait_until(lambda: "fixed" in [what for what, _ in told])
        page.click("#say")
        assert page.text("#out") == ["say old 5 cents"]
