"""Everything that belongs into the wheel is in it, and nothing else."""

from __future__ import annotations

import os
import subprocess


def test_the_wheel_has_what_belongs_into_it() -> None:
    subprocess.run(["check-wheel-contents", os.environ["TOX_PACKAGE"]], check=True)
