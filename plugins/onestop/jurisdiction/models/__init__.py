"""What a jurisdiction's configuration may say: strict, unchangeable models; an unknown key is an error.

Columns are named as in core's tables.
"""

from onestop.jurisdiction.models.access import Access, MailAccess, RestAccess, UploadAccess
from onestop.jurisdiction.models.dimensions import Alias, Commune, Metric, Procedure, Succession, Target, Unit, Validity
from onestop.jurisdiction.models.formats import TYPED_FORMATS
from onestop.jurisdiction.models.jurisdiction import Jurisdiction
from onestop.jurisdiction.models.rules import AlertRule, CalendarRule, Contracts, Emulation, Route, SuspectFiling
from onestop.jurisdiction.models.source import Source
from onestop.jurisdiction.models.values import Timezone

__all__ = [
    "TYPED_FORMATS",
    "Access",
    "AlertRule",
    "Alias",
    "CalendarRule",
    "Commune",
    "Contracts",
    "Emulation",
    "Jurisdiction",
    "MailAccess",
    "Metric",
    "Procedure",
    "RestAccess",
    "Route",
    "Source",
    "Succession",
    "SuspectFiling",
    "Target",
    "Timezone",
    "Unit",
    "UploadAccess",
    "Validity",
]
