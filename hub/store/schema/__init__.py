"""The steps that bring a database to its present shape: NAME-1.sql, NAME-2.sql, …"""

from importlib.resources import files


def steps(name: str) -> list[str]:
    """The SQL of every step of `name`, in order."""
    here = files(__name__)
    found: list[str] = []
    while (step := here / f"{name}-{len(found) + 1}.sql").is_file():
        found.append(step.read_text("utf-8"))
    return found
