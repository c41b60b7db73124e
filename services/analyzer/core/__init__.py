"""The analyzer's pure core: `analyze(submission, reading, paper) -> Analysis`, `corrected` by teachers."""

from services.analyzer.core.analyze import analyze
from services.analyzer.core.corrections import corrected

__all__ = ["analyze", "corrected"]
