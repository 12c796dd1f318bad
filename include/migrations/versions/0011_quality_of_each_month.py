"""The quality of every delivery that a month stands on, and one index of deliveries instead of two.

Revision ID: 0011
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Run 0011_quality_of_each_month.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
