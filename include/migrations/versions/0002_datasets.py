"""Tables of the datasets beside dossiers.

Revision ID: 0002
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run 0002_datasets.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
