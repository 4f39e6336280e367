"""What README.md and docs/ tell their readers to do is done here: the programs run, the commands exist, the links lead somewhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from playwright.sync_api import expect

from tests.examples.opening import EXAMPLES, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.examples.opening import Visit
    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

DOCUMENTS: Final = [
    ROOT / "README.md",
    EXAMPLES / "README.md",
    *sorted((ROOT / "docs").glob("[a-z]*.md")),
]

COVERED: Final = {
    "python benchmarks/compare.py --rounds 11": "tests/benchmarks runs its workloads at a tiny size, and the command",
    "pip install .": "dev.py begins every run of the tests by installing the clone with pip",
    "python3 dev.py demo": "test_dev_py_knows_its_commands; what it starts, examples/todo, is clicked in test_examples.py",
    "python3 dev.py test": "test_dev_py_knows_its_commands; .ci/run runs it",
    "python3 examples/chat/app.py": "test_examples.py starts every example with this command line",
    "python3 examples/todo/app.py": "the same",
    "pycommunicate new shop": "tests/cli/test_new.py",
    "pycommunicate new todo": "tests/scaffolds/test_installing.py",
    "cd todo": "the same",
    "pycommunicate run --debug": "tests/scaffolds/test_projects.py and test_in_chromium.py, for each template",
    'pip install "pycommunicate[testing]"': "dev.py installs this extra with the others, and tests/testing uses it",
    "pyinstaller --add-data templates:templates --add-data static:static app.py": "tests/scaffolds/test_freezing.py, with the soaks",
    'python3 -c "import secrets; print(secrets.token_hex())"': "test_the_command_for_a_secret_key_prints_one",
}
"""Every command that README.md and the users' pages of docs/ name, and what runs it."""


class Block(NamedTuple):
    """A fenced block of a document."""

    language: str
    text: str


def blocks(document: Path) -> list[Block]:
    found = re.findall(r"^( *)```(\w*)\n(.*?)^\1```$", document.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [Block(language, textwrap.dedent(text)) for _, language, text in found]


def programs(document: Path) -> list[str]:
    """The complete programs: those that run an app."""
    return [block.text for block in blocks(document) if block.language == "python" and "app.run()" in block.text]


@pytest.fixture
def documented(serve: Server, expect_console: Callable[..., None]) -> Callable[[str], Program]:
    """Start a program of the documents as it stands; they have no icon, which Chromium asks for."""
    expect_console(r"favicon\.ico")

    def start(source: str) -> Program:
        return serve(source, unchanged=True, templates={"home.html": template_of_the_tutorial()})

    return start


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_command_is_covered_by_a_test(document: Path) -> None:
    commands = [line for block in blocks(document) if block.language in {"", "sh"} for line in block.text.splitlines()]
    if document.name != "wire.md":
        assert [command for command in commands if command and command not in COVERED] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_piece_of_python_is_python(document: Path) -> None:
    for block in blocks(document):
        if block.language == "python":
            ast.parse(block.text)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_leads_to_a_file_of_the_project(document: Path) -> None:
    text = document.read_text("utf-8")
    text = re.sub(r"```.*?```|`[^`\n]+`", "", text, flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)]+)\)|(?:src|srcset)=\"([^\"]+)\"", text)
    for target in ("".join(pair) for pair in targets):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, target


def test_the_program_in_the_readme_does_what_it_says(documented: Callable[[str], Program], visit: Visit) -> None:
    (source,) = programs(ROOT / "README.md")
    assert len([line for line in source.splitlines() if line.strip()]) <= 20
    page = visit(documented(source).url)
    page.get_by_label("New entry").fill("<b>milk</b>")
    page.keyboard.press("Enter")
    expect(page.locator("#todo p")).to_have_text(["<b>milk</b>"])


def test_the_first_program_of_the_tutorial_serves_its_page(documented: Callable[[str], Program], visit: Visit) -> None:
    first, _ = programs(ROOT / "docs" / "tutorial.md")
    page = visit(documented(first).url)
    expect(page.get_by_role("heading")).to_have_text("Todo")


def test_the_tutorial_becomes_what_it_says(
    documented: Callable[[str], Program], visit: Visit, expect_console: Callable[..., None]
) -> None:
    # It restarts, and with a new key: its open pages are refused, and load themselves again.
    expect_console("ERR_CONNECTION_REFUSED", "WebSocket connection", "status of 400")
    _, source = programs(ROOT / "docs" / "tutorial.md")
    program = documented(source)
    one, other = visit(program.url), visit(program.url)
    for text in ("Milk", "Bread"):
        one.get_by_label("New entry").fill(text)
        one.keyboard.press("Enter")
        expect(other.locator("#todo li span").last).to_have_text(text)
    expect(one.get_by_label("New entry")).to_have_value("")
    other.get_by_role("button", name="Remove Milk").click()
    expect(one.locator("#todo li span")).to_have_text(["Bread"])
    program.restart()
    for page in (one, other, visit(program.url)):
        expect(page.locator("#todo li span")).to_have_text(["Bread"])


def test_the_steps_of_the_tutorial_lead_to_its_program(documented: Callable[[str], Program], visit: Visit) -> None:
    """Steps 1 to 4, put together as the text says."""
    pieces = [block.text for block in blocks(ROOT / "docs" / "tutorial.md") if block.language == "python"]
    first, entries, load, listen, remove, submit, add = pieces[:7]
    head, tail = first.split("\n\n\napp.add_controller")
    key = "app.set_secret_key(secrets.token_hex())\n"
    head = head.replace(key, key + "\n" + entries)
    load, show = load.split("\n\ndef show")
    methods = "\n\n".join([load + "\n" + indent(listen) + indent(submit), "def show" + show, remove, add])
    source = head + "\n\n" + indent(methods) + "\n\napp.add_controller" + tail
    page = visit(documented(source).url)
    page.get_by_label("New entry").fill("Milk")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove Read the tutorial").click()
    expect(page.locator("#todo li span")).to_have_text(["Have a coffee", "Milk"])


@pytest.mark.parametrize("command", ["demo", "test"])
def test_dev_py_knows_its_commands(command: str) -> None:
    asked = [sys.executable, str(ROOT / "dev.py"), command, "--help"]
    assert f"dev.py {command}" in subprocess.run(asked, capture_output=True, check=True, text=True, timeout=20).stdout


def test_the_command_for_a_secret_key_prints_one() -> None:
    command = [sys.executable, "-c", "import secrets; print(secrets.token_hex())"]
    assert len(subprocess.run(command, capture_output=True, check=True, timeout=20).stdout.strip()) == 64


def template_of_the_tutorial() -> str:
    (template,) = [block.text for block in blocks(ROOT / "docs" / "tutorial.md") if block.language == "html"]
    return template


def indent(text: str) -> str:
    return textwrap.indent(text, "    ")
