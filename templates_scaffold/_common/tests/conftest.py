"""`browser` (of pycommunicate.testing) opens the pages of `app` without a server, a socket or a real browser."""

import os
import tempfile

import pytest

_data = tempfile.TemporaryDirectory(prefix="__project_name__-")  # gone when the tests have run
os.environ["DATA"] = _data.name
os.environ["PYCOMMUNICATE_DEBUG"] = "0"
os.environ["SECRET_KEY"] = "only for the tests, whoever reads this"

from app import app as application  # noqa: E402 - it reads the environment


@pytest.fixture
def app():
    return application
