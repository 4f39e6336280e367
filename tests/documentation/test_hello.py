"""hello.py, as it stands in the documentation."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from tests.tools.raw import get
from tests.tools.tutorial import PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.fixtures import Server

SENTENCE = re.compile(
    r"^Hello World! My user id is (\S+), and my request id is (\S+)\. The session says you have requested this (\d+) times$"
)


def test_hello_counts_in_the_session(serve: Server, tmp_path: Path) -> None:
    shutil.copy(PROGRAMS / "hello.py", tmp_path / "hello.py")
    program = serve(tmp_path / "hello.py", folder=tmp_path)
    cookie = ""
    users, requests = set(), set()
    for count in (1, 2, 3):
        response = get(program.port, "/", cookie)
        cookie = response.cookie_after(cookie)
        assert response.status == 200
        assert (response.header("content-type") or "").startswith("text/html")
        found = SENTENCE.match(response.text)
        assert found is not None, response.text
        assert int(found[3]) == count
        users.add(found[1])
        requests.add(found[2])
    assert len(users) == 1
    assert len(requests) == 3
    other = SENTENCE.match(get(program.port, "/").text)
    assert other is not None
    assert other[1] not in users
    assert other[3] == "1"
    assert "Traceback" not in program.log
