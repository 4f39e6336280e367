"""Hot reload: from the save of a file to the change in a visible page, with other pages open beside it.

    python benchmarks/hot_reload.py [saves of each kind and style] [other pages]

The real command, headless Chromium, four ways in which editors save. After each save the page must have kept its session, its
socket, `controller.d`, what was typed, the caret and the scroll (a restart: all but the socket and `controller.d`).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.tools.fixtures import CHROMIUM_ARGUMENTS, chromium_path  # noqa: E402
from tests.tools.programs import free_port  # noqa: E402
from tests.tools.raw import get  # noqa: E402
from tests.tools.simulated import Page as OtherPage  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

FILES: Final = {
    "pyproject.toml": '[project]\nname = "bench"\nversion = "1"\n[tool.pycommunicate]\napp = "app:app"\n',
    "app.py": """
        from pathlib import Path
        from pycommunicate import CommunicateApp, FileSessions
        app = CommunicateApp(sessions=FileSessions(Path(__file__).parent / "data"))
        app.set_secret_key("a key for the benchmark, long enough")
        app.discover("controllers")
    """,
    "config.py": "NUMBER = 0\n",
    "controllers/__init__.py": "",
    "controllers/shop.py": """
        from pycommunicate import Controller, route
        from views.shop import Shop

        @route("/")
        class ShopController(Controller):
            views = [Shop]
    """,
    "views/__init__.py": "",
    "views/shop.py": """
        import config
        from pycommunicate import View

        class Shop(View):
            def render(self):
                self.controller.user.session.setdefault("visitor", id(self))
                return self.controller.templater.render("shop.html", restart=config.NUMBER)

            def load(self):
                self.controller.d.setdefault("first", id(self))
                self.html_wrapper.element("#state").content = f"{self.controller.user.session['visitor']} {self.controller.d['first']}"
                self.html_wrapper.element("#view").content = "0"
                self.html_wrapper.element("#add").add_event_listener("click", self.add)

            def add(self):
                pass
    """,
    "templates/shop.html": """
        <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="stylesheet" href="/static/app.css">{{ add_includes() }}</head>
        <body><p id="template">0</p><p id="restart">{{ restart }}</p><p id="view"></p><p id="state"></p>
        <input id="field"><button id="add">Add</button><details id="more"><summary>More</summary>text</details><div style="height: 3000px"></div></body></html>
    """,
    "static/app.css": "body { --number: 0 }\n",
}

WATCH: Final = """
window.sockets = 0;
const Native = WebSocket;
window.WebSocket = class extends Native { constructor(...given) { super(...given); window.sockets++; } };
window.reached = (kind, wanted) => {
  const shown = () => {
    const overlay = document.querySelector("pycommunicate-debug")?.shadowRoot?.textContent ?? "";
    if (kind === "overlay") return overlay.includes(wanted);
    if (kind === "fixed") return overlay === "";
    if (kind === "css") return getComputedStyle(document.body).getPropertyValue("--number").trim() === wanted;
    return document.getElementById(kind)?.textContent === wanted;
  };
  return new Promise((resolve) => {
    const look = () => (shown() ? resolve(performance.timeOrigin + performance.now()) : setTimeout(look, 1));
    look();
  });
};
"""

KEPT: Final = """() => {
  const field = document.getElementById("field");
  return JSON.stringify({ state: document.getElementById("state").textContent, sockets, typed: field.value, caret: field.selectionStart,
    focus: document.activeElement.id, scroll: Math.round(scrollY), open: document.getElementById("more").open });
}"""

KINDS: Final[dict[str, tuple[str, Callable[[str], str]]]] = {
    "view": ("views/shop.py", lambda n: source("views/shop.py").replace('content = "0"', f'content = "{n}"')),
    "template": ("templates/shop.html", lambda n: source("templates/shop.html").replace('"template">0', f'"template">{n}')),
    "css": ("static/app.css", lambda n: source("static/app.css").replace("0", n)),
    "overlay": ("views/shop.py", lambda n: source("views/shop.py") + f"\n    def broken_{n}(:\n"),
    "restart": ("config.py", lambda n: f"NUMBER = {n}\n"),
}  # fmt: skip
ASKED: Final = {"view": 60, "template": 50, "css": 40, "overlay": 50, "restart": 150}


def source(name: str) -> str:
    """Return a file of the project as it begins."""
    return textwrap.dedent(FILES[name]).lstrip("\n")


def in_place(file: Path, text: str) -> None:
    """Save as a simple editor does."""
    file.write_text(text, "utf-8")


def by_rename(file: Path, text: str) -> None:
    """Save through a temporary file beside it."""
    draft = file.with_name(f".{file.name}.tmp")
    draft.write_text(text, "utf-8")
    draft.replace(file)


def as_vim(file: Path, text: str) -> None:
    """Save as vim does: the old file becomes the backup, which is deleted."""
    backup = file.with_name(f"{file.name}~")
    file.rename(backup)
    file.write_text(text, "utf-8")
    backup.unlink()


def from_outside(file: Path, text: str) -> None:
    """Save through a file in a folder that is not watched."""
    draft = file.parents[1] / ".outside" / file.name
    draft.parent.mkdir(exist_ok=True)
    draft.write_text(text, "utf-8")
    draft.replace(file)


STYLES: Final = (in_place, by_rename, as_vim, from_outside)


def main(times: int, others: int) -> int:
    """Measure; return how many saves lost something."""
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "bench"
        for name in FILES:
            file = project / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source(name), "utf-8")
        port = free_port()
        command = [sys.executable, "-m", "pycommunicate_cli", "run", "--debug", "--port", str(port)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        log = (Path(folder) / "log").open("w+")
        process = subprocess.Popen(command, cwd=project, env=environment, stderr=log, stdout=log)
        try:
            wait_until_it_serves(port, log)
            lost = measure(project, port, process.pid, times, others)
        finally:
            process.terminate()
            process.wait(20)
            log.seek(0)
            if lost:
                print(log.read()[-4000:])
            log.close()
    return lost


def wait_until_it_serves(port: int, log: Any) -> None:
    """Wait for the first page."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            get(port, "/")
        except OSError:
            time.sleep(0.1)
        else:
            time.sleep(1.5)  # the standby
            return
    log.seek(0)
    raise SystemExit(log.read())


def measure(project: Path, port: int, pid: int, times: int, others: int) -> int:
    """Save files and watch the page. Return how many saves lost something."""
    lost = 0
    print(
        f"{others} other pages, {times} saves of each kind and style; milliseconds from the save to the change in the DOM"
    )
    beside = [OtherPage.visit(port, "/") for _ in range(others)]
    results: dict[str, dict[str, list[float]]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_ARGUMENTS))
        page = browser.new_page()
        page.add_init_script(WATCH)
        page.goto(f"http://127.0.0.1:{port}/")
        page.evaluate("reached('view', '0')")
        page.fill("#field", "half a word")
        page.click("#more")
        page.evaluate(
            "() => { const f = document.getElementById('field'); f.focus(); f.setSelectionRange(4, 4); scrollTo(0, 500); }"
        )
        number = 0
        for kind, (name, text) in KINDS.items():
            for style in STYLES:
                for _ in range(times):
                    number += 1
                    before = json.loads(page.evaluate(KEPT))
                    took = save(page, kind, str(number), lambda n, s=style, f=project / name, t=text: s(f, t(n)))
                    results.setdefault(kind, {}).setdefault(style.__name__, []).append(took)
                    if kind == "overlay":
                        fixed = save(
                            page, "fixed", "", lambda _n, s=style, f=project / name: s(f, source("views/shop.py"))
                        )
                        results.setdefault("fixed", {}).setdefault(style.__name__, []).append(fixed)
                    lost += differs(page, kind, before)
            report(kind, results[kind])
            if kind == "overlay":
                report("fixed", results["fixed"])
        print("idle: the supervisor and its workers used", f"{idle(pid):.2f} % of a processor over 10 s")
        browser.close()
    for other in beside:
        other.leave()
    if os.environ.get("RAW"):
        print(json.dumps(results))
    return lost


def save(page: Page, kind: str, wanted: str, write: Callable[[str], None]) -> float:
    """Save a file; return how many milliseconds passed until the page showed it."""
    page.evaluate("([kind, wanted]) => { window.waiting = reached(kind, wanted) }", [kind, wanted])
    begun = time.time()
    write(wanted)
    shown: float = page.evaluate("waiting")
    page.wait_for_timeout(600 if kind == "restart" else 60)
    return shown - begun * 1000


def differs(page: Page, kind: str, before: dict[str, Any]) -> int:
    """Return 1 and say what, where the page has lost something."""
    after = json.loads(page.evaluate(KEPT))
    gone = {key for key in before if before[key] != after[key]}
    if kind == "restart":  # another process: the session stays, controller.d and the socket can't
        gone -= {"sockets"}
        if "state" in gone and before["state"].split()[0] == after["state"].split()[0]:
            gone.discard("state")
    if gone:
        print(f"  LOST after {kind}: " + ", ".join(f"{key}: {before[key]!r} -> {after[key]!r}" for key in sorted(gone)))
    return bool(gone)


def report(kind: str, styles: dict[str, list[float]]) -> None:
    """Print a row."""
    every = sorted(took for tooks in styles.values() for took in tooks)
    p95 = every[min(len(every) - 1, int(len(every) * 0.95))]
    each = "  ".join(f"{name} {statistics.median(tooks):.0f}" for name, tooks in styles.items())
    asked = f" (asked {ASKED[kind]})" if kind in ASKED else ""
    print(
        f"{kind:9} median {statistics.median(every):6.1f}  p95 {p95:6.1f}{asked}  max {every[-1]:6.1f}   {each}",
        flush=True,
    )


def idle(pid: int) -> float:
    """Return what share of a processor, in percent, a process and its children used over 10 s."""

    def used() -> int:
        ticks = 0
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if pid in {int(entry.name), int(fields[1])}:
                    ticks += int(fields[11]) + int(fields[12])
        return ticks

    before = used()
    time.sleep(10)
    return (used() - before) / os.sysconf("SC_CLK_TCK") / 10 * 100


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(1 if main(*(given + [30, 200][len(given) :])) else 0)
