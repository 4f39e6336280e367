"""What a test is told by the simulated browser."""


class NotAtRest(AssertionError):
    """Something did not come to an end."""


class NoSuchElement(AssertionError, LookupError):
    """No element of the page matches the selector. The sentence says what is there."""


class NotPossible(AssertionError):
    """A person could not do that: the element is hidden, disabled, read-only, or of another kind."""


class InvalidTestSelector(ValueError):
    """The selector can't be parsed."""
