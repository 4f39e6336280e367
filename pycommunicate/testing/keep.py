"""What a person typed, and what had the focus: kept while a page is mounted anew. The same as `client/src/keep.ts`, without scrolling."""

from collections.abc import Callable

from pycommunicate.testing.dom import fields
from pycommunicate.testing.dom.document import Document
from pycommunicate.testing.dom.node import Element, attribute, elements, set_attribute, text_content

Restore = Callable[[Element], None]


class Keep:
    """Saves what was changed, and puts it back where it has its place again."""

    def __init__(self) -> None:
        self._changes: dict[str, Restore] | None = None
        self._focus: str | None = None
        self._loaded = False

    def save(self, document: Document) -> None:
        """Note what was changed in `document`, before it goes."""
        self._changes = self._changes or {}
        self._loaded = False
        known = fields_by_key(document)
        for key, field in known.items():
            change = _change_of(field)
            if change is not None:
                self._changes[key] = change
        active = document.active
        if active is not None:
            id_ = attribute(active, "id")
            self._focus = next((key for key, field in known.items() if field is active), f"#{id_}/0" if id_ else None)

    def discard(self) -> None:
        """Another view begins."""
        self._changes = self._focus = None

    def loaded(self) -> None:
        """`load()` has ended: what is not there now does not come back."""
        self._loaded = True

    def moved(self) -> None:
        """The server moved the focus."""
        self._focus = None

    def settle(self, document: Document) -> None:
        """Put back what has its place again."""
        if self._changes is None:
            return
        known = fields_by_key(document)
        for key in tuple(self._changes):
            field = known.get(key)
            if field is None:
                continue
            change = self._changes.pop(key)
            if field.author != "server":
                change(field)
                field.author = "person"
        self._refocus(document, known)
        if self._loaded:
            self.discard()

    def _refocus(self, document: Document, known: dict[str, Element]) -> None:
        if self._focus is None:
            return
        field = known.get(self._focus) or document.by_id(self._focus[1:].rpartition("/")[0])
        if field is not None or document.active is not None:
            self._focus = None
        if field is not None and document.active is None:
            document.active = field


def fields_by_key(document: Document) -> dict[str, Element]:
    """Return every field under a key that names the same field in the next document."""
    groups: dict[str, list[Element]] = {}
    forms = [one for one in elements(document.root) if one.name == "form"]
    for field in elements(document.body):
        if field.name in {"input", "textarea", "select", "details"} or "contenteditable" in field.attrs:
            groups.setdefault(_group_of(field, forms), []).append(field)
    found = {}
    for key, group in groups.items():
        total = f"/{len(group)}" if key.startswith("@") else ""
        for index, field in enumerate(group):
            found[f"{key}/{index}{total}"] = field
    return found


def _group_of(field: Element, forms: list[Element]) -> str:
    id_ = attribute(field, "id")
    if id_:
        return f"#{id_}"
    kind = f"{field.name}/{fields.type_of(field)}"
    name = attribute(field, "name")
    if not name:
        return f"@{kind}"
    form = fields.form_of(field)
    place = "" if form is None else attribute(form, "id") or next(n for n, one in enumerate(forms) if one is form)
    value = fields.value_of(field) if fields.type_of(field) in fields.CHECKABLE else ""
    return f"{kind}/{place}/{name}/{value}"


def _change_of(field: Element) -> Restore | None:
    if field.name == "details":
        is_open = attribute(field, "open")
        return lambda other: set_attribute(other, "open", is_open)
    if field.author == "server":
        return None
    if field.name == "select":
        chosen = [fields.option_value(option) for option in fields.selected(field)]
        return (lambda other: fields.choose(other, chosen)) if field.author else None
    if field.name == "input" and fields.type_of(field) in fields.CHECKABLE:
        checked = fields.is_checked(field)
        changed = checked != (attribute(field, "checked") is not None)
        return (lambda other: fields.set_checked(other, checked)) if changed else None
    if field.name in {"input", "textarea"}:
        value = fields.value_of(field)
        return (lambda other: fields.set_value(other, value)) if value != fields.default_of(field) else None
    text = text_content(field)
    return (lambda other: setattr(other, "string", text)) if field.author else None
