"""The warehouse as first built.

Revision ID: 0001
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run 0001_warehouse.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
