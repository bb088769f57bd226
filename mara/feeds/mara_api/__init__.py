"""The MARA event API over HTTP: prices in, machine counts out and read back."""

from mara.feeds.mara_api.client import MaraApiClient
from mara.feeds.mara_api.feed import MaraApiFeed
from mara.feeds.mara_api.values import COUNT_KEYS, Allocation, Inventory, MachineStatus, SiteAccount
from mara.feeds.mara_api.venue import MaraApiVenue

__all__ = [
    "COUNT_KEYS",
    "Allocation",
    "Inventory",
    "MachineStatus",
    "MaraApiClient",
    "MaraApiFeed",
    "MaraApiVenue",
    "SiteAccount",
]
