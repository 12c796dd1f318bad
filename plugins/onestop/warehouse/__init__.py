"""The warehouse: its server, tables, dimensions and the versions of dossiers."""

from onestop.warehouse.configuration import Held, held_configuration
from onestop.warehouse.connection import copy_rows, engine
from onestop.warehouse.dimensions import synchronise
from onestop.warehouse.embedded import EmbeddedServer, owned_server
from onestop.warehouse.in_use import ConfigurationInUseError
from onestop.warehouse.merge import MergeResult, index_months, merge_dossiers, prepare_month
from onestop.warehouse.merge_versions import merge
from onestop.warehouse.migration import UpgradeError, upgrade

__all__ = [
    "ConfigurationInUseError",
    "EmbeddedServer",
    "Held",
    "MergeResult",
    "UpgradeError",
    "copy_rows",
    "engine",
    "held_configuration",
    "index_months",
    "merge",
    "merge_dossiers",
    "owned_server",
    "prepare_month",
    "synchronise",
    "upgrade",
]
