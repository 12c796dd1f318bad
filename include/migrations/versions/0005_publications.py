"""What a publication can be recomputed and explained from; decisions on deliveries as history.

Revision ID: 0005
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run 0005_publications.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
