"""The command line, which tells by its exit status what it found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from generator import explain as explanation
from generator import progress
from generator import replay as versions
from generator import sync as commands
from generator.changes import Bump
from generator.project import ROOT, Project
from generator.refusal import Refusal
from generator.report import Report

REFUSED = 3
# EX_USAGE and EX_IOERR of sysexits.h; click's own 2 and 1 mean "breaking" and "compatible" here
_USAGE, _UNTOLD = 64, 74


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def generator() -> None:
    """Make the client in generated/ from the published API.

    SOURCE is a documentation page (Markdown with a fenced OpenAPI block) or an OpenAPI document (YAML or JSON, whole or
    in part): a path, an http(s) address, or - for standard input. Without it, the source of the last sync is read.

    \b
    Exit status:
      0   done; diff: nothing changed; check: all follows; replay: all went well
      1   diff: compatible changes; check: files differ; replay: a version did not go through
      2   diff: breaking changes
      3   refused, nothing written
      64  wrong usage
      74  all done, but the report could not be printed
    """


def _source_options(command: Any) -> Any:
    command = click.option("--json", "as_json", is_flag=True, help="Report as JSON.")(command)
    command = click.option(
        "--operations",
        type=click.Choice(["configured", "all"]),
        default="configured",
        show_default=True,
        help="Those in generator/config.toml, or all that the document has.",
    )(command)
    return click.argument("source", required=False)(command)


@generator.command()
@_source_options
@click.option(
    "--record",
    metavar="SOURCE",
    help="Remember this source; by default SOURCE, but no file for an address.",
)
@click.pass_obj
def sync(project: Project, source: str | None, operations: Any, as_json: bool, record: str | None) -> None:
    """Bring openapi.yaml, generated/ and the changelog's fragments up to SOURCE.

    All or nothing: an interruption leaves the old files or the new ones. Prints what changed, in words for release
    notes, and the version bump it asks for.

    \b
    Examples:
      python -m generator sync
      python -m generator sync page.md
    """
    with progress.shown(commands.STEPS) as step:
        report = commands.sync(project, commands.Asked(source=source, operations=operations, record=record), step)
    _show(report, as_json=as_json)


def _show(report: Report, *, as_json: bool) -> None:
    try:
        click.echo(report.as_json() if as_json else report.as_text(), nl=False)
    except OSError as error:
        # What was written stays written, so this is no refusal.
        raise click.ClickException(f"all done, but the report cannot be printed: {error.strerror}") from error


@generator.command()
@_source_options
@click.pass_obj
@click.pass_context
def diff(context: click.Context, project: Project, source: str | None, operations: Any, as_json: bool) -> None:
    """Report what sync would change, and write nothing."""
    with progress.shown(commands.STEPS) as step:
        report = commands.diff(project, commands.Asked(source=source, operations=operations), step)
    _show(report, as_json=as_json)
    context.exit(2 if report.bump is Bump.MAJOR else 1 if report.changes else 0)


@generator.command()
@click.pass_obj
@click.pass_context
def check(context: click.Context, project: Project) -> None:
    """Tell whether generated/ follows from openapi.yaml, overlays, templates and tools.

    Names each file that differs, is missing or is extra.
    """
    files = commands.check(project)
    click.echo("\n".join(f"{file}: {words}" for file, words in files.items()) or "generated/ follows from openapi.yaml")
    context.exit(1 if files else 0)


@generator.command()
@click.argument("path")
@click.pass_obj
def explain(project: Project, path: str) -> None:
    """Tell why a generated file, class, field or option is what it is.

    Names its place in the published document, the corrections and rules that it went through, and its template.

    \b
    Examples:
      python -m generator explain STTResponse.usage
      python -m generator explain transcribe.language
      python -m generator explain errors.py
    """
    click.echo(explanation.explain(project, path))


@generator.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.pass_obj
@click.pass_context
def replay(context: click.Context, project: Project, directory: Path) -> None:
    """Sync every version of the document in DIRECTORY, in the order of their names, in a scratch copy.

    Prints a table: what each changed, how long its code takes to be imported, whether the facade's contract tests
    pass. The project itself is not touched.
    """
    with progress.shown(len(versions.documents(directory))) as step:
        rows = versions.replay(directory, project, step)
    click.echo(versions.table(rows), nl=False)
    context.exit(0 if all(row.well for row in rows) else 1)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run a command on the project in ``root`` and return the exit status."""
    try:
        status = generator.main(
            list(arguments) if arguments is not None else None,
            prog_name="python -m generator",
            standalone_mode=False,
            obj=Project(root),
        )
        return int(status or 0)
    except Refusal as refusal:
        click.echo(f"refused: {refusal}", err=True)
        return REFUSED
    except OSError as error:
        click.echo(f"refused: {error.filename or 'the project'}: {error.strerror}", err=True)
        return REFUSED
    except click.ClickException as error:
        error.show()
        return _USAGE if isinstance(error, click.UsageError) else _UNTOLD
    except click.Abort:
        click.echo("interrupted; the old files are in place, or the new ones if they were ready", err=True)
        return 130
