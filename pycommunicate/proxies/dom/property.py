"""What an element has that reads like a plain attribute of the handle: `content`, `value`, `style[...]`, `classes`, ..."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar, overload

from pycommunicate.protocol.operations import Op
from pycommunicate.protocol.safety import check_attribute, check_attribute_value, check_style, check_style_value

if TYPE_CHECKING:
    from pycommunicate.proxies.dom.element import ElementWrapper

T = TypeVar("T")


class Property(Generic[T]):
    """A descriptor for one property of the DOM. Getting blocks for one round trip; setting returns at once."""

    def __init__(self, name: str, doc: str) -> None:
        self._name = name
        self.__doc__ = doc

    @overload
    def __get__(self, element: None, owner: type) -> "Property[T]": ...
    @overload
    def __get__(self, element: "ElementWrapper", owner: type) -> T: ...
    def __get__(self, element: "ElementWrapper | None", owner: type) -> "T | Property[T]":
        if element is None:
            return self
        return element.get_property(self._name)  # type: ignore[no-any-return]

    def __set__(self, element: "ElementWrapper", value: T) -> None:
        if type(value) is str:  # what these names hold as text is no code and no URL: see `set_property`
            channel = element._channel
            handle = element._handle if element._epoch == channel.epoch else element._named()
            channel.write((6, handle, self._name, value))  # Op.SET_PROPERTY
        else:
            element.set_property(self._name, value)


class Content:
    """The text inside the element (innerText). Getting blocks for one round trip; setting returns at once.

    What is set is text, always: markup in it is shown, not obeyed. Anything but a str is shown as `str(value)`.
    """

    @overload
    def __get__(self, element: None, owner: type) -> "Content": ...
    @overload
    def __get__(self, element: "ElementWrapper", owner: type) -> str: ...
    def __get__(self, element: "ElementWrapper | None", owner: type) -> "str | Content":
        if element is None:
            return self
        return element.get_property("innerText")  # type: ignore[no-any-return]

    def __set__(self, element: "ElementWrapper", value: object) -> None:
        text = value if type(value) is str else "" if value is None else str(value)
        channel = element._channel
        handle = element._handle if element._epoch == channel.epoch else element._named()
        channel.write((5, handle, text))  # Op.CONTENT


class Style:
    """`element.style["marginTop"]`: the element's inline style. Names as in CSSOM (`marginTop`), as in CSS (`margin-top`), or `--variable`."""

    __slots__ = ("_element",)

    def __init__(self, element: "ElementWrapper") -> None:
        self._element = element

    def __getitem__(self, name: str) -> str:
        """Return the value, an empty str where it is not set. Blocks: one round trip."""
        element = self._element
        return str(element._channel.ask(Op.GET_STYLE, element._named(), check_style(name)))

    def __setitem__(self, name: str, value: object) -> None:
        """Set the value (`"4px"`); None or an empty str removes it. Returns at once.

        Raises `UnsafeURL` if it would load anything but a relative URL or a bitmap in `data:`.
        """
        text = None if value is None else str(value)
        check_style_value(name, text)
        element = self._element
        element._channel.write((Op.SET_STYLE, element._named(), name, text))

    def __delitem__(self, name: str) -> None:
        """Remove the property from the inline style. Returns at once."""
        self[name] = None

    def update(self, values: Mapping[str, object]) -> None:
        """Set several. Returns at once."""
        for name, value in values.items():
            self[name] = value


class Attributes:
    """`element.attributes["aria-label"]`: the element's attributes, as in the HTML."""

    __slots__ = ("_element",)

    def __init__(self, element: "ElementWrapper") -> None:
        self._element = element

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the attribute's value, `default` where it is not set. Blocks: one round trip."""
        element = self._element
        value = element._channel.ask(Op.GET_ATTRIBUTE, element._named(), check_attribute(name))
        return default if value is None else str(value)

    def __getitem__(self, name: str) -> str:
        """Return the attribute's value. Blocks: one round trip. Raises `KeyError` where it is not set."""
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: str) -> bool:
        """Whether the attribute is set. Blocks: one round trip."""
        return self.get(name) is not None

    def __setitem__(self, name: str, value: object) -> None:
        """Set the attribute; True sets it to the empty str, False and None remove it. Returns at once.

        Raises `RefusedName` for names that run or decide what may run (`on...`, `srcdoc`, `sandbox`), `UnsafeURL` for a URL that
        is neither relative nor http(s) (`action`: relative), and for CSS that loads from another host.
        """
        text = None if value is None or value is False else "" if value is True else str(value)
        check_attribute_value(name, text)
        element = self._element
        element._channel.write((Op.SET_ATTRIBUTE, element._named(), name, text))

    def __delitem__(self, name: str) -> None:
        """Remove the attribute. Returns at once."""
        self[name] = None

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names. Blocks: one round trip."""
        return iter(self.all())

    def all(self) -> dict[str, str]:
        """Return all attributes as a dict. Blocks: one round trip."""
        element = self._element
        return _strings(element._channel.ask(Op.GET_ATTRIBUTES, element._named()))

    def update(self, values: Mapping[str, object]) -> None:
        """Set several. Returns at once."""
        if not hasattr(values, "items"):
            message = f"attributes is a {type(values).__name__}; expected a dict of name to value"
            raise TypeError(message)
        for name, value in values.items():
            self[name] = value


class Classes:
    """`element.classes.add("done")`: the element's classes (DOMTokenList)."""

    __slots__ = ("_element",)

    def __init__(self, element: "ElementWrapper") -> None:
        self._element = element

    def add(self, *names: str) -> None:
        """Add classes. Returns at once."""
        self._write(names, ())

    def remove(self, *names: str) -> None:
        """Remove classes; those that are not there are no error. Returns at once."""
        self._write((), names)

    def replace(self, old: str, new: str) -> None:
        """Remove `old`, add `new`. Returns at once."""
        self._write((new,), (old,))

    def toggle(self, name: str, force: bool | None = None) -> None:
        """Add the class where `force` is true, remove it where it is false: returns at once.

        Without `force`, add it if it is not there, else remove it. That asks first: one round trip.
        """
        if force is None:
            force = name not in self
        self._write((name,), ()) if force else self._write((), (name,))

    def __contains__(self, name: str) -> bool:
        """Whether the element has the class. Blocks: one round trip."""
        return name in self.all()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the classes. Blocks: one round trip."""
        return iter(self.all())

    def all(self) -> list[str]:
        """Return the classes in their order. Blocks: one round trip."""
        element = self._element
        answer = element._channel.ask(Op.GET_CLASSES, element._named())
        return [str(item) for item in answer] if isinstance(answer, list) else []

    def _write(self, added: tuple[str, ...], removed: tuple[str, ...]) -> None:
        for name in (*added, *removed):
            if not isinstance(name, str) or not name or any(c.isspace() for c in name):
                message = f"{name!r} is no class; expected a str without spaces, one argument a class"
                raise ValueError(message)
        element = self._element
        element._channel.write((Op.SET_CLASSES, element._named(), list(added), list(removed)))


def _strings(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}
