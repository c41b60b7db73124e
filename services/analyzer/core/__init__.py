"""The analyzer's pure core: `analyze(submission, reading, paper) -> Analysis`."""

from services.analyzer.core.analyze import analyze

__all__ = ["analyze"]
