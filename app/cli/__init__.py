"""The command line: every action is a core call first. Nothing heavy is imported before a command needs it."""

from typing import Annotated

import typer

from unbraid.app.cli import (
    additivity,
    batch,
    compare,
    decode,
    demo,
    doctor,
    encode,
    evaluate,
    gui,
    info,
    methods,
    presets,
    remix,
    separate,
    stemfile,
    transcode_check,
)

application = typer.Typer(
    name="unbraid",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"unbraid {version('unbraid')}")
        raise typer.Exit


@application.callback()
def unbraid(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which one.")
    ] = False,
) -> None:
    """Takes music apart and puts it back together."""


for command in (
    gui.gui,
    separate.separate,
    remix.remix,
    stemfile.stemfile,
    encode.encode,
    decode.decode,
    transcode_check.transcode_check,
    info.info,
    methods.methods,
    presets.presets,
    batch.batch,
    evaluate.evaluate,
    compare.compare,
    additivity.additivity,
    demo.demo,
    doctor.doctor,
):
    application.command()(command)
