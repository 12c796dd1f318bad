"""Abolitions, quarters and years, and what changed in the configuration.

Revision ID: 0007
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Run 0007_dimensions_over_time.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
