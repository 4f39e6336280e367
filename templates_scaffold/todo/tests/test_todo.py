import pytest

from todos import TodoFile, todos


@pytest.fixture(autouse=True)
def _empty_list():
    todos.entries.clear()


def test_add_tick_and_remove(browser):
    page = browser.open("/")
    assert page.text("#left") == ["No entries"]
    page.fill("#next", "milk")
    page.click("#new button")
    page.fill("#next", "bread")
    page.click("#new button")
    assert page.text("#todos span") == ["milk", "bread"]
    assert page.text("#left") == ["2 left"]
    page.click("#todos li:first-child input")
    assert page.text("#left") == ["1 left"]
    page.click("#clear")
    assert page.text("#todos span") == ["bread"]
    page.click("#todos button")
    assert page.text("#todos span") == []


def test_blanks_are_no_entry(browser):
    page = browser.open("/")
    page.fill("#next", "   ")
    page.click("#new button")
    assert todos.entries == {}


def test_other_open_pages_follow(new_browser):
    mine, theirs = new_browser().open("/"), new_browser().open("/")
    mine.fill("#next", "milk")
    mine.click("#new button")
    assert theirs.text("#todos span") == ["milk"]
    theirs.click("#todos button")
    assert mine.text("#todos span") == []


def test_entries_are_text(browser):
    page = browser.open("/")
    page.fill("#next", "<b>milk</b>")
    page.click("#new button")
    assert page.text("#todos span") == ["<b>milk</b>"]


def test_entries_survive_a_restart(tmp_path):
    before = TodoFile(tmp_path / "data" / "todos.json")
    before.add("milk")
    before.add("Brötchen")
    before.tick(next(iter(before.entries)), True)
    after = TodoFile(before.path)
    assert [(todo.text, todo.done) for todo in after.entries.values()] == [("milk", True), ("Brötchen", False)]
    assert after.left == 1
