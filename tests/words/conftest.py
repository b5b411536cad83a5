"""The transcripts of the core's tests."""

from tests.core.conftest import running, transcript

__all__ = ["running", "transcript"]
