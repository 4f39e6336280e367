"""Server, client and simulated browser refuse the same names and values: what tests/wire/safety.json has, and what chance makes."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pycommunicate.protocol._names import ELEMENTS, RULES, RULES_OF, UNREAD, UNWRITTEN
from tests.wire.verdicts import ORIGIN, Client, Write, server_refuses, simulated_refuses

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "safety.json").read_text("utf-8"))
WRITES: dict[str, list[Write]] = GOLDEN["writes"]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


@pytest.mark.parametrize(
    ("group", "by_server", "by_browsers"),
    [
        ("refused", True, True),
        ("refused_in_the_browser", False, True),
        ("own", True, False),
        ("allowed", False, False),
    ],
)
def test_what_is_written(client: Client, group: str, by_server: bool, by_browsers: bool) -> None:
    writes = WRITES[group]
    found = {
        json.dumps(write): (server_refuses(write), simulated_refuses(write), refused)
        for write, refused in zip(writes, client.refuses(writes), strict=True)
    }
    assert {write: one for write, one in found.items() if one != (by_server, by_browsers, by_browsers)} == {}


# What CSS, addresses and names are made of, so that chance finds their grammar.
PIECES = [
    *(
        "url(",
        "u\\72l(",
        "URL (",
        "image-set(",
        "src(",
        "attr(",
        "expression(",
        "var(",
        "a(",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ";",
    ),
    *(
        "'",
        '"',
        "\\",
        "\\'",
        "\\\n",
        "\n",
        "\r\n",
        "\f",
        "\t",
        " ",
        "\0",
        "\xa0",
        "\u00d7",
        "\u2028",
        "\U0001f600",
        "\ud800",
    ),
    *("/*", "*/", "<!--", "-->", "--x", ":", ",", "@import", "@\\69mport", "@media", "#", "-", "1", "1e3", ".5", "+"),
    *(
        "//evil.example",
        "https://evil.example/x",
        f"{ORIGIN}/x",
        f"{ORIGIN}",
        "http://localhost.evil.example/",
        "\\2f",
        "/",
        "\\5c",
    ),
    *(
        "javascript:",
        "mailto:a",
        "data:image/png;base64,A",
        "data:image/svg+xml,A",
        "DATA:image/PNG,",
        "x.png",
        "2x",
        "a",
        "Z",
    ),
    *(
        "-moz-binding",
        "behavior",
        "BEHAVIOR",
        "\\110000 ",
        "\\0 ",
        "\\d800 ",
        "!important",
        "red",
        "%",
        "?",
        "@",
        "\u212a",
        "\u017f",
    ),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=9).map("".join)
NAMES = sorted({*RULES, *UNREAD, *UNWRITTEN, *(name for rules in RULES_OF.values() for name in rules)})
names = st.builds(
    lambda before, name, upper: before + (name.upper() if upper else name),
    st.sampled_from(["", "", "", "on", "__", "x:", "data-"]),
    st.sampled_from([*NAMES, "title", "value", "formAction", "imageSrcset", "click", "x"]),
    st.booleans(),
)
values = (
    texts
    | st.lists(texts, max_size=2)
    | st.none()
    | st.integers(-5, 5)
    | st.booleans()
    | st.dictionaries(texts, texts, max_size=1)
)
elements = st.sampled_from([*sorted({*ELEMENTS, *RULES_OF}), "a", "img", "form", "div", "SCRIPT", "svg:style"])
styles = st.sampled_from(["background", "cssText", "--x", "--X-y", "color", "MozBinding", "behavior", "font-family"])
writes = st.one_of(
    st.tuples(elements, st.just("attribute"), names, texts | st.none()),
    st.tuples(elements, st.just("property"), names, values),
    st.tuples(st.just("div"), st.just("style"), styles, texts | st.none()),
    st.tuples(st.sampled_from(["style", "script", "p"]), st.just("content"), st.just(""), texts),
    st.tuples(
        st.just("div"), st.just("element"), st.sampled_from([*sorted(ELEMENTS), "p", "svg", "IFRAME"]), st.none()
    ),
    st.tuples(st.just("div"), st.just("read"), names, st.none()),
    st.tuples(
        st.just("a"),
        st.just("attribute"),
        st.sampled_from(["href", "srcset", "action", "ping", "style", "mask"]),
        texts,
    ),
    st.tuples(st.just("a"), st.just("url"), st.just(""), texts),
).map(list)


def is_own(write: Write) -> bool:
    """Whether the address of the page is in it, which the server does not know."""
    return ORIGIN in json.dumps(write[3])


def is_only_seen_by_the_browser(write: Write) -> bool:
    """Whether the element has rules of its own, or the name is not one that the server lets through to be judged."""
    return write[0].lower().rpartition(":")[2] in {*RULES_OF, *ELEMENTS}


PHASES = [
    Phase.explicit,
    Phase.reuse,
    Phase.generate,
]  # a case is short, and named: to shrink sixty of them says no more


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(st.lists(writes, min_size=20, max_size=60))
def test_chance(client: Client, asked: list[Write]) -> None:
    for write, refused in zip(asked, client.refuses(asked), strict=True):
        assert simulated_refuses(write) == refused, write
        by_server = server_refuses(write)
        assert by_server or not refused or is_only_seen_by_the_browser(write), write
        if by_server and not is_own(write):
            assert refused or not _is_name(write), write


def _is_name(write: Write) -> bool:
    """Whether the server's grammar of names takes it; the browser has none."""
    return all(character in string.ascii_letters + string.digits + "_-:." for character in write[2]) and not (
        write[1] in {"property", "read"} and any(character in "-:." for character in write[2])
    )
