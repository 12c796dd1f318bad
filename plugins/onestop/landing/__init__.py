"""Deliveries as received: immutable objects, their manifests, and their entry in the warehouse."""

from onestop.landing.manifest import DeliveryFacts, Manifest, Part, PartInfo
from onestop.landing.registration import is_overtaken, last_cursor, record_pull_attempt, register_delivery
from onestop.landing.store import Landing, LandingDamaged, observed_moment
from onestop.landing.uploads import NoSuchDraft, Upload, Uploads

__all__ = [
    "DeliveryFacts",
    "Landing",
    "LandingDamaged",
    "Manifest",
    "NoSuchDraft",
    "Part",
    "PartInfo",
    "Upload",
    "Uploads",
    "is_overtaken",
    "last_cursor",
    "observed_moment",
    "record_pull_attempt",
    "register_delivery",
]
