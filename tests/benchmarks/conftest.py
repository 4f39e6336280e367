"""Nothing is left behind."""

from tests.tools.fixtures import _leaves_nothing, _module_leaves_nothing

__all__ = ["_leaves_nothing", "_module_leaves_nothing"]
