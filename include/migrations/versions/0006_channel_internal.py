"""Dossiers that the authority opened for itself.

Revision ID: 0006
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Run 0006_channel_internal.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
