"""Typed keys of the application's services."""

from aiohttp import web

from .accounts import Accounts
from .places import Places
from .settings import Settings
from .store import Store

SETTINGS = web.AppKey("settings", Settings)
STORE = web.AppKey("store", Store)
ACCOUNTS = web.AppKey("accounts", Accounts)
PLACES = web.AppKey("places", Places)
