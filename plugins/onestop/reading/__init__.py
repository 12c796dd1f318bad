"""Reading: from the bytes of a delivery to records, and into a staging table."""

from onestop.reading.load import LoadResult, load, staging_table
from onestop.reading.records import Record, read_records
from onestop.reading.refusal import DeliveryRefused, Reason

__all__ = ["DeliveryRefused", "LoadResult", "Reason", "Record", "load", "read_records", "staging_table"]
