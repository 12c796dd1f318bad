"""What a value may be: days, texts, patterns that contain a period, names of encodings and time zones."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from onestop.jurisdiction import timestamp_formats
from onestop.jurisdiction.shape import Name

Email = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$")]
Share = Annotated[float, Field(ge=0, le=1)]
LARGEST_NUMBER = 2_147_483_647
"""Of whole numbers: what an `integer` of the warehouse holds."""
LONGEST_DELAY_DAYS = 366


def _iso_day(value: object) -> object:
    # pydantic would take numbers for seconds since 1970.
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if is_day or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise PydanticCustomError("date_form", "not a date")


def _open_when_empty(value: object) -> object:
    return date.max if value in (None, "") else value


def _day_after_last(value: date, info: ValidationInfo) -> date:
    return (
        value + timedelta(days=1)
        if (info.context or {}).get("last_day") == "inclusive" and value != date.max
        else value
    )


def _none_when_empty(value: object) -> object:
    return None if value == "" else value


Day = Annotated[date, BeforeValidator(_iso_day)]


# Before-validators run from the last to the first.
End = Annotated[Day, BeforeValidator(_open_when_empty), AfterValidator(_day_after_last)]
OptionalText = Annotated[str | None, BeforeValidator(_none_when_empty)]
OptionalName = Annotated[Name | None, BeforeValidator(_none_when_empty)]


_SAMPLE_PERIOD: dict[str, Any] = {
    "code": "2019-04",
    "code_compact": "201904",
    "year": 2019,
    "month": 4,
    "starts_on": date(2019, 4, 1),
    "ends_on": date(2019, 5, 1),
    "last_day": date(2019, 4, 30),
    "starts_at": datetime.fromisoformat("2019-04-01T00:00:00+07:00"),
    "ends_at": datetime.fromisoformat("2019-05-01T00:00:00+07:00"),
}


_SAMPLE_SINCE: dict[str, Any] = {"since": datetime.fromisoformat("2019-05-02T08:00:00+07:00")}


_SAMPLE_BODY: dict[str, Any] = {
    **_SAMPLE_PERIOD,
    **_SAMPLE_SINCE,
    "position": "1",
    "size": "100",
    "login": "onestop",
    "password": "secret",
}


def _pattern(value: str, sample: dict[str, Any], what: str) -> str:
    try:
        value.format(**sample)
    except (KeyError, IndexError) as error:
        raise ValueError(f"{{{error.args[0]}}} is no field of {what}: use {', '.join(sample)}") from error
    except (ValueError, AttributeError) as error:
        raise ValueError(f"not a pattern: {error}; a literal brace is written twice") from error
    return value


def _period_pattern(value: str) -> str:
    return _pattern(value, _SAMPLE_PERIOD, "a period")


def _body_pattern(value: str) -> str:
    return _pattern(value, _SAMPLE_BODY, "a body")


def _since_pattern(value: str) -> str:
    return _pattern(value, _SAMPLE_SINCE, "the moment of the last pull")


def _timestamp_format(value: str) -> str:
    if (problem := timestamp_formats.problem(value)) is not None:
        raise ValueError(problem)
    return value


def _encoding(value: str) -> str:
    try:
        "".encode(value)
    except LookupError as error:
        raise ValueError("not an encoding that Python knows, such as utf-8-sig or cp1258") from error
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError("not a timezone of the IANA database, such as Asia/Ho_Chi_Minh") from error
    return value


def _regular_expression(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if groups < 1:
        raise ValueError(r"no group for the number: put it in brackets, as in ^Tổng số: (\d+)")
    return value


PeriodPattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_period_pattern)]
BodyPattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_body_pattern)]
SincePattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_since_pattern)]
Sender = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]*@[^@\s,;<>]+$", to_lower=True)]
TimestampFormat = Annotated[str, AfterValidator(_timestamp_format)]
Encoding = Annotated[str, AfterValidator(_encoding)]
Timezone = Annotated[str, AfterValidator(_timezone)]
FooterPattern = Annotated[str, AfterValidator(_regular_expression)]
PageSize = Annotated[int, Field(gt=0)]
