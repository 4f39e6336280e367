"""Memory: for each idle page, and what is left after many pages were opened and closed.

    python benchmarks/memory.py [pages] [opened and closed] [engine ...]

Raw clients on loopback, one program for each engine. A page has three elements and one listener.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.tools.programs import ENGINES, Engine, Program
from tests.tools.simulated import Page

SOURCE = """
import gc
import os
from pycommunicate import CommunicateApp, ControllerFactory, Limits, View

app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1", limits=Limits(users=10**6))

class Idle(View):
    def render(self):
        return self.controller.templater.render_string("<title>x</title>{{ add_includes() }}<p id=p></p><button id=b>b</button>")
    def load(self):
        self.html_wrapper.element("#p").content = "ready"
        self.html_wrapper.element("#b").add_event_listener("click", self.clicked)
    def clicked(self):
        pass

app.add_controller("/", ControllerFactory().add_view(Idle).set_default_view(Idle))

@app.flask.get("/collect")
def collect():
    gc.collect()
    return str(len(app.pages))

app.set_secret_key("a secret that is long enough")
app.run()
"""


def run(engine: Engine, pages: int, rounds: int) -> None:
    """Measure one engine."""
    from tests.tools.raw import get  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder, Program(SOURCE, folder=Path(folder), engine=engine) as program:

        def collected() -> tuple[int, int]:
            count = int(get(program.port, "/collect").body)
            return count, program.memory

        for _ in range(100):  # warm up
            open_one(program).leave()
        _, before = collected()
        held = [open_one(program) for _ in range(pages)]
        count, full = collected()
        print(
            f"{engine:9} {(full - before) / 1024 / pages:6.1f} KiB a page ({count} pages, {full / 2**20:.0f} MiB in all)"
        )
        for page in held:
            page.leave()
        _, start = collected()
        for done in range(0, rounds, 1000):
            for _ in range(min(1000, rounds - done)):
                open_one(program).leave()
        count, end = collected()
        print(
            f"{engine:9} {start / 2**20:6.1f} -> {end / 2**20:.1f} MiB over {rounds} pages opened and closed ({count} left)"
        )


def open_one(program: Program) -> Page:
    """Open a page and wait until its `load()` has ended."""
    page = Page.visit(program.port, "/")
    page.until(lambda: page.texts("#p") == ["ready"])
    return page


def main() -> None:
    """Run all that was asked for."""
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    pages, rounds = (numbers + [1000, 2000][len(numbers) :])[:2]
    chosen = [a for a in sys.argv[1:] if not a.isdigit()] or list(ENGINES)
    for engine in ENGINES:
        if engine in chosen:
            run(engine, pages, rounds)
            gc.collect()


if __name__ == "__main__":
    main()
