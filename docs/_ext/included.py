"""Pages that are files of the project, too: their links lead to where the site has them."""

from pathlib import Path
from typing import Any

LINKS = {
    "](docs/glossary.rst)": "](/glossary.rst)",
    "](../CONTRIBUTING.md)": "](/contributing.md)",
    "](CONTRIBUTING.md)": "](/contributing.md)",
    "](PEERS.md)": "](/benchmarks/peers.md)",
    "](benchmarks/PEERS.md)": "](/benchmarks/peers.md)",
    "](benchmarks/README.md)": "](/benchmarks/instruments.md)",
}


def lead(app: Any, relative: Path, docname: str, content: list[str]) -> None:
    """Rewrite the links of a file as it is included."""
    for old, new in LINKS.items():
        content[0] = content[0].replace(old, new)


def setup(app: Any) -> dict[str, Any]:
    """Listen."""
    app.connect("include-read", lead)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
