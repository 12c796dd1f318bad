"""Indexes that belong to a month of dossiers, and not to all months.

Revision ID: 0012
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Run 0012_indexes_of_each_month.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
