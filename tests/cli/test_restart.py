"""`run --debug` and what only another process can follow: the standby takes over, and nobody is turned away."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import APP, HOME, Running, environment, write
from tests.cli.test_run import START_LINE, get, is_gone
from tests.tools.programs import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

RESTARTED = r"app.py changed: restarted in \d+ ms"


def app(version: int, more: str = "") -> str:
    """An application that tells its version and its process."""
    return f"""{APP}
import os, sys, time

app.flask.add_url_rule("/version", "version", lambda: "{version}")
app.flask.add_url_rule("/pid", "pid", lambda: str(os.getpid()))
{more}
"""


@pytest.fixture
def shop(project: Path) -> Path:
    write(project, {"app.py": app(1)})
    return project


def started(start: Callable[..., Running], shop: Path, *arguments: str, **env: str) -> tuple[Running, str]:
    """Start, and wait for the standby too."""
    running = start(shop, "run", "--debug", *arguments, **env)
    url = running.wait_for(START_LINE)[4]
    wait_until(lambda: len(running.children()) == 2)
    return running, url


def wait_until(condition: Callable[[], Any], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def ask(url: str, host: str = "") -> tuple[int, str, http.client.HTTPMessage]:
    """Ask on a connection of its own; return status, body, and fields."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", parts.path, headers={"Host": host} if host else {})
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers


class Hammer:
    """Asks for a URL as fast as it can, each time on a new connection."""

    def __init__(self, url: str, threads: int = 3) -> None:
        self.url = url
        self.answers: list[str] = []
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                status, text, _ = ask(self.url)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            else:
                (self.answers if status == 200 else self.failures).append(text)

    def __enter__(self) -> Hammer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_no_connection_is_refused_or_reset(shop: Path, start: Callable[..., Running]) -> None:
    running, url = started(start, shop)
    with Hammer(url + "version") as hammer:
        for version in range(2, 7):
            write(shop, {"app.py": app(version)})
            running.wait_for(RESTARTED)
            wait_until(lambda version=version: hammer.answers[-1:] == [str(version)])
    assert hammer.failures == []
    assert sorted(set(hammer.answers)) == ["1", "2", "3", "4", "5", "6"]
    wait_until(lambda: len(running.children()) == 2)  # who was replaced has ended


def test_who_is_replaced_finishes_its_answers(shop: Path, start: Callable[..., Running]) -> None:
    slow = 'app.flask.add_url_rule("/slow", "slow", lambda: time.sleep(1.5) or "done")'
    write(shop, {"app.py": app(1, slow)})
    running, url = started(start, shop)
    old = int(get(url + "pid"))
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(get(url + "slow")))
    asking.start()
    time.sleep(0.1)
    write(shop, {"app.py": app(2, slow)})
    running.wait_for(RESTARTED)
    assert get(url + "version") == "2"
    asking.join()
    assert answers == ["done"]
    assert is_gone(old)


LATE = """
import os, signal, time
kill = os.kill
def late(pid, number):
    if (pid, number) == (os.getpid(), signal.SIGINT):
        time.sleep(0.5)
    kill(pid, number)
os.kill = late
"""
"""A worker that takes its time to end."""


def test_who_was_told_of_the_restart_meets_the_new_code(
    shop: Path, start: Callable[..., Running], tmp_path: Path
) -> None:
    running, url = started(start, shop, **with_site(tmp_path, LATE))
    write(shop, {"app.py": app(2)})
    running.wait_for(RESTARTED)
    assert {get(url + "version") for _ in range(20)} == {"2"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("config.py", "NAME = 2\n"),
        (".env", "SHOP=b\n"),
        ("pyproject.toml", '[tool.pycommunicate]\napp = "app:app"\n# more\n'),
    ],
)
def test_what_wants_another_process(file: str, text: str, shop: Path, start: Callable[..., Running]) -> None:
    more = 'import config\nshown = f"{config.NAME}{os.environ[\'SHOP\']}"\napp.flask.add_url_rule("/shown", "shown", lambda: shown)'
    write(shop, {"config.py": "NAME = 1\n", ".env": "SHOP=a\n", "app.py": app(1, more)})
    running, url = started(start, shop)
    assert get(url + "shown") == "1a"
    old = get(url + "pid")
    write(shop, {file: text})
    running.wait_for(rf"{re.escape(file)} changed: restarted in \d+ ms")
    assert get(url + "shown") == {"config.py": "2a", ".env": "1b"}.get(file, "1a")
    assert get(url + "pid") != old


def test_why_a_restart_was_needed_is_said(shop: Path, start: Callable[..., Running]) -> None:
    view = (
        "from pycommunicate import View\n\n\nclass Shown(View):\n    {}\n\n    def render(self):\n        return '{}'\n"
    )
    controller = "from pycommunicate import Controller, route\n\nfrom shown import Shown\n\n\n@route('/shown')\nclass C(Controller):\n    views = [Shown]\n"
    write(shop, {"shown.py": view.format("kept = 1", "one"), "controllers/shown.py": controller})
    running, url = started(start, shop)
    assert get(url + "shown") == "one"
    write(shop, {"shown.py": view.format("__slots__ = ('a',)", "two")})
    said = running.wait_for(r"shown.py changed: restarted in \d+ ms · because (.+)")
    assert said[1].startswith("shown.py: ")
    assert get(url + "shown") == "two"


BROKEN = {
    "syntax": ("def (\n", r"SyntaxError"),
    "import": ("import no_such_module\n", r"ModuleNotFoundError: No module named 'no_such_module'"),
    "name": ("no_such_name\n", r"NameError: name 'no_such_name' is not defined"),
    "loop": ("while True: pass\n", r"had not ended after [\d.]+ seconds|import was ended"),  # as busy as the machine is
    "caught": ("while True:\n    try: time.sleep(9)\n    except Exception: pass\n", r"import was ended|had not ended"),
    "exit": ("sys.exit(7)\n", r"the import ended the program: SystemExit: 7"),
    "killed": ("os.kill(os.getpid(), 9)\n", r"app.py changed: it does not start"),
}


@pytest.mark.parametrize("kinds", [("syntax", "loop", "exit"), pytest.param(tuple(BROKEN), marks=pytest.mark.soak)])
def test_broken_and_mended_in_a_loop(
    shop: Path, start: Callable[..., Running], tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    running, url = started(start, shop, **impatient(tmp_path, _IMPORT=1.0))
    version = 1
    for kind in kinds:
        code, said = BROKEN[kind]
        write(shop, {"app.py": app(version + 1, code)})
        running.wait_for(said)
        running.wait_for("the old code serves on; waiting for a change")
        assert get(url + "version") == str(version), kind
        # Any change tries again.
        write(shop, {"controllers/more.py": f"# {kind}\n"})
        running.wait_for("the old code serves on; waiting for a change")
        version += 1
        write(shop, {"app.py": app(version)})
        running.wait_for(RESTARTED)
        assert get(url + "version") == str(version), kind
    assert running.interrupt() == 0


@pytest.mark.parametrize("broken", ["app.py", "pyproject.toml"])
def test_what_is_as_it_was_needs_no_restart(broken: str, shop: Path, start: Callable[..., Running]) -> None:
    """`app.py` is broken and put back: the old code, which serves on, is the right one. It can't know that of settings."""
    running, url = started(start, shop)
    old, before = get(url + "pid"), (shop / broken).read_text("utf-8")
    write(shop, {broken: "["})
    running.wait_for("the old code serves on; waiting for a change")
    write(shop, {broken: before})
    if broken == "app.py":
        running.wait_for(r"app.py · \d+ ms")
        assert get(url + "pid") == old
        assert "restarted" not in running.text
    else:
        running.wait_for(r"pyproject.toml changed: restarted in \d+ ms(?! · because)")
        assert get(url + "pid") != old
    write(shop, {"app.py": app(2)})
    running.wait_for(RESTARTED)
    assert get(url + "version") == "2"


def test_a_first_start_that_fails_answers_with_the_reason(shop: Path, start: Callable[..., Running]) -> None:
    write(shop, {"app.py": app(1, "no_such_name")})
    running = start(shop, "run", "--debug")
    running.wait_for(r"NameError: name 'no_such_name' is not defined")
    running.wait_for("waiting for a change")
    url = running.wait_for(r"(http://\S+) shows what is wrong")[1]
    builds = []
    for name in ("no_such_name", "other_name"):
        status, page, fields = ask(url + "anything")
        assert (status, fields["Cache-Control"]) == (500, "no-store")
        assert name in page
        status, text, fields = ask(url + "__pycommunicate/build")
        assert (status, fields["Cache-Control"]) == (200, "no-store")
        builds.append(text)
        assert ask(url, "evil.example")[:2] == (400, "This server does not answer under this name.")
        assert ask(url, "shop.localhost:1")[0] == 500
        if name == "no_such_name":
            write(shop, {"app.py": app(1, "other_name")})
            running.wait_for("waiting for a change")
    write(shop, {"app.py": app(2)})
    assert running.wait_for(START_LINE)[4] == url
    assert get(url + "version") == "2"
    builds.append(get(url + "__pycommunicate/build"))
    assert len(set(builds)) == 3
    assert running.interrupt() == 0


def test_the_reason_is_shown_where_the_project_will_be(shop: Path, start: Callable[..., Running]) -> None:
    port = free_port()
    write(shop, {"app.py": app(1, "no_such_name").replace("web_port=0", f"web_port={port}")})
    running = start(shop, "run", "--debug")
    assert running.wait_for(r"(http://\S+) shows what is wrong")[1] == f"http://127.0.0.1:{port}/"
    other = free_port()
    write(shop, {"app.py": app(2).replace("web_port=0", f"web_port={other}")})
    assert running.wait_for(START_LINE)[4] == f"http://127.0.0.1:{other}/"
    assert get(f"http://127.0.0.1:{port}/version") == "2"  # who still has the old address is sent on
    write(shop, {"app.py": app(3).replace("web_port=0", f"web_port={port}0")})
    running.wait_for("70 is no port|is no port|does not start")
    assert get(f"http://127.0.0.1:{other}/version") == "2"


def test_an_endless_first_start_is_told_and_can_be_mended(
    shop: Path, start: Callable[..., Running], tmp_path: Path
) -> None:
    write(shop, {"app.py": app(1, "while True:\n    pass")})
    running = start(shop, "run", "--debug", **impatient(tmp_path, _FIRST_IMPORT=1.0))
    running.wait_for(r"still being imported \(at app.py:1\d\)")
    url = running.wait_for(r"(http://\S+) shows what is wrong")[1]
    assert ask(url)[0] == 500
    write(shop, {"app.py": app(2)})
    assert running.wait_for(START_LINE)[4] == url
    assert get(url + "version") == "2"


def test_a_worker_that_is_killed_is_said_and_the_next_change_starts_anew(
    shop: Path, start: Callable[..., Running]
) -> None:
    running, url = started(start, shop)
    os.kill(int(get(url + "pid")), signal.SIGKILL)
    running.wait_for(r"the server has ended \(killed by SIGKILL\); waiting for a change")
    assert ask(url)[0] == 500
    write(shop, {"controllers/more.py": "# more\n"})
    running.wait_for(r"controllers/more.py changed: restarted")
    assert get(url + "version") == "1"
    assert running.interrupt() == 0


def test_a_worker_that_hangs_is_replaced(shop: Path, start: Callable[..., Running], tmp_path: Path) -> None:
    spin = (
        'app.flask.add_url_rule("/spin", "spin", lambda: print("spins", flush=True) or [n for n in iter(int, 1) if n])'
    )
    write(shop, {"app.py": app(1, spin)})
    running, url = started(start, shop, **impatient(tmp_path, _ANSWER=1.0))
    hanging = int(get(url + "pid"))
    with contextlib.closing(http.client.HTTPConnection(urlsplit(url).netloc)) as connection:
        connection.request("GET", "/spin")
        running.wait_for("spins")
        write(shop, {"controllers/home.py": HOME.replace("home.html", "other.html"), "templates/other.html": "other"})
        running.wait_for(r"changed: the server did not take it within 1 s; it is replaced")
        running.wait_for(r"restarted in \d+ ms · because the server did not answer within 1 s")
        assert get(url) == "other"
    assert is_gone(hanging)


def test_changes_while_a_worker_starts_are_not_lost(shop: Path, start: Callable[..., Running]) -> None:
    running, url = started(start, shop)
    for version in range(2, 5):
        write(shop, {"app.py": app(version, "time.sleep(0.3)")})
        time.sleep(0.2)
        write(
            shop,
            {
                "controllers/home.py": HOME.replace("home.html", f"{version}.html"),
                f"templates/{version}.html": str(version),
            },
        )
        wait_until(lambda version=version: get(url + "version") == str(version))
        wait_until(lambda version=version: get(url) == str(version))
    running.wait_for("restarted")


def test_a_killed_supervisor_leaves_nobody(shop: Path, start: Callable[..., Running]) -> None:
    """Not the worker that serves, not the standby, not one that never comes to its end."""
    running, _ = started(start, shop)
    write(shop, {"app.py": app(2, "while True:\n    try: sum(range(9**6))\n    except Exception: pass")})
    time.sleep(0.5)
    workers = running.children()
    assert len(workers) >= 2
    running.process.kill()
    running.process.wait(20)
    assert all(is_gone(worker) for worker in workers)


def test_who_waits_takes_no_time(shop: Path, start: Callable[..., Running]) -> None:
    """Neither the supervisor nor its workers, after a start and after a restart."""
    running, _ = started(start, shop)
    for version in (2, 3):
        wait_until(lambda: is_idle(running))  # the standby has to be made first
        write(shop, {"app.py": app(version)})
        running.wait_for(RESTARTED)


def is_idle(running: Running) -> bool:
    before = used(running)
    time.sleep(0.5)
    now = used(running)
    return now.keys() == before.keys() and len(now) == 3 and sum(now.values()) <= sum(before.values()) + 2


def used(running: Running) -> dict[int, int]:
    """The processor time of each process, in ticks of 10 ms."""
    found = {}
    for pid in {running.process.pid, *running.children()}:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        found[pid] = int(fields[11]) + int(fields[12])
    return found


@pytest.mark.parametrize("state", ["loading", "broken", "retiring"])
def test_interrupted_in_every_state(state: str, shop: Path, start: Callable[..., Running]) -> None:
    running, _ = started(start, shop)
    write(shop, {"app.py": app(2, {"loading": "time.sleep(1)", "broken": "def (", "retiring": ""}[state])})
    if state == "loading":
        time.sleep(0.2)
    else:
        running.wait_for({"broken": "serves on", "retiring": "restarted"}[state])
    workers = running.children()
    assert running.interrupt() == 0
    assert all(is_gone(worker) for worker in workers)
    assert "Traceback (most" not in running.text


def test_nothing_of_it_without_debug(shop: Path, start: Callable[..., Running]) -> None:
    more = """
import threading
def inside():
    reload = [name for name in sys.modules if name.startswith("pycommunicate.reload.") or name.endswith(".reloading")]
    command = {"watching", "inotify", "polling", "supervisor", "process", "worker", "door", "stopgap"}
    own = [name for name in sys.modules if name.rpartition(".")[2] in command and name.startswith("pycommunicate_cli")]
    return f"{reload} {own} {threading.active_count()} {app.hot}"
app.flask.add_url_rule("/inside", "inside", inside)
"""
    write(shop, {"app.py": app(1, more)})
    running = start(shop, "run")
    url = running.wait_for(START_LINE)[4]
    assert get(url + "inside") == "['pycommunicate.reload.graph'] [] 1 False"  # the graph tells of import cycles
    assert running.children() == set()
    before = running.text
    write(shop, {"app.py": app(2)})
    time.sleep(0.5)
    assert (get(url + "version"), running.text) == ("1", before)
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url + "__pycommunicate/build")
    error.value.close()
    assert error.value.code == 404


@pytest.fixture
def without_handing_on(tmp_path: Path) -> dict[str, str]:
    """An environment in which no socket can be handed to another process."""
    return with_site(tmp_path, "import pycommunicate_cli.process\npycommunicate_cli.process.HANDS_ON = False\n")


def impatient(folder: Path, **seconds: float) -> dict[str, str]:
    """An environment in which the supervisor waits so long, and not as long as people may want it to."""
    lines = ["import sys", "if 'pycommunicate_cli.worker' not in sys.orig_argv:", "    from pycommunicate_cli import supervisor"]  # fmt: skip
    lines += [f"    assert supervisor.{name} > {value}; supervisor.{name} = {value}" for name, value in seconds.items()]
    return with_site(folder, "\n".join(lines))


def with_site(folder: Path, source: str) -> dict[str, str]:
    """An environment in which each process runs these lines first."""
    write(folder, {"site/sitecustomize.py": source})
    return {"PYTHONPATH": f"{folder / 'site'}{os.pathsep}{environment()['PYTHONPATH']}"}


def test_where_no_socket_can_be_handed_on(
    shop: Path, start: Callable[..., Running], without_handing_on: dict[str, str]
) -> None:
    running, url = started(start, shop, **without_handing_on)
    running.text.index("can't hand a socket to another process")
    (shop / "templates/home.html").write_text("changed")
    running.wait_for(r"templates/home.html · \d+ ms")
    assert get(url) == "changed"
    for version in (2, 3):
        write(shop, {"app.py": app(version, "def (")})
        running.wait_for("the old code serves on")
        write(shop, {"app.py": app(version)})
        running.wait_for(RESTARTED)
        assert get(url + "version") == str(version)
    os.kill(int(get(url + "pid")), signal.SIGKILL)
    running.wait_for("killed by SIGKILL")
    assert ask(url)[0] == 500
    write(shop, {"app.py": app(4)})
    running.wait_for(RESTARTED)
    assert get(url + "version") == "4"
    workers = running.children()
    assert running.interrupt() == 0
    assert all(is_gone(worker) for worker in workers)
