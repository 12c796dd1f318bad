"""The warehouse: its server, tables, dimensions and the versions of dossiers."""

from onestop.warehouse.connection import copy_rows, engine
from onestop.warehouse.embedded import EmbeddedServer, owned_server
from onestop.warehouse.migration import upgrade

__all__ = ["EmbeddedServer", "copy_rows", "engine", "owned_server", "upgrade"]
