"""The command `fastgd`, and the list of its commands."""

import click

import fastgd
from fastgd.cli.compare.command import compare_variants
from fastgd.cli.demo.command import demo
from fastgd.cli.fit.command import fit
from fastgd.cli.inspect import inspect_model
from fastgd.cli.predict.command import predict_file


@click.group(
    "fastgd",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.version_option(fastgd.__version__, message="%(prog)s %(version)s")
@click.pass_context
def group(context: click.Context) -> None:
    """Gradient descent for linear models, as fast as memory delivers the data."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for each in (demo, fit, predict_file, inspect_model, compare_variants):
    group.add_command(each)
