"""What every test run has of its own: the folder its temporary folders lie in."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

_TEMPORARY_ROOT = "PYTEST_DEBUG_TEMPROOT"
_root = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Give this run a root of its own for temporary folders.

    Pytest closes the root that runs share to other users whenever one begins, and a PostgreSQL started as root works as
    another user: it would lose its data folder in the middle of a run.
    """
    if _TEMPORARY_ROOT not in os.environ:
        os.environ[_TEMPORARY_ROOT] = config.stash[_root] = tempfile.mkdtemp(prefix="onestop-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it, whatever became of the tests."""
    if root := config.stash.get(_root, None):
        del os.environ[_TEMPORARY_ROOT]
        shutil.rmtree(root, ignore_errors=True)
