"""`pycommunicate run`, with and without `--debug`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pycommunicate
from tests.cli.conftest import APP, COMMAND, HOME, KEY, environment, pc, write
from tests.tools.waiting import PATIENCE, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

START_LINE = r"pycommunicate (\S+) · (.+) · (debug|production) · (http://\S+:\d+/) · (\d+) routes? · (\d+) views? · ready in \d+ ms"


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as response:
        return response.read().decode()


def is_gone(pid: int) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_production(project: Path, start: Callable) -> None:
    running = start(project, "run", PYCOMMUNICATE_DEBUG="1")
    found = running.wait_for(START_LINE)
    assert found.groups()[:3] == (pycommunicate.__version__, "shop", "production")
    assert found.groups()[4:] == ("5", "5")
    assert len(running.text.splitlines()) == 1
    assert "/todo/3" in get(found[4])
    with pytest.raises(urllib.error.HTTPError) as error:
        get(found[4] + "tod/3")
    with error.value:
        assert b"/todo/" not in error.value.read()
    assert running.interrupt() == 0
    assert len(running.text.splitlines()) == 1, running.text


def test_debug_follows_a_change(project: Path, start: Callable) -> None:
    running = start(project, "run", "--debug")
    found = running.wait_for(START_LINE)
    url = found[4]
    assert found[3] == "debug"
    (project / "templates/home.html").write_text("<h1>changed</h1>")
    running.wait_for(r"templates/home.html · \d+ ms")
    assert get(url) == "<h1>changed</h1>"

    write(project, {"data/entries.json": "[]", "notes.txt": "x", "controllers/home.pyc": "x"})
    (project / "templates/home.html").write_text("<h1>changed</h1>")  # the same content
    time.sleep(0.5)
    assert not running.text[running._seen :].strip("\n").partition("\n")[2]

    write(project, {"controllers/home.py": HOME + "def ("})
    running.wait_for(r"controllers/home.py: SyntaxError: .* at controllers/home.py:9 .*the last good code serves on")
    assert get(url) == "<h1>changed</h1>"
    new = project / "controllers/home.py.new"
    new.write_text(HOME.replace("templater.render", "templater.render_string").replace("home.html", "<p>back</p>"))
    new.replace(project / "controllers/home.py")
    running.wait_for(r"controllers/home.py · ")
    assert get(url) == "<p>back</p>"
    workers = running.children()
    assert running.interrupt() == 0
    assert all(is_gone(worker) for worker in workers)
    assert "restarted" not in running.text


COUNTED = """

import gc

gc.callbacks.append(lambda phase, info: phase == "stop" and info["generation"] == 2 and print("a whole search"))
"""


def test_garbage_is_looked_for_when_a_change_is_shown(project: Path, start: Callable) -> None:
    write(project, {"controllers/home.py": HOME + COUNTED})
    running = start(project, "run", "--debug", PYTHONUNBUFFERED="1")
    running.wait_for(START_LINE)
    (project / "templates/home.html").write_text("<h1>changed</h1>")
    running.wait_for(r"templates/home.html · ")
    running.wait_for("a whole search")


def test_debug_shows_missing_templates_and_the_nearest_routes(project: Path, start: Callable) -> None:
    write(project, {"controllers/home.py": HOME.replace("home.html", "hme.html")})
    running = start(project, "run", "--debug")
    url = running.url
    running.wait_for(
        r"warning: HomeView renders 'hme.html': there is no template 'hme.html' in .*did you mean 'home.html'\?"
    )
    running.wait_for(r"at controllers/home.py:8")
    with pytest.raises(urllib.error.HTTPError) as error:
        get(url + "todo/")
    with error.value:
        page = error.value.read().decode()
        assert "script" not in error.value.headers["Content-Security-Policy"]
    assert error.value.code == 404
    assert "<script" not in page
    assert page.index("/todo/new") < page.index("/folder/")
    with pytest.raises(urllib.error.HTTPError) as error:
        get(url)
    error.value.close()
    assert error.value.code == 500
    running.wait_for(r"there is no template 'hme.html' in .*/templates; did you mean 'home.html'")
    assert running.interrupt() == 0


def test_a_first_start_that_fails_waits_for_the_fix(project: Path, start: Callable) -> None:
    write(project, {"app.py": "def (\n"})
    running = start(project, "run", "--debug")
    running.wait_for(r"at app.py:1")
    running.wait_for(r"the server can't start \(status 3\); waiting for a change")
    write(project, {"app.py": APP})
    assert "/todo/3" in get(running.wait_for(START_LINE)[4])
    assert running.interrupt() == 0


def test_polling(project: Path, start: Callable) -> None:
    running = start(project, "run", "--debug", "--poll")
    url = running.wait_for(START_LINE)[4]
    time.sleep(0.6)
    (project / "templates/home.html").write_text("<h1>changed</h1>")
    running.wait_for(r"templates/home.html · ")
    eventually(lambda: get(url) == "<h1>changed</h1>")  # the file may have been seen before it was whole
    with (project / "app.py").open("a") as file:
        file.write("# more\n")
    running.wait_for("app.py changed: restarted")
    assert get(url) == "<h1>changed</h1>"


def test_a_syntax_error_at_the_start(project: Path) -> None:
    write(project, {"app.py": APP + "\ndef (\n"})
    done = pc(project, "run")
    assert done.code == 3
    assert "at app.py:8" in done.lines


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("", "is not set"),
        ("secret!!!", "is one of the documentation's examples"),
        ("todo_secrets!", "is one of the documentation's examples"),
        ("only 15 letters", "is short (15 characters, 16 at least)"),
    ],
)
def test_no_real_secret_key(key: str, why: str, project: Path) -> None:
    line = f"app.set_secret_key({key!r})" if key else ""
    write(project, {"app.py": APP.replace(f"app.set_secret_key({KEY!r})", line)})
    done = pc(project, "run")
    assert done.code == 1
    assert done.lines[0] == f"error: the secret key {why}: anybody could forge sessions"
    assert 'python -c "import secrets; print(secrets.token_hex())"' in done.lines[1]


def test_a_key_of_before_is_a_key_too(project: Path) -> None:
    line = f"app.set_secret_key({KEY!r}, fallbacks=[{KEY[::-1]!r}, 'short'])"
    write(project, {"app.py": APP.replace(f"app.set_secret_key({KEY!r})", line)})
    done = pc(project, "run")
    assert done.code == 1
    expected = "error: the secret key number 2 of SECRET_KEY_FALLBACKS is short (5 characters, 16 at least): anybody could forge sessions"
    assert done.lines[0] == expected


def test_debug_makes_up_a_key_that_stays(project: Path, start: Callable) -> None:
    write(project, {"app.py": APP.replace(f"app.set_secret_key({KEY!r})", "")})
    running = start(project, "run", "--debug")
    url = running.wait_for(START_LINE)[4]
    with urllib.request.urlopen(url, timeout=30) as response:
        cookie = response.headers["Set-Cookie"].partition(";")[0]
    write(project, {".env": "# nothing\n"})
    running.wait_for(r"\.env changed: restarted")
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Cookie": cookie}), timeout=30) as response:
        assert response.headers["Set-Cookie"].partition(";")[0] == cookie


def test_dot_env(project: Path) -> None:
    key = 'import os\napp.set_secret_key(os.environ["SECRET_KEY"])\nprint(os.environ["QUOTED"], os.environ["KEPT"])'
    write(
        project,
        {
            "app.py": APP.replace(f"app.set_secret_key({KEY!r})", key),
            ".env": f"# a comment\n\nexport SECRET_KEY={KEY}\nQUOTED='a b # c'\nKEPT=no\n",
        },
    )
    done = pc(project, "routes", KEPT="yes")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == "a b # c yes"


def test_debug_stays_on_this_machine(project: Path) -> None:
    for host in ("0.0.0.0", "::"):
        done = pc(project, "run", "--debug", "--host", host)
        assert done.code == 2
        assert "--allow-remote-debug" in done.lines[1]
    write(project, {"app.py": APP.replace("127.0.0.1", "0.0.0.0")})
    running = subprocess.Popen(
        [*COMMAND, "run", "--debug"], cwd=project, env=environment(), stderr=subprocess.PIPE, text=True
    )
    try:
        assert running.stderr is not None
        assert "would show the program's insides" in running.stderr.readline()
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)


def test_busy_ports(project: Path, start: Callable) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        for arguments, env in (
            (["--port", str(port)], {}),
            (["--debug", "--port", str(port)], {}),
        ):
            done = pc(project, "run", *arguments, **env)
            assert done.code == 5
            assert f"port {port} is in use by " in done.lines[0]
            assert f"(process {os.getpid()})" in done.lines[0]
            assert done.lines[1].startswith("help: ")
        write(project, {"app.py": APP.replace("web_port=0", f"web_port={port}")})
        for mode in ([], ["--debug"]):
            running = start(project, "run", *mode)
            running.wait_for(rf"port {port} is in use; this is port (\d+)")
            moved = int(running.wait_for(START_LINE)[4].rpartition(":")[2].strip("/"))
            assert port < moved <= port + 10
            assert running.interrupt() in {0, 130}  # it may not have served yet


def test_an_unknown_host(project: Path) -> None:
    done = pc(project, "run", "--host", "no.such.host.invalid")
    assert done.code == 5
    assert "no.such.host.invalid" in done.lines[0]


def test_an_address_of_another_machine(project: Path) -> None:
    done = pc(project, "run", "--host", "192.0.2.1")
    assert done.code == 5
    assert done.err.splitlines() == [
        "error: can't listen on 192.0.2.1, port 0: Cannot assign requested address",
        "help: it is no address of this machine: pycommunicate run --host localhost",
    ]


BEGINS = """
from pycommunicate_cli.main import main
print("begins", flush=True)
main(prog_name="pycommunicate")
"""
"""The command, which says when it begins: while Python itself starts, it answers Ctrl-C in its own way."""


@pytest.mark.parametrize("mode", [[], ["--debug"]])
def test_interrupted_at_any_moment(mode: list[str], project: Path) -> None:
    slow = "import time\ntime.sleep(0.2)\n" + APP
    write(project, {"app.py": slow})
    for step in range(9):
        process = subprocess.Popen(
            [sys.executable, "-c", BEGINS, "run", *mode],
            cwd=project,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        time.sleep(0.02 + step * 0.09)
        if step % 2:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        else:
            process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        assert process.returncode in {0, 130}, said
        assert "Traceback" not in said, said
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)


def test_workers_end_with_a_killed_supervisor(project: Path, start: Callable) -> None:
    running = start(project, "run", "--debug")
    running.wait_for(START_LINE)
    eventually(lambda: len(running.children()) == 2)
    workers = running.children()
    assert len(workers) == 2
    running.process.kill()
    running.process.wait(20)
    assert all(is_gone(worker) for worker in workers)


def test_what_is_patched(project: Path) -> None:
    write(
        project, {"app.py": "import socket, sys\nprint(socket.socket.__module__, file=sys.stderr)\nraise SystemExit\n"}
    )
    assert pc(project, "run").lines[0] == "gevent._socket3"


def test_python_m(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pycommunicate_cli", "--version"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("pycommunicate ")
