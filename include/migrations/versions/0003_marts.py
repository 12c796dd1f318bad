"""The marts beside compliance.

Revision ID: 0003
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run 0003_marts.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
