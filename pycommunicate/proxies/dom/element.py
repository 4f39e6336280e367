"""ElementWrapper: one element in the browser."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from markupsafe import Markup

from pycommunicate.errors import BadAnswer, ElementGone, RefusedName
from pycommunicate.protocol.operations import Op
from pycommunicate.protocol.safety import check_event, check_property, check_property_value, check_tag
from pycommunicate.protocol.values import to_json
from pycommunicate.proxies.channel import Channel, Named
from pycommunicate.proxies.dom.listener import Listener, WhileRunning, check_listener, options, takes_argument
from pycommunicate.proxies.dom.property import Attributes, Classes, Content, Property, Style


class ElementWrapper:
    """One element in the browser. `HTMLWrapper.element` and the `add_...` methods make them; they are not created by hand.

    Setting and adding return at once: what is written travels with the next message, in the order written. Getting asks
    the browser and blocks for one round trip; it sees everything that was written before. Every getter may raise
    `BrowserTimeout`, `BrowserGone` and `ElementGone`.
    """

    __slots__ = ("_channel", "_epoch", "_handle", "_selector")

    content = Content()
    value: Property[Any] = Property("value", "What a field holds: a str. (`HTMLInputElement.value`)")
    id: Property[str] = Property("id", "The element's id.")
    checked: Property[bool] = Property("checked", "Whether a checkbox or radio button is checked.")
    disabled: Property[bool] = Property("disabled", "Whether a field or button is disabled.")

    def __init__(self, channel: Channel, handle: int, selector: str | None = None) -> None:
        self._channel = channel
        self._epoch = channel.epoch
        self._handle = handle
        self._selector = selector

    def __repr__(self) -> str:
        return f"<ElementWrapper {self._selector or '#' + str(self._handle)}>"

    @property
    def style(self) -> Style:
        """The inline style: `element.style["marginTop"] = "4px"`."""
        return Style(self)

    @property
    def attributes(self) -> Attributes:
        """The attributes: `element.attributes["aria-label"] = "Remove milk"`."""
        return Attributes(self)

    @property
    def classes(self) -> Classes:
        """The classes: `element.classes.add("done")`."""
        return Classes(self)

    def prop(self, name: str, value: Any = None) -> Any:
        """Get the property `name`, or set it to `value` and return this element, so that calls can be chained.

        None means get: `prop(name)` and `prop(name, None)` read. "", False and 0 are values like any other.
        See `get_property` and `set_property`.
        """
        if value is None:
            return self.get_property(name)
        self.set_property(name, value)
        return self

    def get_property(self, property_name: str) -> Any:
        """Return the JavaScript property `property_name` as Python has it. Blocks: one round trip.

        Numbers, strings, booleans, null, arrays and plain objects come as int or float, str, bool, None, list and dict;
        an element as an `ElementWrapper`; what has no JSON form (functions, NaN) as None.

        :raises RefusedName: the name is one of JavaScript's inner ones (`__proto__`).
        :raises AnswerTooLarge: the value does not fit a message (64 KiB).
        """
        answer = self._channel.ask_for_element(Op.GET_PROPERTY, self._named(), check_property(property_name))
        return ElementWrapper(self._channel, answer) if isinstance(answer, Named) else answer

    def set_property(self, property_name: str, value: Any) -> None:
        """Set the JavaScript property `property_name` to `value` (None is null). Returns at once.

        :raises RefusedName: the property turns text into code or decides what may run (`innerHTML`, `onclick`, `sandbox`).
        :raises UnsafeURL: the property holds a URL and `value` is neither relative nor http(s) (`action`: relative), or CSS that
            loads from another host.
        :raises NotSerializable: JSON can't carry the value.
        """
        if property_name in _KNOWN_PROPERTIES and type(value) is str:
            self._channel.write((6, self._named(), property_name, value))  # Op.SET_PROPERTY
            return
        value = to_json(value, f"the property {property_name!r}")
        check_property_value(property_name, value)
        self._channel.write((Op.SET_PROPERTY, self._named(), property_name, value))

    def add_event_listener(
        self,
        event_name: str,
        handler: Callable[..., object],
        *,
        selector: str | None = None,
        once: bool = False,
        reset: bool = False,
        prevent_default: bool | None = None,
        stop_propagation: bool = False,
        keys: Iterable[str] = (),
        while_running: WhileRunning = "queue",
    ) -> Listener:
        """Call `handler` whenever the event happens to this element. Returns at once.

        `handler` takes no argument, or one: the `Event`. Events are handled in the order in which they were made. One call
        ends before the next one of the same listener begins; while it blocks, handlers of other listeners may run.

        :param event_name: the DOM's name: `click`, `input`, `keydown`, `submit`.
        :param handler: the function to call; it may block.
        :param selector: handle the events of elements inside this one that match (`event.target` is the one that did).
        :param once: end the listener after the first event.
        :param reset: reset the form right when the event was made, so that the person can type on while the handler works;
            what they had typed comes with the event.
        :param prevent_default: keep the browser from its own reaction. Default: only for `submit`.
        :param stop_propagation: keep the event from the elements around this one.
        :param keys: only for these keys, such as `["Enter"]` (`KeyboardEvent.key`).
        :param while_running: what becomes of an event that comes while the handler still runs for an earlier one of this
            listener. `queue`, the default, lets it wait until the earlier one has ended. `parallel` runs both. `drop` leaves it out.
            With `selector` and a handler that takes the event, each element inside counts by itself.
        :returns: the listener; its `remove()` ends it.
        :raises TypeError: the handler requires more than one argument, is an `async def` or has a `yield`.
        """
        if event_name not in _KNOWN_EVENTS:
            check_event(event_name)
        channel, handle = self._channel, self._named()
        check_listener(event_name, handler, while_running)
        takes_event = takes_argument(handler, "event")
        if prevent_default is None:
            prevent_default = event_name == "submit"
        chosen: dict[str, Any] | None = None
        if takes_event or prevent_default or stop_propagation or once or reset or keys or selector:
            chosen = options(
                takes_event=takes_event,
                prevent_default=prevent_default,
                stop_propagation=stop_propagation,
                once=once,
                reset=reset,
                keys=keys,
                selector=selector,
            )
        number, asked = channel.listen(handle, handler, (event_name, takes_event, once, while_running, selector))
        if asked is not None:
            chosen = {**(chosen or {}), "ask": asked}
        if chosen:
            channel.write((10, number, handle, event_name, chosen))  # Op.LISTEN
        else:
            channel.write((10, number, handle, event_name))
        return Listener(channel, number)

    def add_child(
        self,
        element_type: str,
        *,
        id: str | None = None,
        content: object = None,
        attributes: Mapping[str, object] | None = None,
    ) -> "ElementWrapper":
        """Add a new element of type `element_type` (`p`, `div`) as the last child of this one and return it. Returns at once.

        :param id: the new element's id.
        :param content: its text.
        :param attributes: its attributes.
        :raises RefusedName: not the name of an element, or one that loads, leads elsewhere or runs (`script`, `iframe`, `link`).
        """
        return self._add(1, element_type, id, content, attributes)

    def prepend_child(
        self,
        element_type: str,
        *,
        id: str | None = None,
        content: object = None,
        attributes: Mapping[str, object] | None = None,
    ) -> "ElementWrapper":
        """Add a new element as the first child of this one and return it. Otherwise as `add_child`."""
        return self._add(17, element_type, id, content, attributes)

    def add_before(
        self,
        element_type: str,
        *,
        id: str | None = None,
        content: object = None,
        attributes: Mapping[str, object] | None = None,
    ) -> "ElementWrapper":
        """Add a new element right before this one and return it. Otherwise as `add_child`."""
        return self._add(2, element_type, id, content, attributes)

    def add_after(
        self,
        element_type: str,
        *,
        id: str | None = None,
        content: object = None,
        attributes: Mapping[str, object] | None = None,
    ) -> "ElementWrapper":
        """Add a new element right after this one and return it. Otherwise as `add_child`."""
        return self._add(3, element_type, id, content, attributes)

    def append_html(self, markup: Markup) -> Self:
        """Parse `markup` and append it. Returns at once, this element. Scripts in it don't run.

        :raises RefusedName: `markup` is no `markupsafe.Markup`. Wrap only what you trust; `Markup("<b>{}</b>").format(name)` escapes.
        """
        if not isinstance(markup, Markup):
            message = f"append_html() takes markupsafe.Markup, not {type(markup).__name__}; for text use content"
            raise RefusedName(message)
        self._channel.write((Op.APPEND_HTML, self._named(), str(markup)))
        return self

    def delete(self) -> None:
        """Remove this element from the document. Returns at once. The instance should no longer be used."""
        handle = self._named()
        self._channel.forget_element(handle)
        self._channel.write((4, handle))  # Op.DELETE

    def clear(self) -> Self:
        """Remove everything inside this element. Returns at once, this element."""
        handle = self._named()
        self._channel.forget_element(handle, inside=True)
        self._channel.write((Op.CLEAR, handle))
        return self

    def focus(self) -> Self:
        """Give the element the keyboard focus. Returns at once, this element."""
        self._channel.write((Op.FOCUS, self._named()))
        return self

    def blur(self) -> Self:
        """Take the keyboard focus away. Returns at once, this element."""
        self._channel.write((Op.BLUR, self._named()))
        return self

    def scroll_into_view(self) -> Self:
        """Scroll so that the element can be seen. Returns at once, this element."""
        self._channel.write((Op.SCROLL_INTO_VIEW, self._named()))
        return self

    def form_data(self) -> dict[str, str | list[str]]:
        """Return what the form holds (or the form around this element, else the fields in it). Blocks: one round trip for all.

        As the browser would send it (HTML, constructing the entry list): name to str; a list where a name occurs more
        than once; unchecked boxes, disabled fields, files and buttons are left out.
        """
        answer = self._channel.ask(Op.FORM_DATA, self._named())
        if not isinstance(answer, dict):
            raise BadAnswer("form_data: expected an object")
        return {
            name: [str(v) for v in value] if isinstance(value, list) else str(value) for name, value in answer.items()
        }

    def _add(
        self, code: int, element_type: str, id: str | None, content: object, attributes: Mapping[str, object] | None
    ) -> "ElementWrapper":
        if element_type not in _KNOWN_TAGS:
            check_tag(element_type)
        channel = self._channel
        reference = self._handle if self._epoch == channel.epoch else self._named()
        inside = code == 1 or code not in _BESIDE
        handle = channel.new_handle(reference if inside else channel.parent_of(reference))
        channel.write((code, reference, handle, element_type))
        element = ElementWrapper(channel, handle)
        if id is not None:
            element.id = id
        if content is not None:
            element.content = content
        if attributes:
            element.attributes.update(attributes)
        return element

    def _named(self) -> int:
        """Return the handle, valid in the current mount of the page: after a mount anew the selector is asked again."""
        channel = self._channel
        if self._epoch == channel.epoch:
            return self._handle
        if self._selector is None:
            message = "the page was mounted anew since this element was made; look it up again"
            raise ElementGone(message)
        self._epoch = channel.epoch
        self._handle = channel.new_handle()
        channel.write((Op.BIND, self._handle, self._selector))
        return self._handle


_KNOWN_PROPERTIES = frozenset({"id", "value", "className", "title", "textContent", "placeholder", "name"})
_BESIDE = frozenset({Op.ADD_BEFORE, Op.ADD_AFTER})
_KNOWN_EVENTS = frozenset({"click", "input", "change", "submit", "keydown"})
_KNOWN_TAGS = frozenset(
    {"div", "p", "span", "button", "li", "ul", "ol", "tr", "td", "th", "a", "b", "input", "label", "h1", "h2", "h3"}
)
