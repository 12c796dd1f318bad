"""A publication says by which statements it was measured.

Revision ID: 0016
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Run 0016_counting_rules.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
