"""Where onestop finds its configuration, its databases and its folders: the environment variables ONESTOP_…."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """One value a variable: `home` is ONESTOP_HOME. URLs are SQLAlchemy's, with the driver psycopg2."""

    model_config = SettingsConfigDict(env_prefix="ONESTOP_", frozen=True)

    jurisdiction: str = "bac_giang"
    """Name of a folder of include/jurisdictions, or the path of one."""
    home: Path = REPOSITORY_ROOT / ".onestop"
    """What onestop keeps outside of the databases, unless said otherwise below."""
    warehouse_url: str = ""
    """As the role onestop_loader: what the pipeline does."""
    owner_url: str = ""
    """As the role onestop_owner: migrations."""
    bi_url: str = ""
    """As the role onestop_bi: the page."""
    landing_root: str = ""
    """Folder or fsspec URL of the landing zone; default <home>/landing."""
    uploads_root: str = ""
    """Folder or fsspec URL of what officers upload, shared by the page and the workers; default <home>/uploads."""
    uploads_kept_days: int = Field(default=400, ge=1)
    """How long the file that an officer handed in is kept: a year's reports and their restatements. See Uploads."""
    exports_root: str = ""
    """Folder or fsspec URL of published files; default <home>/exports."""
    answers_root: str = ""
    """Folder or fsspec URL of the error files for agencies, shared by the page and the workers; default
    <home>/answers."""
    data_docs_root: Path = Path()
    """Folder of Great Expectations' Data Docs; default <home>/data_docs."""
    identity_key: SecretStr = SecretStr("")
    """Key of the hash that stands for an applicant. Another key makes other applicants of the same people."""
    schedule_until: date | None = None
    """The last day for which schedules make runs by themselves; none = no end."""
    repository_root: Path = REPOSITORY_ROOT

    @model_validator(mode="before")
    @classmethod
    def _folders_of_home(cls, values: dict[str, object]) -> dict[str, object]:
        home = Path(str(values.get("home") or REPOSITORY_ROOT / ".onestop"))
        defaults = {
            "landing_root": "landing",
            "uploads_root": "uploads",
            "exports_root": "exports",
            "answers_root": "answers",
            "data_docs_root": "data_docs",
        }
        return {**{name: str(home / folder) for name, folder in defaults.items()}, **values}

    @property
    def jurisdiction_folder(self) -> Path:
        """The folder of the jurisdiction's configuration."""
        named = self.repository_root / "include" / "jurisdictions" / self.jurisdiction
        return named if named.is_dir() else Path(self.jurisdiction)


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
