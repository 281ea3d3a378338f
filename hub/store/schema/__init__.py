"""The steps that bring a database to its present shape: NAME-1.sql, NAME-2.sql, …"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Schema:
    """`table`: one that every shape of this book has had, and no other program's file."""

    table: str
    steps: Sequence[str]

    def upto(self, version: int) -> "Schema":
        """As it was."""
        return Schema(self.table, self.steps[:version])


def schema(name: str, table: str) -> Schema:
    """The SQL of every step of `name`, in order."""
    here = files(__name__)
    found: list[str] = []
    while (step := here / f"{name}-{len(found) + 1}.sql").is_file():
        found.append(step.read_text("utf-8"))
    return Schema(table, found)


LEDGER = schema("ledger", "measurement")
JOURNAL = schema("journal", "entry")
