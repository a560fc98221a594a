"""The cache on disk: a private folder, a database in it that forks and broken files do no harm, and what it keeps."""

from ._answers import Answers
from ._info import CacheInfo
from ._place import DATABASE

__all__ = ["DATABASE", "Answers", "CacheInfo"]
