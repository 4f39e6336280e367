"""Topics: one page tells others."""

from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

from pycommunicate.protocol.values import JSON, to_json


class Topic:
    """A named channel between pages of this process. `app.topic("room")` returns it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._subscriptions: dict[Subscription, None] = {}

    def __len__(self) -> int:
        return len(self._subscriptions)

    def publish(self, value: JSON = None) -> int:
        """Hand `value` to every subscriber, in order, and return their number. Does not wait for any of them.

        Each gets a copy. Raises `NotSerializable` for what JSON can't carry.
        """
        what = f"topic {self.name!r}"
        if not self._subscriptions:
            to_json(value, what)  # what is wrong is wrong before somebody listens, too
        for subscription in tuple(self._subscriptions):
            subscription.deliver(to_json(value, what))
        return len(self._subscriptions)

    def add(self, subscription: "Subscription") -> None:
        """Let `subscription` hear what is published from now on."""
        self._subscriptions[subscription] = None

    def discard(self, subscription: "Subscription") -> None:
        """End `subscription`."""
        self._subscriptions.pop(subscription, None)


class Subscription:
    """One page's interest in a topic. `cancel()` ends it."""

    __slots__ = ("deliver", "topic")

    def __init__(self, topic: Topic, deliver: Callable[[Any], None]) -> None:
        self.topic = topic
        self.deliver = deliver
        topic.add(self)

    def cancel(self) -> None:
        """End the subscription. May be called again."""
        self.topic.discard(self)
        self.deliver = _nothing  # it leads to the view, which may keep its subscription


class Topics:
    """All topics of an application. One that nobody holds or listens to is forgotten."""

    def __init__(self) -> None:
        self._topics: WeakValueDictionary[str, Topic] = WeakValueDictionary()

    def get(self, topic: str | Topic) -> Topic:
        """Return the topic of that name, made when it is first asked for."""
        if isinstance(topic, Topic):
            return topic
        if not isinstance(topic, str):
            message = f"a topic is named by a str, not {type(topic).__name__}"
            raise TypeError(message)
        found = self._topics.get(topic)
        if found is None:
            found = self._topics[topic] = Topic(topic)
        return found

    def subscribe(self, topic: str | Topic, deliver: Callable[[Any], None]) -> Subscription:
        """Call `deliver` with what is published on `topic`, until the subscription is cancelled."""
        return Subscription(self.get(topic), deliver)


def _nothing(_value: object) -> None:
    """What a subscription that has ended does with a value."""
