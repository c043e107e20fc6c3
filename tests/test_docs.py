"""The documentation's own facts: its examples are true, its lists are whole."""

import ast
import doctest
import json
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
    page = (DOCS / "api" / "index.rst").read_text(encoding="utf-8")
    listed = set(re.findall(r"^   ([\w.]+)$", page, re.M))
    for name in re.findall(r"^\.\. include:: _(\w+)\.rst$", page, re.M):
        listed |= {row.__name__ for row in getattr(getattr(fastgd, name), name.upper()).values()}
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


SNIPPETS = {
    path.relative_to(ROOT).as_posix(): blocks
    for path in [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
    if not BUILT & set(path.relative_to(ROOT).parts) and (blocks := python_blocks(path))
}


def test_the_readme_and_the_manual_have_snippets() -> None:
    assert {"README.md", "docs/manual/fitting.md"} <= set(SNIPPETS)
    assert sum(map(len, SNIPPETS.values())) >= 8


@pytest.mark.compiled
@pytest.mark.parametrize("page", SNIPPETS)
def test_every_snippet_runs_on_the_data_it_names(page, tmp_path, monkeypatch) -> None:
    """In the order of the page, each with what those before it define; a warning is an error."""
    for module in ("click", "matplotlib", "pandas", "sklearn"):
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict[str, object] = {}
    for block in SNIPPETS[page]:
        exec(compile(block, page, "exec"), names)


LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
LINKING = [*ROOT.glob("*.md"), *(DOCS / "manual").glob("*.md")]


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.name)
def test_links_to_files_lead_to_one(page: Path) -> None:
    """Those of the site itself, which begin with /, are checked as it is built."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    relative = [link for link in links if not link.startswith("/")]
    assert [link for link in relative if not (page.parent / link).is_file()] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


# ------------------------------------------------------------- a notebook runs wherever it lies

SCRIPTS = sorted(EXAMPLES.glob("*.py"))
READS = {"open", "read_csv", "read_text", "read_bytes", "load", "loadtxt", "genfromtxt"}
READS |= {"read_parquet", "imread", "read_json", "memmap"}
HERE = re.compile(r"__file__|\.parent\b|sys\.path|Path\(")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_page_reads_no_file_of_this_project(script: Path) -> None:
    """Its notebook is downloaded alone."""
    code = script.read_text(encoding="utf-8")
    tree = ast.parse(code)
    assert not HERE.search(code)
    beside = {path.stem for path in EXAMPLES.iterdir()} | {"benchmarks", "tests"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not beside & {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in beside
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in READS:  # only what the page itself holds
                assert ast.unparse(node.args[0]).startswith("StringIO("), ast.unparse(node)
    assert [path.suffix for path in EXAMPLES.iterdir() if path.suffix not in (".py", ".rst")] in (
        [],
        [".toml"],
    )


def test_the_figures_of_the_frontier_are_those_that_were_measured() -> None:
    page = (EXAMPLES / "when_not_to.py").read_text(encoding="utf-8")
    record = json.loads((ROOT / "benchmarks" / "frontier.json").read_text(encoding="utf-8"))
    (block,) = re.findall(r'MEASURED = """\n(.*?)"""', page, re.DOTALL)
    header, *lines = [line.split() for line in block.splitlines() if not line.startswith("#")]
    names = {"minibatch": None, "cholesky": None, "lstsq": None, "sklearn-sgd": None}
    assert record["machine"] in block
    assert len(lines) == len(record["cells"]) > 20
    for line, cell in zip(lines, record["cells"], strict=True):
        told = dict(zip(header, line, strict=True))
        assert (int(told["rows"]), int(told["columns"])) == (cell["rows"], cell["features"])
        for name, seconds in {**names, **cell["seconds"], "whole-call": cell["whole_call"]}.items():
            if seconds is None:
                assert told[name] == "never"
            else:
                assert float(told[name]) == pytest.approx(1000 * seconds, rel=5e-3)


# ------------------------------------------------------------------------------------- installing

TEXTS = [
    *(ROOT / "src").rglob("*.py"),
    *(ROOT / "examples").glob("*.*"),
    *(path for path in DOCS.rglob("*.*") if not BUILT & set(path.relative_to(DOCS).parts)),
    *(ROOT / "benchmarks").rglob("*.py"),
    *(ROOT / "benchmarks").rglob("*.md"),
    *ROOT.glob("*.md"),
]
INSTALLS = re.compile(r"pip install [^`\n]*")


def test_nothing_is_installed_under_a_name_that_is_not_published() -> None:
    """`pip install fastgd` would fetch a stranger's package, if anything."""
    texts = {
        path: path.read_text("utf-8") for path in TEXTS if path.suffix in (".py", ".md", ".rst")
    }
    wrong = [
        (path.name, command)
        for path, text in texts.items()
        for command in INSTALLS.findall(text)
        if re.search(r"(?<![/\w])fastgd\b", command)
    ]
    assert len(texts) > 100
    assert wrong == []
    assert "extra `" not in "".join(text for path, text in texts.items() if path.suffix == ".py")
