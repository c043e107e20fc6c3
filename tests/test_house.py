"""Facts about the house itself: who knows Numba, what an import loads, what is documented."""

import ast
import doctest
import importlib
import importlib.util
import itertools
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import fastgd

ROOT = Path(__file__).parents[1]
PACKAGE = Path(fastgd.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
COMPILER_SOURCES = sorted(PACKAGE.glob("kernels/compiler/*.py"))
COMPILER_NAMES = {"guvectorize", "jit", "njit", "prange", "stencil", "vectorize"}
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(fastgd.__path__, "fastgd.")
    if not module.name.endswith("__main__")
)


def label(source: Path) -> str:
    return source.relative_to(PACKAGE).as_posix()


def module_name(source: Path) -> str:
    parts = source.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imported_names(source: Path) -> Iterator[str]:
    """Absolute names of all that *source* imports, inside functions too."""
    inside = module_name(source)
    package = inside if source.name == "__init__.py" else inside.rpartition(".")[0]
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            relative = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(relative, package)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def top_level(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("source", [s for s in SOURCES if s not in COMPILER_SOURCES], ids=label)
def test_only_one_wing_knows_the_compiler(source: Path) -> None:
    assert not {"llvmlite", "numba"} & {top_level(name) for name in imported_names(source)}
    tree = ast.walk(ast.parse(source.read_text(encoding="utf-8")))
    used = {getattr(node, "id", getattr(node, "attr", None)) for node in tree}
    assert not COMPILER_NAMES & used


@pytest.mark.parametrize("source", sorted(PACKAGE.glob("kernels/**/*.py")), ids=label)
def test_kernels_import_nothing_from_above(source: Path) -> None:
    ours = [name for name in imported_names(source) if top_level(name) == "fastgd"]
    assert [name for name in ours if not name.startswith(("fastgd.base", "fastgd.kernels"))] == []


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a new process holds after *statement*, the standard library apart."""
    code = f"import sys\n{statement}\nprint(*sys.modules, sep='\\n')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name for name in run.stdout.split() if top_level(name) not in sys.stdlib_module_names}


def test_import_loads_numpy_and_numba_and_nothing_else() -> None:
    # Numba itself looks at SciPy where there is one, so what it loads is taken off.
    more = loaded_by("import fastgd") - loaded_by("import numba, numpy")
    assert {top_level(name) for name in more} <= {"fastgd", "llvmlite", "numba", "numpy"}


def test_types_are_shipped() -> None:
    assert (PACKAGE / "py.typed").is_file()


@pytest.mark.parametrize("name", fastgd.__all__)
def test_public_name_is_documented(name: str) -> None:
    public = getattr(fastgd, name)
    if isinstance(public, str):
        return  # __version__: a string carries the docstring of str
    assert public.__doc__
    assert not public.__doc__.startswith(f"{name}("), "only what @dataclass writes by itself"


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["fastgd", *MODULES])
def test_examples_in_docstrings_are_true(name: str, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)  # an example may save a model
    module = importlib.import_module(name)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=flags)
    finder = doctest.DocTestFinder()
    public = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == "fastgd" != name
    ]  # which do not name the module that defines them
    examples = itertools.chain(
        finder.find(module), *(finder.find(row, module=False) for row in public)
    )
    for example in examples:
        runner.run(example, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


@pytest.mark.compiled
def test_the_peer_on_the_page_of_benchmarks_runs(capsys) -> None:
    page = Path(__file__).parents[1] / "benchmarks" / "README.md"
    (block,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    exec(block, {})
    assert "landweber" in capsys.readouterr().out


def test_public_classes_name_the_package_as_their_module() -> None:
    classes = [getattr(fastgd, name) for name in fastgd.__all__]
    assert {row.__module__ for row in classes if isinstance(row, type)} == {"fastgd"}


def test_dir_lists_what_is_public_and_no_more() -> None:
    tables = {"losses", "optimizers", "schedules"}
    assert set(dir(fastgd)) == {*fastgd.__all__, "__version__", *tables}
    for facade in (fastgd.plot, fastgd.datasets):
        assert dir(facade) == sorted(facade.__all__)
    listed = {name: dir(getattr(fastgd, name)) for name in tables}
    for name, names in listed.items():
        assert name.upper() in names
        assert not {"Any", "np", "math", "dataclass", "check_positive", "own_names"} & {*names}
    assert {"Huber", "Loss", "CustomLoss"} <= {*listed["losses"]}
    assert {"Adam", "Optimizer"} <= {*listed["optimizers"]}
    assert {"Cosine", "Schedule"} <= {*listed["schedules"]}


def wings_from_the_top() -> list[str]:
    """Return the wings as the contract in pyproject.toml has them."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (floors,) = contract["tool"]["importlinter"]["contracts"]
    return [wing for row in floors["layers"] for wing in row.split(" | ")]


def test_the_map_has_the_sentence_of_each_wing() -> None:
    """The table in CONTRIBUTING is that of the contract, in the words of the packages."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)/` \| (.*) \|$", page, re.M)
    sentences = {}
    for wing in wings_from_the_top():
        text = importlib.import_module(f"fastgd.{wing}").__doc__ or ""
        sentences[wing] = " ".join(text.partition("\n\n")[0].split())
    assert dict(rows) == sentences
    assert [wing for wing, _ in rows] == list(sentences)


def test_the_version_is_the_same_everywhere() -> None:
    found = {
        name: re.findall(pattern, (ROOT / name).read_text(encoding="utf-8"), re.M)
        for name, pattern in {
            "pyproject.toml": r'^version = "(.*)"$',
            "CITATION.cff": r"^version: (.*)$",
            "recipe/recipe.yaml": r'^  version: "(.*)"$',
        }.items()
    }
    assert found == {name: [fastgd.__version__] for name in found}


def test_the_recipe_requires_what_the_package_does() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    recipe = (ROOT / "recipe" / "recipe.yaml").read_text(encoding="utf-8")
    _, _, run = recipe.partition("\n  run:\n")
    needed = re.findall(r"^    - (.*)$", run.partition("\n\n")[0], re.M)
    assert sorted(needed) == sorted(
        re.sub(r"(?=>=)", " ", requirement)
        for requirement in (*project["dependencies"], f"python{project['requires-python']}")
    )


def test_every_module_belongs_to_a_wing() -> None:
    assert [source.name for source in PACKAGE.glob("*.py")] == ["__init__.py"]
    folders = {source.parent.name for source in PACKAGE.glob("*/__init__.py")}
    assert folders == set(wings_from_the_top())
