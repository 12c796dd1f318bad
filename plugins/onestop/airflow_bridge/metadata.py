"""Airflow's own database, made ready."""

from __future__ import annotations

# Tasks that talk to agencies wait for a slot in the first pool, those that work in the warehouse in the second.
POOLS = {
    "sources": (16, "Pulls from the agencies' systems that may run at the same time"),
    "warehouse": (8, "Loads, checks and publications that may run in the warehouse at the same time"),
}


def prepare_metadata(administrator: str, password: str) -> None:
    """Migrate Airflow's metadata database, make the pools, and the administrator when there is none of that name.

    One process does what `airflow db migrate`, `airflow pools set` and `airflow users create` would do in four.
    """
    from airflow.models.pool import Pool  # noqa: PLC0415 - server-side Airflow, which tasks and DAG files do not need
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder  # noqa: PLC0415
    from airflow.utils.db import upgradedb  # noqa: PLC0415

    upgradedb()
    for name, (slots, description) in POOLS.items():
        Pool.create_or_update_pool(name, slots, description, include_deferred=False)
    with get_application_builder() as builder:
        security = builder.sm
        if security.find_user(administrator) is None:
            role = security.find_role("Admin")
            security.add_user(administrator, administrator, "onestop", f"{administrator}@localhost", role, password)
