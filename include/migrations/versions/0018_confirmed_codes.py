"""Confirmed codes are one text a unit.

Revision ID: 0018
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Run 0018_confirmed_codes.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
