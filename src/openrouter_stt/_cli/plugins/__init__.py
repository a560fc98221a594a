"""`openrouter-stt plugins`: which plugins there are, what is wrong with them, and how one is written."""

from __future__ import annotations

import click

from .doctor import doctor_command
from .hooks import hooks_command
from .listing import list_command
from .new import new_command

__all__ = ["plugins_command"]


@click.group("plugins")
def plugins_command() -> None:
    """Show the plugins that are installed, and write new ones."""


for _command in (list_command, doctor_command, hooks_command, new_command):
    plugins_command.add_command(_command)
