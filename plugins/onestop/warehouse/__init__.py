"""The warehouse: its server, tables, dimensions and the versions of dossiers."""

from onestop.warehouse.connection import copy_rows, engine
from onestop.warehouse.dimensions import UnitInUseError, synchronise
from onestop.warehouse.embedded import EmbeddedServer, owned_server
from onestop.warehouse.merge import MergeResult, merge_dossiers
from onestop.warehouse.migration import UpgradeError, upgrade

__all__ = [
    "EmbeddedServer",
    "MergeResult",
    "UnitInUseError",
    "UpgradeError",
    "copy_rows",
    "engine",
    "merge_dossiers",
    "owned_server",
    "synchronise",
    "upgrade",
]
