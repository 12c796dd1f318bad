"""Importing Great Expectations without what only expectations that no contract uses would need.

The library imports scipy.stats for two tests of distributions and altair for their charts: with what these import, a
third of the memory and of the seconds. Both are put off by the standard library's `LazyLoader` until something of them
is used, so that whoever uses such an expectation finds it whole.
"""

from __future__ import annotations

import gc
import importlib
import logging
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

_EXPECTATIONS = "great_expectations.expectations"
PUT_OFF = frozenset({"altair", "scipy.stats"})
"""Nothing of them is used while Great Expectations 1.24 is imported."""


class _PuttingOff(MetaPathFinder):
    """Finds the modules of `PUT_OFF` as ones that are executed when an attribute of them is first asked for."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in PUT_OFF else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def import_great_expectations() -> None:
    """Import the library with all its expectations; done again, it costs nothing.

    Nothing of what an import makes is garbage, and later collections need not look through it: they do not.
    """
    if _EXPECTATIONS in sys.modules:
        importlib.import_module(_EXPECTATIONS)  # waits for a thread that imports it now
        return
    logging.getLogger("great_expectations").setLevel(
        logging.WARNING
    )  # it tells 200 lines of itself while it is imported
    finder = _PuttingOff()
    was_collecting = gc.isenabled()
    gc.disable()
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module(_EXPECTATIONS)
        gc.freeze()
    finally:
        sys.meta_path.remove(finder)
        if was_collecting:
            gc.enable()
