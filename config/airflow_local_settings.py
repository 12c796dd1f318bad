"""Read by Airflow when it starts, in every process.

The processes that fork for every task import what tasks need once, before they fork: importing Great Expectations
costs seconds, and a task that finds it in its memory does not pay them again.
"""

import sys

FORKING_COMMANDS = (("scheduler",), ("celery", "worker"))


def starts_forking(arguments: list[str]) -> bool:
    """Say whether the command line is that of a process that forks for every task."""
    words = tuple(word for word in arguments[1:] if not word.startswith("-"))
    return any(words[: len(command)] == command for command in FORKING_COMMANDS)


if starts_forking(sys.argv):
    import great_expectations  # noqa: F401
    import pandas  # noqa: F401
