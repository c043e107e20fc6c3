"""The task runner: `nox -l` lists the sessions, `nox -s test` runs one."""

import shutil

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "test"]
nox.options.reuse_existing_virtualenvs = True

PYPROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session, extra: str, *groups: str) -> None:
    """Install the package with an extra, and groups of development tools."""
    tools = nox.project.dependency_groups(PYPROJECT, *groups)
    session.install("-e", f".[{extra}]", *tools)


@nox.session
def test(session: nox.Session) -> None:
    """Run the tests; arguments after -- go to pytest."""
    install(session, "test")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Run ruff, mypy and import-linter."""
    install(session, "test", "dev")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy", "--strict", "src")
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, warnings as errors, and check its pages in a browser."""
    install(session, "all", "docs")
    built = "docs/_build/html"
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "-b", "html", "docs", built)
    session.run("python", "docs/check_pages.py")


@nox.session
def bench(session: nox.Session) -> None:
    """Run the benchmarks in their quick forms."""
    install(session, "test", "dev")
    session.run("python", "-m", "benchmarks.quick")
    session.run("python", "-m", "benchmarks.roofline", "--quick")
    session.run("python", "-m", "pytest", "tests/speed", "--benchmark-only", "-n", "0")


@nox.session
def build(session: nox.Session) -> None:
    """Build the wheel and the source distribution into dist/, and check them."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "package"))
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    session.run("twine", "check", "--strict", "dist/*")
