"""Whether a delivery holds all dossiers of its period.

Revision ID: 0004
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run 0004_delivery_is_full.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
