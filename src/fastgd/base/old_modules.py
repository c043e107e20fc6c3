"""Modules by the names they had before they moved to wings, for pickles that refer to them."""

import importlib
import sys
from types import ModuleType
from typing import Any

MOVED = {
    "fastgd.categories.encoding": "fastgd.data.categories.encoding",
    "fastgd.comparison": "fastgd.comparing.comparison",
    "fastgd.functions": "fastgd.minimizing.function",
    "fastgd.line_search": "fastgd.schedules.line_search",
    "fastgd.minimum": "fastgd.minimizing.result",
    "fastgd.result": "fastgd.fitting.result",
    "fastgd.suggest": "fastgd.fitting.suggest",
}


class OldModule(ModuleType):
    """Looks names up in the module that has moved."""

    def __getattr__(self, name: str) -> Any:
        """Return what the module has by this name today."""
        return getattr(importlib.import_module(MOVED[self.__name__]), name)


def register_old_modules() -> None:
    """Let pickles find modules by their old names, which importing them does not bind again."""
    for name in MOVED:
        sys.modules.setdefault(name, OldModule(name))
