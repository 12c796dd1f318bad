"""What a delivery once brought and, judged again, does not bring any more is remembered.

Revision ID: 0015
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Run 0015_withdrawn_records.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
