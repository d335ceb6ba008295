"""A double of HubSpot's CRM API, written from its documentation: one portal in SQLite behind HTTP."""

from hsai_kit.sandbox.hubspot.api import HubSpotSide

__all__ = ["HubSpotSide"]
