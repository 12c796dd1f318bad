"""A full delivery confirms its month by the versions that it found.

Revision ID: 0019
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Run 0019_confirmed_months.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
