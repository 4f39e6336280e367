"""The ids in a page's HTML, for `load()` ahead of the socket."""

from html.parser import HTMLParser

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_INERT = frozenset({"template", "noscript", "textarea", "title", "iframe", "script", "style", "select", "svg", "math"})


def ids_of(html: str) -> dict[str, tuple[str, ...]]:
    """Return the ids in a document, each with those around it."""
    parser = _Ids()
    parser.feed(html)
    return parser.ids


class _Ids(HTMLParser):
    """The ids in a document, each with those around it. Where end tags are left out it takes more to be around than there is."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[str, tuple[str, ...]] = {}
        self._open: list[tuple[str, str]] = []
        self._inert = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        id_ = next((value for name, value in attributes if name == "id" and value), "")
        if id_ and not self._inert:
            self.ids.setdefault(id_, tuple(name for _, name in self._open if name))
        if tag not in _VOID:
            self._open.append((tag, id_))
            self._inert += tag in _INERT

    def handle_endtag(self, tag: str) -> None:
        if not any(tag == name for name, _ in self._open):
            return
        while self._open:
            name, _ = self._open.pop()
            self._inert -= name in _INERT
            if name == tag:
                return
