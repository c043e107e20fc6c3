"""Lists of the API that follow the package's tables: a file each, which its page includes."""

from pathlib import Path
from typing import Any

from fastgd.losses import LOSSES
from fastgd.optimizers import OPTIMIZERS
from fastgd.schedules import SCHEDULES

TABLES = {
    "api/_losses.rst": LOSSES,
    "api/_optimizers.rst": OPTIMIZERS,
    "api/_schedules.rst": SCHEDULES,
}
HEAD = """.. currentmodule:: fastgd

.. autosummary::
   :toctree: generated
   :nosignatures:

"""


def write(docs: Path) -> None:
    """Write the lists, those that have changed."""
    for name, table in TABLES.items():
        text = HEAD + "".join(f"   {row.__name__}\n" for row in table.values())
        path = docs / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Write the lists before anything reads them."""
    write(Path(app.srcdir))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
