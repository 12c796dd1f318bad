"""An index that finds the dossiers which were withdrawn, and are not any more.

Revision ID: 0009
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Run 0009_taken_up_again.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
