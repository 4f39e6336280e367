"""What a server does for the process that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tools.raw import get

if TYPE_CHECKING:
    from tests.tools.fixtures import Server

SOURCE = """
import gc

from pycommunicate import CommunicateApp

app = CommunicateApp()
app.set_secret_key("a key for the tests, used nowhere else")


@app.flask.get("/")
def counted():
    return f"{gc.get_freeze_count()}"


app.run()
print(f"left: {gc.get_freeze_count()}", flush=True)
"""


def test_what_was_loaded_at_the_start_is_not_searched_for_garbage(serve: Server) -> None:
    program = serve(SOURCE, forked=False)
    assert int(get(program.port, "/").text) > 20_000
    program.terminate()
    program.wait(10)
    assert "left: 0" in program.out
