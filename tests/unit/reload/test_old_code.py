"""What still runs old code after a save: nothing. A matrix of the ways to hold on to a function."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate.reload.update import CannotUpdate

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.reload.conftest import Project

SHOP = """
    import functools
    def loud(function):
        @functools.wraps(function)
        def wrapper(*arguments):
            return function(*arguments).upper()
        return wrapper
    def say():
        return "old"
    @loud
    def shout():
        return "old"
    def closure(word):
        def inner():
            return word + " old"
        return inner
    def lambdas():
        return [lambda: "a old", lambda: "b old"]
    class Base:
        def who(self):
            return "old base"
    class Shop(Base):
        def say(self):
            return "old"
        @staticmethod
        def still():
            return "old"
        @classmethod
        def made(cls):
            return cls.__name__ + " old"
        @property
        def name(self):
            return "old"
        def who(self):
            return super().who() + " old"
        def closure(self):
            return lambda: self.say() + " old"
"""
NEW = SHOP.replace("old", "new")


HOLDERS: dict[str, Callable[[Any], Callable[[], str]]] = {
    "a function": lambda shop: shop.say,
    "a decorated function": lambda shop: shop.shout,
    "a closure": lambda shop: shop.closure("word"),
    "the first of two lambdas": lambda shop: shop.lambdas()[0],
    "the second of two lambdas": lambda shop: shop.lambdas()[1],
    "a bound method": lambda shop: shop.Shop().say,
    "a partial of a bound method": lambda shop: partial(shop.Shop().say),
    "a function in a dict": lambda shop: {"key": shop.say}["key"],
    "a static method": lambda shop: shop.Shop.still,
    "a class method": lambda shop: shop.Shop.made,
    "a property of an instance": lambda shop: partial(getattr, shop.Shop(), "name"),
    "super() in a method": lambda shop: shop.Shop().who,
    "a closure of a method": lambda shop: shop.Shop().closure(),
    "a method of a subclass of before": lambda shop: type("Mine", (shop.Shop,), {})().say,
}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_runs_the_new_code(project: Project, holder: Callable[[Any], Callable[[], str]]) -> None:
    held = holder(project.load(shop=SHOP))
    assert "old" in held().lower()
    changes = project.save(shop=NEW)
    assert "new" in held().lower()
    assert "old" not in held().lower()
    assert changes.replaced == []


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_runs_the_old_code_again_when_the_save_fails(
    project: Project, holder: Callable[[Any], Callable[[], str]]
) -> None:
    held = holder(project.load(shop=SHOP))
    with pytest.raises(ZeroDivisionError):
        project.save(shop=NEW + "\n    broken = 1 / 0\n")
    assert "old" in held().lower()


def test_lambdas_keep_apart_when_one_comes_between(project: Project) -> None:
    shop = project.load(shop="def make():\n    return [lambda: 1, lambda: 2]\n")
    first, second = shop.make()
    project.save(shop="def make():\n    return [lambda: 0, lambda: 1, lambda: 2]\n")
    assert [first(), second()] == [1, 2]
    assert [one() for one in shop.make()] == [0, 1, 2]


def test_a_closure_with_other_free_variables_is_named(project: Project) -> None:
    shop = project.load(shop="def make(a, b):\n    def inner():\n        return a\n    return inner\n")
    held = shop.make(1, 2)
    changes = project.save(shop="def make(a, b):\n    def inner():\n        return a, b\n    return inner\n")
    assert changes.replaced == [held]
    assert held() == 1
    assert shop.make(1, 2)() == (1, 2)


def test_a_method_that_begins_to_use_super(project: Project) -> None:
    shop = project.load(
        shop="class A:\n    def f(self): return 1\nclass B(A):\n    def f(self):\n        return 2\n",
    )
    one = shop.B()
    changes = project.save(
        shop="class A:\n    def f(self): return 1\nclass B(A):\n    def f(self):\n        return super().f() + 2\n"
    )
    assert one.f() == 3
    assert len(changes.replaced) == 1
    project.save(
        shop="class A:\n    def f(self): return 10\nclass B(A):\n    def f(self):\n        return super().f() + 2\n"
    )
    assert one.f() == 12


def test_defaults_and_annotations_follow(project: Project) -> None:
    shop = project.load(shop="def f(a=1, *, b=2): return a, b\n")
    held = shop.f
    project.save(shop="def f(a=3, *, b: int = 4): return a, b\n")
    assert held() == (3, 4)
    assert held.__annotations__ == {"b": int}


def test_what_a_decorator_was_given_follows(project: Project) -> None:
    text = """
        def times(n):
            def decorate(function):
                def wrapper():
                    return function() * n
                return wrapper
            return decorate
        N = 2
        @times(N)
        def f():
            return "x"
    """
    shop = project.load(shop=text)
    held = shop.f
    project.save(shop=text.replace("N = 2", "N = 3").replace('"x"', '"y"'))
    assert held() == "yyy"
    # What else it did with another argument is not known.
    with pytest.raises(CannotUpdate, match="@times"):
        project.save(shop=text.replace("times(N)", "times(4)"))


def test_a_changed_decorator_is_applied_again(project: Project) -> None:
    text = """
        def mark(function):
            function.mark = 1
            return function
        @mark
        def f(): pass
    """
    shop = project.load(shop=text)
    held = shop.f
    project.save(shop=text.replace("mark = 1", "mark = 2"))
    assert held.mark == 2
