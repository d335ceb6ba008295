"""Texts without one right answer: checks, people who rate, a model as judge."""
