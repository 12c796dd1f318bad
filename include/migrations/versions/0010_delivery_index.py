"""The versions that a delivery brought are found without reading history.

Revision ID: 0010
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Run 0010_delivery_index.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
