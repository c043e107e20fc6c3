"""The documentation's own facts: its examples are true, its lists are whole."""

import ast
import doctest
import re
from pathlib import Path

import pytest

import fastgd

ROOT = Path(__file__).parents[1]
DOCS, EXAMPLES = ROOT / "docs", ROOT / "examples"
BUILT = {"_build", "generated", "guide"}
PAGES = [p for p in sorted(DOCS.rglob("*.rst")) if not BUILT & set(p.relative_to(DOCS).parts)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_examples_on_pages_are_true(page: Path) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    found = doctest.testfile(str(page), module_relative=False, optionflags=flags, encoding="utf-8")
    assert found.failed == 0


def test_every_public_name_is_on_the_page_of_the_api() -> None:
    listed = set(re.findall(r"^   ([\w.]+)$", (DOCS / "api" / "index.rst").read_text(), re.M))
    modules = {"datasets": [f"datasets.load_{n}" for n in ("flights",)]}
    modules["plot"] = [f"plot.{name}" for name in fastgd.plot.__all__]
    modules["datasets"] += [f"datasets.make_{n}" for n in ("classification", "regression")]
    public = [m for name in fastgd.__all__ for m in modules.get(name, [name])]
    assert listed == set(public)


def test_every_example_is_a_page_of_the_guide() -> None:
    index = (EXAMPLES / "index.rst").read_text(encoding="utf-8")
    scripts = sorted(EXAMPLES.glob("*.py"))
    assert scripts
    for script in scripts:
        assert f"\n   {script.stem}\n" in index
        assert ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.compiled
def test_every_snippet_of_the_readme_runs_on_the_data_it_names(tmp_path, monkeypatch) -> None:
    """In the order of the page, each with what those before it define; a warning is an error."""
    for module in ("click", "matplotlib", "pandas", "sklearn"):
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    page, names = ROOT / "README.md", {}
    blocks = python_blocks(page)
    assert len(blocks) >= 8
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)
