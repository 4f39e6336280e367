import pytest

from room import Room, room


@pytest.fixture(autouse=True)
def _empty_room():
    room.recent.clear()


def say(page, text):
    page.fill("#text", text)
    page.click("#say button")


def test_two_browsers_see_each_other(new_browser):
    ada, grace = new_browser().open("/"), new_browser().open("/")
    ada.fill("#name", "Ada")
    say(ada, "Hello?")
    assert grace.text("#log .text") == ["Hello?"]
    assert grace.text("#log b") == ["Ada"]
    say(grace, "Hi Ada!")
    assert ada.text("#log .text") == ["Hello?", "Hi Ada!"]
    assert ada.text("#log b") == ["You", "Somebody"]


def test_who_comes_later_sees_what_was_said(new_browser):
    say(new_browser().open("/"), "first")
    assert new_browser().open("/").text("#log .text") == ["first"]


def test_the_name_is_kept(browser):
    browser.open("/").fill("#name", "Ada")
    assert browser.open("/").value("#name") == "Ada"


def test_messages_are_text(browser):
    page = browser.open("/")
    say(page, "<b>bold</b>")
    assert page.text("#log .text") == ["<b>bold</b>"]


def test_only_the_last_messages_are_kept():
    small = Room(keep=2)
    for text in ("one", "two", "three"):
        small.say("ada", "Ada", text)
    assert [message["text"] for message in small.recent] == ["two", "three"]


def test_people_are_counted_once():
    small = Room()
    small.enter("ada")
    small.enter("ada")
    small.enter("grace")
    small.leave("ada")
    small.leave("grace")
    assert list(small.here) == ["ada"]
