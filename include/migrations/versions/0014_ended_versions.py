"""Differing counts are remembered, ended versions found by ranges of pages, counts held to their publication.

Revision ID: 0014
"""

from pathlib import Path

from alembic import op

from onestop.warehouse.sql import run_script

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Run 0014_ended_versions.sql, which stands beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
