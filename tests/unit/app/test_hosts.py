"""Under which names a server answers: a Host header is read by its grammar, and only names of ours are answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycommunicate import CommunicateApp, ConfigurationError
from pycommunicate.engine import choose_engine
from pycommunicate.server.app.hosts import HostGuard, check_hosts, host_name
from pycommunicate.server.connection.refusals import Refusals

MALFORMED = [
    "localhost:1@evil.example", "localhost:@evil.example", "user@localhost", "[::1].evil.example", "[::1]@evil.example",
    "localhost:80/x?", "localhost:a.evil.example", "localhost:65536", "localhost:123456", "localhost:\u0661", "localhost:-1",
    "evil.example,localhost", "evil.example, localhost", "a..b", ".", ".localhost", "[::1", "::1", "[localhost]", "[127.0.0.1]",
    "[::1%eth0]", "[v1.x]", "local%68ost", "localhost\t", " localhost", "localhost\n", "локалхост", "a" * 256, "localhost#", "a\\b",
]  # fmt: skip


def guard(*allowed: str, bound: str = "127.0.0.1") -> HostGuard:
    return HostGuard(None, lambda: bound, check_hosts(allowed), Refusals(choose_engine()))


@pytest.mark.parametrize("host", MALFORMED)
def test_a_malformed_host_is_refused_whatever_is_allowed(host: str) -> None:
    assert host_name(host) is None
    for one in (guard(), guard("localhost"), guard("*")):
        assert not one.allows(host)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Shop.Example:8080", "shop.example"), ("shop.example.", "shop.example"), ("localhost:", "localhost"), ("a_b-c.d", "a_b-c.d"),
        ("127.0.0.1:65535", "127.0.0.1"), ("[::1]:80", "::1"), ("[0:0::1]", "::1"), ("xn--nxasmq6b", "xn--nxasmq6b"), ("0x7f.1", "0x7f.1"),
    ],
)  # fmt: skip
def test_a_host_is_read(host: str, name: str) -> None:
    assert host_name(host) == name


LOOPBACK = ["localhost", "LOCALHOST:1", "localhost.", "evil.localhost", "127.0.0.1", "127.9.9.9", "[::1]"]  # fmt: skip
ADDRESSES = ["6.6.6.6", "[2001:db8::1]", "[::ffff:6.6.6.6]", "192.168.1.5", "0.0.0.0", "10.0.0.1"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_is_answered_always(host: str) -> None:
    assert guard().allows(host)
    assert guard("shop.example").allows(host)


@pytest.mark.parametrize("host", ADDRESSES)
def test_other_addresses_only_if_no_host_is_named(host: str) -> None:
    """A link made from such a Host would lead to the address of whoever sent it."""
    assert guard().allows(host)
    assert not guard("shop.example").allows(host)
    assert guard("shop.example", host).allows(host)
    assert guard("*").allows(host)


def test_what_is_served_on_is_answered() -> None:
    assert guard("shop.example", bound="192.168.1.5").allows("192.168.1.5:8080")
    assert not guard("shop.example", bound="192.168.1.5").allows("192.168.1.6:8080")
    assert guard("shop.example", bound="Box.lan").allows("box.lan")
    assert guard("shop.example", bound="2001:DB8::1").allows("[2001:db8:0::1]")


def test_the_command_line_says_late_where_it_serves() -> None:
    app = CommunicateApp(allowed_hosts=["shop.example"])
    client = app.flask.test_client()
    assert client.get("/", headers={"Host": "192.168.1.5"}).status_code == 400
    app.host = "192.168.1.5"
    assert client.get("/", headers={"Host": "192.168.1.5"}).status_code == 404


def test_names_below_a_name() -> None:
    one = guard(".all.example", "shop.example")
    for host, answered in {"a.all.example": True, "all.example": False, "evilall.example": False, "evilshop.example": False, "shop.example.": True, "shop.example.evil": False}.items():  # fmt: skip
        assert one.allows(host) is answered, host


@pytest.mark.parametrize(
    "name", ["https://shop.example", "shop.example:8080", "", " shop.example", "shop.example/", "*.shop.example", 7]
)
def test_what_could_be_nobodys_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="allowed_hosts"):
        CommunicateApp(allowed_hosts=[name])


@given(st.text(st.characters(codec="latin-1"), max_size=40))
def test_what_is_read_has_only_the_characters_of_a_host(text: str) -> None:
    for host in (text, f"localhost{text}", f"[::1]{text}"):
        name = host_name(host)
        if name is not None:
            assert not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789._-:")
            assert "@" not in host
