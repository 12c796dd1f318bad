"""The page: the month at a glance, a unit's sheet, deliveries, publications. Reads ``bi`` only, knows no Airflow."""

from onestop.publication.page.app import create_app

__all__ = ["create_app"]
