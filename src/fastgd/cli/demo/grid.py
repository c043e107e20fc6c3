"""A table of texts: as wide as the terminal, or as Markdown."""

from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from fastgd.comparing.report import write_table


def show_grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        click.echo(write_table(tuple(header), [tuple(row) for row in rows]))
        return
    grid = Table(*header, header_style="cyan")
    for row in rows:
        grid.add_row(*row)
    console.print(grid)
