"""HubSpot and OpenAI on loopback: a portal with data, a scripted assistant, faults on demand."""

from hsai_kit.sandbox.handle import Sandbox, SandboxError

__all__ = ["Sandbox", "SandboxError"]
