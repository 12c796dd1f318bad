"""The drop page: an officer uploads a month's file, sees what would be accepted and what not, and hands it in."""

from onestop.intake.app import Office, create_app
from onestop.intake.officer import Officer

__all__ = ["Office", "Officer", "create_app"]
