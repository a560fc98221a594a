"""What changed between two documents, and what each change asks of the version number."""

from generator.changes.change import Bump, Change
from generator.changes.compare import compare

__all__ = ["Bump", "Change", "compare"]
