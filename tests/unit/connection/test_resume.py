"""Two resume tokens are valid: the newest, and the one that was used last."""

from pycommunicate.server.connection.resume import ResumeTokens


def test_the_one_before_stays_valid_until_the_new_one_is_used() -> None:
    tokens = ResumeTokens()
    first = tokens.newest
    assert tokens.rotate(first) == []
    second = tokens.newest
    assert set(tokens.valid()) == {first, second}
    assert tokens.rotate(second) == [first]
    assert set(tokens.valid()) == {second, tokens.newest}


def test_a_browser_that_never_received_the_new_one_comes_with_the_old() -> None:
    tokens = ResumeTokens()
    first = tokens.newest
    tokens.rotate(first)
    lost = tokens.newest
    assert tokens.rotate(first) == [lost]
    assert set(tokens.valid()) == {first, tokens.newest}
