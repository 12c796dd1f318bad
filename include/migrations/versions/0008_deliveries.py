"""What deliveries are compared with, accepted by and answered; catalogues as delivered; dossiers that are gone.

Revision ID: 0008
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Run 0008_deliveries.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
