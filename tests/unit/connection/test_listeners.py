"""What the server deletes can't be clicked any more."""

from pycommunicate.proxies.dom.listener import Listener
from pycommunicate.server.connection.listeners import Listeners


def listener(handle: int) -> Listener:
    return Listener(None, handle, "click", lambda: None, once=False, while_running="parallel")


def test_deleting_an_element_ends_the_listeners_inside_it() -> None:
    listeners = Listeners()
    row = listeners.new_handle(0)
    button = listeners.new_handle(row)
    label = listeners.new_handle(button)
    elsewhere = listeners.new_handle(0)
    for handle in (row, button, label, elsewhere):
        listeners.add(listener(handle))
    listeners.remove_within(row, inside=False)
    assert [listeners.get(n) is not None for n in (1, 2, 3, 4)] == [False, False, False, True]


def test_clearing_an_element_keeps_its_own() -> None:
    listeners = Listeners()
    row = listeners.new_handle(0)
    listeners.add(listener(row))
    listeners.add(listener(listeners.new_handle(row)))
    listeners.remove_within(row, inside=True)
    assert [listeners.get(n) is not None for n in (1, 2)] == [True, False]


def test_elements_that_the_browser_named_have_no_known_parent() -> None:
    assert Listeners().parent_of(-5) == 0
    assert Listeners().parent_of(10**9) == 0
