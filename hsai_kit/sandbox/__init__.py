"""HubSpot and OpenAI on loopback: a portal with data, a scripted assistant, faults on demand."""

from hsai_kit.sandbox.child_process import SandboxError
from hsai_kit.sandbox.handle import Sandbox

__all__ = ["Sandbox", "SandboxError"]
