"""Read by Airflow when it starts, in every process.

The processes that fork for every task import what tasks need once, before they fork: importing Great Expectations
costs seconds, and a task that finds it in its memory does not pay them again.
"""

import os
import sys

FORKING_COMMANDS = (("scheduler",), ("celery", "worker"))


def starts_forking(arguments: list[str]) -> bool:
    """Say whether the command line is that of a process that forks for every task."""
    words = tuple(word for word in arguments[1:] if not word.startswith("-"))
    return any(words[: len(command)] == command for command in FORKING_COMMANDS)


def prepare_for_tasks() -> None:
    """Import what a task imports, and read the configuration; done again, it costs nothing.

    Called before the first fork and not while Airflow itself is being imported, which these modules import.
    """
    global _is_prepared  # noqa: PLW0603 - of this process, for its forks
    if _is_prepared:
        return
    _is_prepared = True
    import airflow.dag_processing.dagbag  # noqa: PLC0415
    import airflow.sdk.execution_time.task_runner  # noqa: F401, PLC0415

    from onestop.airflow_bridge import current_jurisdiction  # noqa: PLC0415
    from onestop.reading.refusal import catalogue  # noqa: PLC0415

    current_jurisdiction()
    catalogue()


_is_prepared = False

if starts_forking(sys.argv):
    from onestop.contracts.importing import import_great_expectations

    import_great_expectations()

    # What goes wrong there, as a configuration that cannot be read, is printed and stops nothing: tasks meet it again.
    os.register_at_fork(before=prepare_for_tasks)
