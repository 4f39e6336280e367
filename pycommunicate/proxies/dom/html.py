"""HTMLWrapper: the document in the browser."""

from typing import Any

from pycommunicate.protocol.operations import Op
from pycommunicate.proxies.channel import Channel
from pycommunicate.proxies.dom.element import ElementWrapper


class HTMLWrapper:
    """Finds elements of the page. Every controller and view has one as `html_wrapper`; it is not created by hand.

    It works from `load()` on, in handlers, timers and subscriptions: everywhere but in `render()`, where there is no page yet.
    """

    __slots__ = ("_channel",)

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def exists(self, selector: str) -> bool:
        """Ask the browser whether an element matches `selector`. Blocks: one round trip.

        :param selector: CSS (Selectors Level 4), as for `Document.querySelector`.
        :raises InvalidSelector: the browser can't parse the selector.
        :raises BrowserTimeout: no answer within the deadline (10 s).
        :raises BrowserGone: the person has left the page.
        """
        return self._channel.ask(Op.EXISTS, _selector(selector)) is True

    def element(self, selector: str) -> ElementWrapper | Any:
        """Return the first element that matches `selector`, None where there is none. Blocks: one round trip.

        What is returned stays that element, whatever the selector matches later.

        :param selector: CSS (Selectors Level 4), as for `Document.querySelector`.
        :raises InvalidSelector: the browser can't parse the selector.
        :raises BrowserTimeout: no answer within the deadline (10 s).
        :raises BrowserGone: the person has left the page.
        """
        handle = self._channel.find(_selector(selector))
        return None if handle is None else ElementWrapper(self._channel, handle, selector)


def _selector(selector: object) -> str:
    if isinstance(selector, str):
        return selector
    message = f"a selector is a str such as '#todo', not {type(selector).__name__}"
    raise TypeError(message)
