"""What a save changes in modules that are loaded: what it must, and nothing else."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import pytest

from pycommunicate.reload.limit import TookTooLong, time_limit
from pycommunicate.reload.update import CannotUpdate

if TYPE_CHECKING:
    from types import CodeType

    from tests.unit.reload.conftest import Project


def used(*functions: object) -> set[CodeType]:
    """What a mount would have recorded."""
    return {function.__code__ for function in functions}  # type: ignore[attr-defined]


def test_only_what_changed_is_told(project: Project) -> None:
    text = "def f():\n    return 1\ndef g():\n    return 1\n"
    shop = project.load(shop=text)
    f, g = used(shop.f), used(shop.g)
    changes = project.save(shop="# a line more\n" + text.replace("return 1\ndef g", "return 2\ndef g"))
    assert changes.functions == ["f"]
    assert (changes.touches(f), changes.touches(g)) == (True, False)
    assert shop.g.__code__.co_firstlineno == 4  # tracebacks show the line of now


def test_a_function_is_compared_without_those_in_it(project: Project) -> None:
    text = "def load():\n    def click():\n        return 1\n    return click\n"
    shop = project.load(shop=text)
    load = used(shop.load)
    click = shop.load()
    changes = project.save(shop=text.replace("return 1", "return 2"))
    assert click() == 2
    assert changes.functions == ["load.click"]
    assert not changes.touches(load)


@pytest.mark.parametrize("count", [1, 40])
def test_of_any_number_of_functions_all_that_live_are_found(project: Project, count: int) -> None:
    text = "".join(f"def make{n}():\n    def say():\n        return 'old', {n}\n    return say\n" for n in range(count))
    shop = project.load(shop=text)
    made = [getattr(shop, f"make{n}")() for n in range(count) for _ in range(3)]
    project.save(shop=text.replace("old", "new"))
    assert [say() for say in made] == [("new", n) for n in range(count) for _ in range(3)]


def test_state_that_did_not_change_stays(project: Project) -> None:
    text = "entries = []\nclass Store:\n    def __init__(self): self.n = 0\n    def add(self): self.n += 1\nstore = Store()\n"
    shop = project.load(shop=text)
    shop.entries.append("milk")
    shop.store.add()
    store = shop.store
    project.save(shop=text.replace("+= 1", "+= 10"))
    shop.store.add()
    assert shop.entries == ["milk"]
    assert shop.store is store
    assert store.n == 11


def test_what_ran_at_import_runs_again_when_it_changed(project: Project) -> None:
    text = "def table():\n    return size() * [0]\ndef size():\n    return 2\nTABLE = table()\nother = []\n"
    shop = project.load(shop=text)
    other = shop.other
    changes = project.save(shop=text.replace("return 2", "return 3"))
    assert shop.TABLE == [0, 0, 0]
    assert shop.other is other
    assert "TABLE" in changes.names


def test_a_constant_reaches_who_imports_it(project: Project) -> None:
    project.load(config="LIMIT = 1\nNAME = 'x'\n")
    project.load(
        shop="from config import LIMIT, NAME\nDOUBLE = LIMIT * 2\ndef f():\n    return LIMIT, DOUBLE\ndef g(): return NAME\n"
    )
    page = project.load(page="import config\nimport shop\ndef f():\n    return config.LIMIT, shop.DOUBLE\n")
    shop = sys.modules["shop"]
    changes = project.save(config="LIMIT = 5\nNAME = 'x'\n")
    assert shop.f() == (5, 10)
    assert page.f() == (5, 10)
    assert changes.touches(used(shop.f))
    assert changes.touches(used(page.f))
    assert not changes.touches(used(shop.g))


def test_a_name_that_is_gone_is_told_where_it_is_imported(project: Project) -> None:
    project.load(tools="def f(): return 1\ndef g(): return 2\n")
    shop = project.load(shop="from tools import f, g\n")
    with pytest.raises(ImportError, match="cannot import name 'g'"):
        project.save(tools="def f(): return 10\n")
    assert shop.f() == 1
    assert sys.modules["tools"].g() == 2


def test_a_new_module_comes_with_who_imports_it(project: Project) -> None:
    shop = project.load(shop="def f(): return 1\n")
    project.write(tools="def g(): return 5\n")
    project.save(shop="from tools import g\ndef f(): return g()\n")
    assert shop.f() == 5
    project.save(tools="def g(): return 6\n")
    assert shop.f() == 6


def test_a_failed_save_leaves_no_new_module(project: Project) -> None:
    project.load(shop="x = 1\n")
    project.write(tools="def g(): return 5\n")
    with pytest.raises(NameError):
        project.save(shop="import tools\nx = nothing\n")
    assert "tools" not in sys.modules
    assert not hasattr(sys.modules["shop"], "tools")
    project.save(shop="import tools\nx = tools.g()\n")
    assert sys.modules["shop"].x == 5


def test_a_deleted_module(project: Project) -> None:
    project.load(tools="def g(): return 5\n")
    shop = project.load(shop="import tools\n")
    project.delete("tools")
    with pytest.raises(ModuleNotFoundError, match="tools"):
        project.update()
    assert shop.tools.g() == 5
    assert "tools" in sys.modules
    project.write(shop="x = 1\n")
    project.written.append(project.folder / "tools.py")
    changes = project.update()
    assert "tools" not in sys.modules
    assert changes.deleted == {"tools"}


def test_classes_keep_their_identity(project: Project) -> None:
    text = "class A:\n    size = 1\n    seen = []\n    def f(self): return self.size\nclass B(A):\n    pass\n"
    shop = project.load(shop=text)
    one, before = shop.B(), shop.A
    shop.A.seen.append(1)
    changes = project.save(shop=text.replace("size = 1", "size = 2\n    new = 3\n    def g(self): return self.new"))
    assert shop.A is before
    assert (one.f(), one.g(), shop.A.seen) == (2, 3, [1])
    assert {"size", "new", "g"} <= changes.names
    project.save(shop=text)
    assert not hasattr(one, "g")
    assert one.f() == 1


def test_a_dataclass(project: Project) -> None:
    text = "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = 1\n"
    shop = project.load(shop=text)
    before = shop.P
    project.save(shop=text + "    y: int = 2\n")
    assert shop.P is before
    assert repr(shop.P()) == "P(x=1, y=2)"


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("import enum\nclass E(enum.Enum):\n    A = 1\n", "import enum\nclass E(enum.Enum):\n    A = 2\n", "metaclass"),
        ("class S:\n    __slots__ = ('a',)\n", "class S:\n    __slots__ = ('b',)\n", "__slots__"),
        ("class A(Exception): pass\n", "class A(dict): pass\n", "base classes"),
        ("x = []\nx.append(1)\n", "x = []\nx.append(2)\n", "line 2"),
        ("x = []\nx.append(1)\n", "x = []\n", "line 2"),
        ("x = 1\nx = x + 1\n", "x = 2\nx = x + 1\n", "more than once"),
    ],
)  # fmt: skip
def test_what_only_a_new_process_can_do_has_its_reason(project: Project, before: str, after: str, reason: str) -> None:
    shop = project.load(shop=before)
    held = dict(vars(shop))
    with pytest.raises(CannotUpdate, match=reason):
        project.save(shop=after)
    assert vars(shop) == held


def test_modules_that_import_each_other(project: Project) -> None:
    project.write(a="X = 1\nimport b\ndef f(): return b.Y\n", b="import a\nY = 1\n")
    project.load(c="import a\n")
    project.save(a="X = 1\nimport b\ndef f(): return b.Y + 1\n")
    assert sys.modules["a"].f() == 2
    project.save(b="import a\nY = 5\n")
    assert sys.modules["a"].f() == 6


def test_an_endless_loop_ends(project: Project) -> None:
    shop = project.load(shop="x = 1\ndef f(): return 1\n")
    project.write(shop="x = 2\nwhile x:\n    pass\ndef f(): return 2\n")
    project.written.clear()
    project.write(tools="while True:\n    pass\n")
    with pytest.raises(TookTooLong):
        project.write(shop="import tools\nx = 1\ndef f(): return 2\n")
        project.update(limit=lambda: time_limit(0.2))
    assert shop.f() == 1


def test_a_file_with_a_syntax_error_changes_nothing(project: Project) -> None:
    shop = project.load(shop="def f(): return 1\n")
    with pytest.raises(SyntaxError):
        project.save(shop="def f(: return 2\n")
    assert shop.f() == 1


def test_what_is_type_checked_only_is_not_run(project: Project) -> None:
    shop = project.load(shop="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\ndef f(): return 1\n")
    project.save(shop="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b\ndef f(): return 2\n")
    assert shop.f() == 2


def test_many_files_at_once(project: Project) -> None:
    count = 10
    project.load(
        **{f"m{n}": (f"from m{n - 1} import X as W\n" if n else "W = 0\n") + "X = W + 1\n" for n in range(count)}
    )
    project.save(
        **{f"m{n}": (f"from m{n - 1} import X as W\n" if n else "W = 0\n") + "X = W + 2\n" for n in range(count)}
    )
    last = sys.modules[f"m{count - 1}"]
    assert last.X == 20


def test_the_same_content_is_no_change(project: Project) -> None:
    project.load(shop="x = []\n")
    x = sys.modules["shop"].x
    changes = project.save(shop="x = []\n")
    assert sys.modules["shop"].x is x
    assert not changes.names
    assert not changes.functions


def test_there_and_back_leaves_nothing(project: Project) -> None:
    text = "X = 1\nclass A:\n    def f(self): return lambda: X\ndef g(a=X): return a\n"
    shop = project.load(shop=text)
    held, one = shop.g, shop.A()
    for n in range(50):
        changed = text.replace("1", str(n + 2)).replace("lambda: X", f"lambda: X + {n}")
        project.save(shop=changed)
        assert (held(), one.f()()) == (n + 2, 2 * n + 2)
    gc.collect()
    assert [cls for cls in gc.get_objects() if isinstance(cls, type) and cls.__qualname__ == "A"] == [shop.A]
