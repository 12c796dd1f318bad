"""A publication keeps the procedures as it found them.

Revision ID: 0017
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Run 0017_procedure_definitions.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
