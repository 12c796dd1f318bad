"""The page's words, numbers and dates in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_month_names
from babel.numbers import format_decimal

from onestop.jurisdiction.shape import text_of
from onestop.texts import texts_of

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction

LANGUAGES = ("vi", "en")
NO_VALUE = "—"
MINUS = "\N{MINUS SIGN}"
_MOST_PLACES = 4


def group_title(jurisdiction: Jurisdiction, words: Wording, name: str) -> str:
    """Return what a group of units is called; all of them, and one that has left the configuration, too."""
    group = jurisdiction.group(name)
    return words.text_or(name, name) if group is None else text_of(group, "title", words.language)


def group_within(jurisdiction: Jurisdiction, words: Wording, name: str) -> str:
    """Return what a group of units is called inside a sentence."""
    group = jurisdiction.group(name)
    if group is not None:
        return text_of(group, "within", words.language)
    return words.text_or(f"lead_group_{name}", group_title(jurisdiction, words, name))


class Wording:
    """Everything that is said differently in the two languages, in the jurisdiction's ``timezone``; texts of its
    ``own``, by key and language (month_title_en), are said instead of those of texts.yaml.
    """

    def __init__(self, language: str, timezone: str, own: Mapping[str, str] | None = None) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._own = own or {}
        self.locale = {"vi": "vi_VN", "en": "en_GB"}[self.language]
        self._timezone = ZoneInfo(timezone)

    def text(self, key: str, **values: object) -> str:
        """Return the text of a key of texts.yaml with its {names} filled in."""
        own = self._own.get(f"{key}_{self.language}")
        return (texts_of("page")[key][self.language] if own is None else own).format(**values)

    def text_or(self, key: str, otherwise: str) -> str:
        """Return the text of a key that may not be there."""
        return self.text(key) if key in texts_of("page") else otherwise

    def count(self, value: int | Decimal | None) -> str:
        """Write a whole number: 1.730 in Vietnamese; a dash for no value."""
        return NO_VALUE if value is None else format_decimal(value, format="#,##0", locale=self.locale)

    def rate(self, value: Decimal | None, target: Decimal | None = None) -> str:
        """Write a percentage without its sign, to one place; to more where one would hide the side of the target."""
        if value is None:
            return NO_VALUE
        places = 1
        if target is not None:
            while places < _MOST_PLACES and value != target and self._rounded(value, places) == target:
                places += 1
        return self._decimal(value, places)

    def percent(self, value: Decimal | None, target: Decimal | None = None) -> str:
        """Write a percentage with its sign: 20,7 % with a space that does not break."""
        return NO_VALUE if value is None else f"{self.rate(value, target)}{self._percent_sign}"

    def gap(self, value: Decimal | None) -> str:
        """Write a difference in percentage points with its sign."""
        if value is None:
            return NO_VALUE
        places = 1
        while places < _MOST_PLACES and value != 0 and self._rounded(value, places) == 0:
            places += 1
        written = self._decimal(abs(value), places)
        return written if value == 0 else f"{'+' if value > 0 else MINUS}{written}"

    def target_value(self, value: Decimal | None) -> str:
        """Write a target's percentage as short as it is: 30, 37,5."""
        return NO_VALUE if value is None else format_decimal(value, format="#,##0.##", locale=self.locale)

    def target_percent(self, value: Decimal | None) -> str:
        """Write a target's percentage with its sign: 30 %."""
        return NO_VALUE if value is None else f"{self.target_value(value)}{self._percent_sign}"

    def target(self, operator: str | None, value: Decimal | None) -> str:
        """Write a target with its operator in words: "ít nhất 30 %", "trên 30 %"."""
        if operator is None or value is None:
            return NO_VALUE
        return self.text("target_at_least" if operator == ">=" else "target_over", value=self.target_percent(value))

    def period(self, period: str) -> str:
        """Write "2019-04" as "Tháng 4 năm 2019" or "April 2019"."""
        return self.text("period_long", **self._period_parts(period))

    def period_inside(self, period: str) -> str:
        """Write a period as it stands inside a sentence: "tháng 4 năm 2019", "April 2019"."""
        written = self.period(period)
        return written if self.language == "en" else written[:1].lower() + written[1:]

    def period_short(self, period: str) -> str:
        """Write "2019-04" as "T4" or "Apr"."""
        return self.text("period_short", **self._period_parts(period))

    def of_period(self, key: str, period: str, **values: object) -> str:
        """Return a text that speaks of a period's {month}, {year}, {month_name}."""
        return self.text(key, **self._period_parts(period), **values)

    def span(self, period: str, basis: str) -> str:
        """Say which months the figures cover."""
        if basis == "month":
            return self.period(period)
        return self.of_period("ytd_span_january" if period.endswith("-01") else "ytd_span", period)

    def moment(self, value: datetime | None) -> str:
        """Write a moment in the jurisdiction's timezone, to the minute."""
        if value is None:
            return NO_VALUE
        pattern = "HH:mm 'ngày' dd/MM/yyyy" if self.language == "vi" else "d MMM yyyy, HH:mm"
        return format_datetime(value.astimezone(self._timezone), pattern, locale=self.locale)

    def date(self, value: datetime | None) -> str:
        """Write a moment's date in the jurisdiction's timezone."""
        if value is None:
            return NO_VALUE
        pattern = "dd/MM/yyyy" if self.language == "vi" else "d MMM yyyy"
        return format_datetime(value.astimezone(self._timezone), pattern, locale=self.locale)

    @property
    def _percent_sign(self) -> str:
        return "\N{NO-BREAK SPACE}%" if self.language == "vi" else "%"

    def _decimal(self, value: Decimal, places: int) -> str:
        return format_decimal(self._rounded(value, places), format=f"#,##0.{'0' * places}", locale=self.locale)

    @staticmethod
    def _rounded(value: Decimal, places: int) -> Decimal:
        return Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)

    def _period_parts(self, period: str) -> dict[str, object]:
        year, month = (int(part) for part in period.split("-"))
        return {
            "year": year,
            "month": month,
            "month_name": get_month_names("wide", locale=self.locale)[month],
            "month_short": get_month_names("abbreviated", locale=self.locale)[month],
        }
