"""The page that shows an error where there is no living page to show it over. The standard library alone."""

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

from pycommunicate.reload.fault import Description

_SCRIPT: Final = """
const { build, seen } = document.documentElement.dataset;
async function look() {
  let text = null;
  try {
    const answer = await fetch(build, { cache: "no-store" });
    if (answer.ok) text = await answer.text();
    else if ((await fetch(location.href, { method: "HEAD", cache: "no-store" })).ok) return location.reload();
  } catch {}
  if (text !== null && text !== seen) return location.reload();
  setTimeout(look, 500);
}
look();
const button = document.querySelector("button");
button.onclick = async () => {
  const text = document.getElementById("text");
  let done = true;
  try {
    await navigator.clipboard.writeText(text.value);
  } catch {
    text.hidden = false;
    text.select();
    done = document.execCommand("copy");
    text.hidden = true;
  }
  button.textContent = done ? "Copied" : "Can't copy";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
};
"""

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; frame-ancestors 'self'; "
    f"script-src 'sha256-{base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()}'"
)
"""The Content-Security-Policy under which the page works: its own script and nothing else."""

_PAGE: Final = """<!DOCTYPE html>
<html lang="en" data-build="{build_url}" data-seen="{build}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>{title}</title><link rel="icon" href="data:,"><style>{style}</style>
</head>
<body>
<main class="fault">
<div class="actions"><button type="button" aria-live="polite">Copy</button></div>
<h1>{title}</h1>
{story}
{causes}
<p class="note" role="status">{note}</p>
<textarea id="text" hidden readonly aria-label="All of it as text">
{text}</textarea>
</main>
<script>{script}</script>
</body>
</html>
"""


def render_error_page(fault: Description, *, note: str, build_url: str, build: str) -> str:
    """Return a complete HTML page that shows `fault`, and loads itself again when something has changed.

    :param fault: what `describe_fault()` returned.
    :param note: a sentence on what the server does now, and what happens when the error is mended.
    :param build_url: what it asks, twice a second, for the build that is served.
    :param build: the build in which the error was met.
    """
    return _PAGE.format(
        build_url=escape(build_url),
        build=escape(build),
        title=escape(fault["title"]),
        style=_style(),
        story="\n".join(_story(fault)),
        causes="\n".join(_cause(cause) for cause in fault["causes"]),
        note=escape(note),
        text=escape(fault["text"]),
        script=_SCRIPT,
    )


@cache
def _style() -> str:
    return "".join(Path(__file__).with_name(name).read_text("utf-8") for name in ("fault.css", "errorpage.css"))


def _cause(cause: Description) -> str:
    heading = escape(cause["relation"][:1].upper() + cause["relation"][1:])
    return f'<section class="cause"><h2>{heading}</h2>{"".join(_story(cause))}</section>'


def _story(told: Description) -> Iterator[str]:
    said = f" {escape(told['message'])}" if told["message"] else ""
    yield f'<p class="said"><span class="kind">{escape(told["kind"])}</span>{said}</p>'
    if told["file"] is not None:
        yield f'<p class="place">{_place(told)}</p>{_code(told)}'
    frames = told["frames"]
    first = frames[0] if frames else {}
    leads = bool(first.get("project")) and (first["file"], first["line"]) == (told["file"], told["line"])
    own = [frame for frame in frames if frame["project"]][leads:]
    others = [frame for frame in frames if not frame["project"]]
    if own:
        yield f"<h2>{'Called from' if leads else 'Reached from'}</h2>{_list(own)}"
    if others:
        count = "1 frame" if len(others) == 1 else f"{len(others)} frames"
        yield f'<details class="libraries"><summary>{count} in libraries</summary>{_list(others)}</details>'


def _list(frames: list[Description]) -> str:
    items = []
    for frame in frames:
        line = f'<span>{_place(frame)}</span> <span class="function">{escape(frame["function"])}</span>'
        code = _code(frame)
        shown = f"<details><summary>{line}</summary>{code}</details>" if code else f'<div class="frame">{line}</div>'
        items.append(f"<li>{shown}</li>")
    return f"<ol>{''.join(items)}</ol>"


def _place(place: Description) -> str:
    parts = (place["file"], place["line"], place["column"])
    return escape(":".join(str(part) for part in parts if part is not None))


def _code(place: Description) -> str:
    if not place["code"]:
        return ""
    lines = []
    for number, text in place["code"]:
        here = number == place["line"]
        name = "line here" if here else "line"
        lines.append(f'<span class="{name}"><span class="number">{number}</span>{escape(text)}\n</span>')
        if here and place["column"] is not None:
            lines.append(_caret(text, place["column"] - 1, place["end_column"] - 1))
    return f'<pre class="code" tabindex="0"><code class="lines">{"".join(lines)}</code></pre>'


def _caret(text: str, start: int, end: int) -> str:
    before = f'<span class="before">{escape(text[:start])}</span>'
    carets = f'<span class="caret">{"^" * max(1, end - start)}</span>'
    return f'<span class="line here" aria-hidden="true"><span class="number"></span>{before}{carets}\n</span>'
