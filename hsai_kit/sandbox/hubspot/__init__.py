"""A double of HubSpot's CRM API, written from its documentation: one portal in SQLite behind HTTP."""

from hsai_kit.sandbox.hubspot.api import HubSpotApi

__all__ = ["HubSpotApi"]
