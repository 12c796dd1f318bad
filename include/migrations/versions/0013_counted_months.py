"""Months of receipt are counted once, and their counts kept up to date by what becomes known.

Revision ID: 0013
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Run 0013_counted_months.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
