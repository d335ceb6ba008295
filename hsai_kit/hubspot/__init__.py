"""The wire to HubSpot: one client, and one module for each thing that a portal has."""
