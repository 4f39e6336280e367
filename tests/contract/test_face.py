"""The flat public face, and where its classes really live."""

from __future__ import annotations

import importlib
import inspect

import pytest

import pycommunicate
from pycommunicate import errors

HOMES = {
    "CallCTX": "pycommunicate.proxies.context",
    "CommunicateApp": "pycommunicate.server.app.communicate",
    "Controller": "pycommunicate.server.bases.controller",
    "ControllerFactory": "pycommunicate.server.bases.controller",
    "ElementWrapper": "pycommunicate.proxies.dom.element",
    "Event": "pycommunicate.proxies.dom.event",
    "FileSessions": "pycommunicate.sessions.file",
    "HTMLWrapper": "pycommunicate.proxies.dom.html",
    "Limits": "pycommunicate.protocol.limits",
    "Markup": "markupsafe",
    "Route": "pycommunicate.server.routes",
    "MemorySessions": "pycommunicate.sessions.memory",
    "Subscription": "pycommunicate.server.app.topics",
    "Templater": "pycommunicate.templating",
    "Timer": "pycommunicate.server.connection.timers",
    "Topic": "pycommunicate.server.app.topics",
    "User": "pycommunicate.server.app.usertracker",
    "View": "pycommunicate.server.bases.views",
    "error_handler": "pycommunicate.server.routing",
    "route": "pycommunicate.server.routing",
}
ERRORS = {
    name: "pycommunicate.errors"
    for name, value in vars(errors).items()
    if inspect.isclass(value) and value.__module__ == errors.__name__ and not name.startswith("_")
}
FACE = {**HOMES, **ERRORS}


def test_the_face_is_exactly_this() -> None:
    assert sorted(pycommunicate.__all__) == sorted(FACE)
    assert len(set(pycommunicate.__all__)) == len(pycommunicate.__all__)


@pytest.mark.parametrize("name", sorted(FACE))
def test_a_name_is_the_class_at_its_documented_home(name: str) -> None:
    shown = getattr(pycommunicate, name)
    assert shown is getattr(importlib.import_module(FACE[name]), name)
    assert shown.__module__ == FACE[name]
    assert shown.__name__ == name


@pytest.mark.parametrize("name", sorted(FACE))
def test_a_name_is_documented(name: str) -> None:
    shown = getattr(pycommunicate, name)
    own = vars(shown).get("__doc__") if inspect.isclass(shown) else shown.__doc__
    assert own, f"{name} has no docstring of its own"
    assert own.strip()


@pytest.mark.parametrize("name", sorted(HOMES.keys() - {"Markup", "error_handler", "route"}))
def test_what_a_class_offers_is_documented(name: str) -> None:
    missing = [
        member
        for member, value in vars(getattr(pycommunicate, name)).items()
        if not member.startswith("_")
        and (inspect.isfunction(value) or isinstance(value, property))
        and not inspect.getdoc(value)
    ]
    assert not missing


def test_dir_lists_the_face() -> None:
    assert set(FACE) <= set(dir(pycommunicate))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Wiev'"):
        pycommunicate.Wiev  # noqa: B018
    with pytest.raises(ImportError, match="Wiev"):
        exec("from pycommunicate import Wiev")


def test_every_error_is_in_the_tree_with_a_code_of_its_own() -> None:
    classes = [getattr(errors, name) for name in ERRORS]
    assert all(issubclass(one, errors.PycommunicateError) for one in classes if issubclass(one, Exception))
    codes = [vars(one).get("code") for one in classes if issubclass(one, errors.PycommunicateError)]
    assert all(codes)
    assert len(set(codes)) == len(codes)
