"""`fastgd demo`: gradient descent explained with real runs."""

import shutil
import textwrap
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from fastgd.base.files import replacing
from fastgd.base.validation import check_positive
from fastgd.cli.compare.running import QUICK, QUICK_MADE, QUICK_RUNS, CompareRequest, run_comparison
from fastgd.cli.demo.grid import show_grid
from fastgd.cli.demo.stories import STORIES
from fastgd.cli.demo.stories.story import Story, write_rate
from fastgd.cli.option_values import NUMBER
from fastgd.cli.options import FORCE_FILES, option, path_option
from fastgd.cli.origins import Made
from fastgd.cli.output_files import check_out, check_plot
from fastgd.cli.progress import Watch, work
from fastgd.losses import SquaredError
from fastgd.plot.style import DPI

FIGURE = path_option("--plot", "Save the figure as .png, .svg or .pdf; needs Matplotlib.")
WIDEST = 100  # characters in a line of text


HELP = """Explain gradient descent with real runs, each compared with its closed form.

\b
Examples:
  fastgd demo laser --learning-rate 1.5
  fastgd demo valley --plot valley.png
"""


@click.group("demo", help=HELP, invoke_without_command=True)
@click.pass_context
def demo(context: click.Context) -> None:
    """List the stories where none is named."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def tell(name: str, learning_rate: float, plot: Path | None, force: bool) -> None:
    """Tell a story, and draw its figure if --plot is given."""
    check_out(plot, force, [], "--plot")
    check_plot(plot)
    check_positive("learning_rate", learning_rate)
    write, usual = STORIES[name]
    story = work(Watch("descending"), partial(write, learning_rate))
    show_story(story)
    if plot is None:
        given = "" if learning_rate == usual else f" --learning-rate {write_rate(learning_rate)}"
        click.echo(f"\n{how_to_draw(name, given)}")
        return
    figure = work(Watch("drawing"), story.draw)
    with replacing(plot) as file:
        figure.savefig(file, dpi=DPI, format=plot.suffix.removeprefix("."))
    click.echo(f"\nThe figure is in {plot}.")


def show_story(story: Story) -> None:
    """Print paragraphs and tables."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    for k, part in enumerate(story.parts):
        if k > 0:
            click.echo()
        if isinstance(part, str):
            click.echo(textwrap.fill(part, width, break_on_hyphens=False))
        else:
            show_grid(*part)


def how_to_draw(name: str, given: str = "") -> str:
    """Return a sentence that says how to draw the figure."""
    need = "" if find_spec("matplotlib") else "`pip install matplotlib` and "
    return f"For the figure run {need}`fastgd demo {name}{given} --plot {name}.png`."


def add_story(name: str) -> None:
    """Make a command of a story."""
    write, usual = STORIES[name]
    rate = option("--learning-rate", "learning_rate", NUMBER, "Multiplies the gradient.", usual)
    params = [rate, FIGURE, FORCE_FILES]

    @demo.command(name, params=params, help=write.__doc__)
    def command(**values: Any) -> None:
        tell(name, **values)


for each in STORIES:
    add_story(each)


@demo.command("race", params=[FIGURE, FORCE_FILES])
def race(plot: Path | None, force: bool) -> None:
    """Compare the variants on 100,000 rows.

    `fastgd compare` compares runs of your choice on your data, with competing solvers.
    """
    check_out(plot, force, [], "--plot")
    check_plot(plot)
    keywords = {**QUICK, "runs": [*QUICK_RUNS], "peers": [], "random_state": 0}
    made = Made("make_regression", QUICK_MADE | {"random_state": 0}, SquaredError())
    run_comparison(CompareRequest(made, keywords, False, None, None, plot, None, 1.5, ()))
    click.echo(f"\n{how_to_draw('race') if plot is None else f'The figure is in {plot}.'}")
