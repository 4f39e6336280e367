"""Pages without a connection: bounded for each visitor, and in all by bytes; the visitor that holds the most pays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycommunicate.server.app.shares import Bounds, Shares
from pycommunicate.server.peers import network_of
from pycommunicate.server.ranking import Ranking

KIB = 1024


class Page:
    """As far as shares look at one."""

    def __init__(self, user: str, address: str = "192.0.2.1", held: int = 64 * KIB) -> None:
        self.user = user
        self.environ = {"REMOTE_ADDR": address}
        self.held = held


def shares(*, pages: int = 10_000, per_user: int = 50, size: int = 256 * KIB * KIB, seconds: float = 180) -> Shares:
    return Shares(Bounds(pages, per_user, size, seconds))


def lose(lost: Shares, *pages: Page) -> list[Any]:
    """Add pages as `Pages` does. Return those that had to go."""
    gone = []
    for page in pages:
        lost.add(page)
        while (one := lost.too_many_of(page.user) or lost.too_many()) is not None:
            lost.remove(one)
            gone.append(one)
    return gone


def test_two_thousand_pages_of_as_many_visitors_behind_one_proxy_stay() -> None:
    lost = shares()
    assert lose(lost, *(Page(f"user{number}", "127.0.0.1") for number in range(2000))) == []


def test_a_visitor_with_a_thousand_pages_ends_only_their_own() -> None:
    lost = shares()
    others = [Page(f"user{number}") for number in range(2)]
    mine = [Page("mine") for _ in range(1005)]
    assert lose(lost, *others, *mine) == mine[:-50]


def test_the_address_with_the_most_pays_though_each_page_has_another_cookie() -> None:
    lost = shares(size=100 * 64 * KIB)
    others = [Page(f"user{number}", f"192.0.2.{number}") for number in range(20)]
    hostile = [Page(f"cookie{number}", "198.51.100.7") for number in range(1000)]
    assert lose(lost, *others[:10], *hostile, *others[10:]) == hostile[:-80]


def test_within_one_address_the_visitor_that_holds_the_most_pays() -> None:
    lost = shares(size=100 * 64 * KIB)
    others = [Page(f"user{number}") for number in range(60)]
    large = [Page("large", held=640 * KIB) for _ in range(10)]
    gone = lose(lost, *others[:30], *large, *others[30:])
    assert gone
    assert {page.user for page in gone} == {"large"}


def test_what_is_written_later_counts() -> None:
    lost = shares(size=130 * KIB)
    first, second = Page("a"), Page("b")
    assert lose(lost, first, second) == []
    second.held += 10 * KIB
    lost.weigh(second)
    assert lost.too_many() is second
    second.held -= 10 * KIB
    lost.weigh(second)
    assert lost.too_many() is None


def test_what_is_gone_leaves_nothing() -> None:
    lost = shares()
    pages = [Page(f"user{number % 7}", f"192.0.2.{number % 5}") for number in range(100)]
    lose(lost, *pages)
    for page in pages:
        lost.remove(page)
        lost.remove(page)
    assert (len(lost), lost.size) == (0, 0)
    assert not lost._own
    assert not lost._users
    assert not len(lost._networks)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(-50, 50))))
def test_the_most_is_what_a_sum_would_find(changes: list[tuple[str, int]]) -> None:
    ranking: Ranking[str] = Ranking()
    sums: dict[str, int] = {}
    for key, by in changes:
        change = max(by, -sums.get(key, 0))
        sums[key] = sums.get(key, 0) + change
        ranking.change(key, change)
        most = max(sums.values())
        assert len(ranking) == sum(1 for amount in sums.values() if amount)
        if most:
            assert sums[ranking.most()] == most


def test_a_ranking_stays_small_however_often_it_changes() -> None:
    ranking: Ranking[str] = Ranking()
    for _ in range(10_000):
        ranking.change("a", 2)
        ranking.change("a", -1)
    assert len(ranking._heap) <= 100


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("", "", True),
        ("no:address", "no:address", True),
        ("no:address", "another:address", False),
    ],
)
def test_addresses_that_one_machine_can_use_count_as_one(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same
