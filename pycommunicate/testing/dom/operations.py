"""The operations of docs/wire.md, on a document of ours: the same table as `client/src/operations/table.ts`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from pycommunicate.protocol.operations import FIRST_READ, Op
from pycommunicate.testing.dom import fields
from pycommunicate.testing.dom.document import Document
from pycommunicate.testing.dom.errors import OperationError
from pycommunicate.testing.dom.events import Listener, Listeners
from pycommunicate.testing.dom.handles import Handles
from pycommunicate.testing.dom.node import (
    HTML,
    SVG,
    Element,
    ancestors,
    attribute,
    classes,
    elements,
    parent,
    set_attribute,
)
from pycommunicate.testing.dom.properties import get_property, set_property, write_text
from pycommunicate.testing.dom.safety import (
    refuses,
    refuses_property,
    refuses_style,
    refuses_tag,
    refuses_url,
)
from pycommunicate.testing.dom.styles import read_style, write_style

_WRITTEN = re.compile(r"value|checked|selected|files|open|textContent|innerText")


@dataclass
class Scope:
    """What an operation may touch."""

    document: Document
    handles: Handles
    listeners: Listeners
    url: str = "http://localhost/"
    navigate: Callable[[str], None] = lambda _url: None
    focus: Callable[[Element | None], None] = lambda _element: None
    redeem: Callable[[int, str], None] = lambda _tag, _ticket: None
    foretold: dict[int, tuple[int, list[Any]]] = field(default_factory=dict)
    """What the server will ask after events: version and questions, by the number that a listener's `ask` names."""
    loaded: bool = False
    """Whether `load()` has ended."""

    @property
    def origin(self) -> str:
        """Where the page comes from: scheme, host and port."""
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.url))

    def forget(self, element: Element, *, itself: bool = True) -> None:
        """The element (or only what is inside) has left the document for good."""
        gone = set(self.handles.forget_children(element))
        if itself:
            self.handles.forget(element)
            gone.add(element)
        self.listeners.forget(gone)
        if self.document.active in gone:
            self.document.active = None


class Later:
    """The answer comes later."""


def apply(scope: Scope, operation: list[Any]) -> Any:
    """Carry out one operation and return a read's answer: JSON, an element, or `Later`. Raises `OperationError`."""
    run = _TABLE.get(operation[0])
    if run is None:
        raise OperationError("failed", f"unknown operation {operation[0]}")
    try:
        return run(
            scope, *(operation[2:] if operation[0] >= FIRST_READ and operation[0] != Op.REDEEM else operation[1:])
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise OperationError("failed", str(error)) from error


# -- the tree -----------------------------------------------------------------------------------------------------------------


def _create(scope: Scope, handle: int, tag: str, around: Element) -> Element:
    if refuses_tag(tag) or refuses_tag(around.name):
        raise OperationError("refused")
    namespace = SVG if tag == "svg" else HTML if around.name == "foreignObject" else around.namespace or HTML
    element = scope.document.create(tag, namespace)
    scope.handles.set(handle, element)
    return element


def _around(reference: Element) -> Element:
    around = parent(reference)
    if around is None or around.name == "[document]":
        raise OperationError("gone")
    return around


def _add_child(scope: Scope, handle: int, new: int, tag: str) -> None:
    element = scope.handles.get(handle)
    element.append(_create(scope, new, tag, element))


def _prepend_child(scope: Scope, handle: int, new: int, tag: str) -> None:
    element = scope.handles.get(handle)
    element.insert(0, _create(scope, new, tag, element))


def _add_before(scope: Scope, reference: int, new: int, tag: str) -> None:
    element = scope.handles.get(reference)
    element.insert_before(_create(scope, new, tag, _around(element)))


def _add_after(scope: Scope, reference: int, new: int, tag: str) -> None:
    element = scope.handles.get(reference)
    element.insert_after(_create(scope, new, tag, _around(element)))


def _append_html(scope: Scope, handle: int, html: str) -> None:
    element = scope.handles.get(handle)
    if refuses_tag(element.name):
        raise OperationError("refused")
    for node in scope.document.fragment(html, element):
        element.append(node)


def _delete(scope: Scope, handle: int) -> None:
    element = scope.handles.get(handle)
    if element is scope.document.root:
        raise OperationError("failed", "the document element stays")
    scope.forget(element)
    element.extract()


def _clear(scope: Scope, handle: int) -> None:
    element = scope.handles.get(handle)
    scope.forget(element, itself=False)
    element.clear()


def _content(scope: Scope, handle: int, text: str) -> None:
    element = scope.handles.get(handle)
    if refuses(element, "textContent", text, scope.origin):
        raise OperationError("refused")
    scope.forget(element, itself=False)
    write_text(scope.document, element, text, lines=element.name != "style")


# -- what an element has ------------------------------------------------------------------------------------------------------


def _set_property(scope: Scope, handle: int, name: str, value: Any) -> None:
    element = scope.handles.get(handle)
    if refuses(element, name, value, scope.origin, is_property=True):
        raise OperationError("refused")
    if name in {"textContent", "innerText"}:
        scope.forget(element, itself=False)
    set_property(scope.document, element, name, value)
    if _WRITTEN.match(name):
        element.author = "server"


def _set_style(scope: Scope, handle: int, name: str, value: str | None) -> None:
    element = scope.handles.get(handle)
    if refuses_style(name, value, scope.origin):
        raise OperationError("refused")
    write_style(element, name, value)


def _set_attribute(scope: Scope, handle: int, name: str, value: str | None) -> None:
    element = scope.handles.get(handle)
    if refuses(element, name, value, scope.origin):
        raise OperationError("refused")
    set_attribute(element, name.lower() if element.namespace in {HTML, None} else name, value)


def _set_classes(scope: Scope, handle: int, added: list[str], removed: list[str]) -> None:
    element = scope.handles.get(handle)
    names = [name for name in classes(element) if name not in removed]
    names += [name for name in dict.fromkeys(added) if name not in names]
    if names or attribute(element, "class") is not None:
        set_attribute(element, "class", " ".join(names))


# -- the page -----------------------------------------------------------------------------------------------------------------


def _listen(scope: Scope, listener: int, handle: int, event: str, options: dict[str, Any] | None = None) -> None:
    scope.listeners.add(scope.document, Listener(listener, scope.handles.get(handle), event, options or {}))


def _bind(scope: Scope, handle: int, selector: str) -> None:
    element = scope.document.select_one(selector)
    if element is None:
        raise OperationError("gone", f"nothing matches {selector!r}")
    scope.handles.set(handle, element)


def _navigate(scope: Scope, url: str) -> None:
    if refuses_url(url) or urlsplit(urljoin(scope.url, url)).scheme not in {"http", "https"}:
        raise OperationError("refused")
    scope.navigate(url)


def _loaded(scope: Scope) -> None:
    scope.loaded = True


def _focus(scope: Scope, handle: int) -> None:
    element = scope.handles.get(handle)
    if scope.document.focusable(element):
        scope.focus(element)


def _blur(scope: Scope, handle: int) -> None:
    if scope.handles.get(handle) is scope.document.active:
        scope.focus(None)


# -- reads --------------------------------------------------------------------------------------------------------------------


def _find(scope: Scope, handle: int, selector: str) -> Any:
    element = scope.document.select_one(selector)
    if element is None:
        return False
    if element in scope.handles:
        return element
    scope.handles.set(handle, element)
    return True


def _get_property(scope: Scope, handle: int, name: str) -> Any:
    if refuses_property(name):
        raise OperationError("refused")
    return get_property(scope.document, scope.handles.get(handle), name, scope.url)


def _get_style(scope: Scope, handle: int, name: str) -> str:
    return read_style(scope.handles.get(handle), name)


def _attributes(scope: Scope, handle: int) -> dict[str, str]:
    return {name: str(value) for name, value in scope.handles.get(handle).attrs.items()}


def _redeem(scope: Scope, tag: int, ticket: str) -> type[Later]:
    scope.redeem(tag, ticket)
    return Later


# -- reads that the server foretold -------------------------------------------------------------------------------------------


def foresee(scope: Scope, asked: list[Any], operands: list[Any], matched: Element | None) -> list[Any]:
    """Return the answers to what the server has said it will ask: `[status, value, around, plain]`, or 0 where there is none."""
    found: list[Element | None] = []
    answers: list[Any] = []
    for code, where, *names in asked:
        element: Element | None = None
        answer: Any = 0
        try:
            if code < Op.GET_PROPERTY:
                element = scope.document.select_one(_selector_of(where, operands, matched))
                answer = [0, False] if element is None else [1, scope.handles.of(element)]
            else:
                element = _element_of(scope, where, operands, matched, found)
                if element is not None:
                    value = _TABLE[code](scope, scope.handles.of(element), *names)
                    answer = [1, scope.handles.of(value)] if isinstance(value, Element) else [0, value]
        except (OperationError, TypeError, ValueError, AttributeError, IndexError):
            answer = 0
        found.append(element)
        answers.append(answer)
    for answer, element in zip(answers, found, strict=True):
        if answer and element is not None:
            outer = [
                one for one in list(ancestors(element))[1:] if one in scope.handles and one is not scope.document.root
            ]
            around = [scope.handles.of(one) for one in outer]
            plain = element.name == "textarea" or (element.name == "input" and fields.type_of(element) != "radio")
            answer.extend([around, 1] if plain else [around] if around else [])
    return answers


def _selector_of(where: Any, operands: list[Any], matched: Element | None) -> str:
    if isinstance(where, str):
        return where
    parts = (
        operands[part] if isinstance(part, int) else part if isinstance(part, str) else attribute(matched, part[0])  # type: ignore[arg-type]
        for part in where
    )
    return "".join("" if part is None else str(part) for part in parts)


def _element_of(
    scope: Scope, where: Any, operands: list[Any], matched: Element | None, found: list[Element | None]
) -> Element | None:
    if isinstance(where, list):
        return scope.handles.get(where[0])
    if where < -1:
        return scope.handles.get(operands[-2 - where])
    return matched if where < 0 else found[where]


def _gather(scope: Scope, asked: list[Any], operands: list[Any], matched: int | None) -> list[Any]:
    return foresee(scope, asked, operands, None if matched is None else scope.handles.get(matched))


def _foretell(scope: Scope, habit: int, version: int, asked: list[Any], listeners: list[Any]) -> None:
    scope.foretold[habit] = (version, asked)
    for entry in listeners:
        number, *operands = entry if isinstance(entry, list) else [entry]
        scope.listeners.asks(number, [habit, *operands])


_TABLE: dict[int, Callable[..., Any]] = {
    Op.ADD_CHILD: _add_child,
    Op.ADD_BEFORE: _add_before,
    Op.ADD_AFTER: _add_after,
    Op.DELETE: _delete,
    Op.CONTENT: _content,
    Op.SET_PROPERTY: _set_property,
    Op.SET_STYLE: _set_style,
    Op.SET_ATTRIBUTE: _set_attribute,
    Op.SET_CLASSES: _set_classes,
    Op.LISTEN: _listen,
    Op.UNLISTEN: lambda scope, listener: scope.listeners.remove(listener),
    Op.FOCUS: _focus,
    Op.APPEND_HTML: _append_html,
    Op.BIND: _bind,
    Op.NAVIGATE: _navigate,
    Op.LOADED: _loaded,
    Op.PREPEND_CHILD: _prepend_child,
    Op.CLEAR: _clear,
    Op.BLUR: _blur,
    Op.SCROLL_INTO_VIEW: lambda scope, handle: scope.handles.get(handle) and None,
    Op.FIND: _find,
    Op.EXISTS: lambda scope, selector: scope.document.select_one(selector) is not None,
    Op.GET_PROPERTY: _get_property,
    Op.GET_STYLE: _get_style,
    Op.GET_ATTRIBUTE: lambda scope, handle, name: attribute(scope.handles.get(handle), name),
    Op.GET_ATTRIBUTES: _attributes,
    Op.GET_CLASSES: lambda scope, handle: classes(scope.handles.get(handle)),
    Op.FORM_DATA: lambda scope, handle: fields.form_data(scope.handles.get(handle)),
    Op.REDEEM: _redeem,
    Op.FORETELL: _foretell,
    Op.HOLD: lambda _scope, _listener, _held: None,  # the session's
    Op.GATHER: _gather,
}

__all__ = ["Later", "Scope", "apply", "elements", "foresee"]
