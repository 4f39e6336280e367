def test_the_button_counts(browser):
    page = browser.open("/")
    assert page.text("#number") == ["0"]
    page.click("#count")
    page.click("#count")
    assert page.text("#number") == ["2"]


def test_the_count_is_the_visitors_own(new_browser):
    ada, grace = new_browser(), new_browser()
    first = ada.open("/")
    first.click("#count")
    assert ada.open("/").text("#number") == ["1"]
    assert grace.open("/").text("#number") == ["0"]


def test_all_tabs_of_a_visitor_follow(browser):
    one, two = browser.open("/"), browser.open("/")
    one.click("#count")
    two.click("#count")
    assert one.text("#number") == two.text("#number") == ["2"]
