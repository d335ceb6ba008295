"""OpenAI's double: models, responses, decisions, agents, files and batches over a scripted assistant.

It is written from the facts about OpenAI's API, imports nothing of the kit, and asks nothing of the network.
"""

from __future__ import annotations

from hsai_kit.sandbox.openai.api import OpenAIApi

__all__ = ["OpenAIApi"]
