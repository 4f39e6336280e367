"""Two resume tokens are valid: the newest, and the one that was used last."""

from pycommunicate.server.connection.resume import ResumeTokens


def test_the_one_before_stays_valid_until_the_new_one_is_used() -> None:
    tokens = ResumeTokens()
    first = tokens.newest
    tokens.rotate(first)
    second = tokens.newest
    assert set(tokens.valid()) == {first, second}
    tokens.rotate(second)
    assert set(tokens.valid()) == {second, tokens.newest}
    assert tokens.newest not in {first, second}


def test_a_browser_that_never_received_the_new_one_comes_with_the_old() -> None:
    tokens = ResumeTokens()
    first = tokens.newest
    tokens.rotate(first)
    second = tokens.newest
    assert not tokens.is_spent(first)
    tokens.rotate(first)
    assert tokens.newest == second, "it may have received it after all, over the other connection"


def test_the_old_one_is_spent_when_the_browser_is_known_to_have_the_new_one() -> None:
    tokens = ResumeTokens()
    first = tokens.newest
    assert not tokens.is_spent(first)
    tokens.rotate(first)
    tokens.received = True
    assert tokens.is_spent(first)
    assert not tokens.is_spent(tokens.newest)
    tokens.rotate(tokens.newest)
    assert not any(map(tokens.is_spent, tokens.valid()))
