"""An evaluation as one HTML page, for people who would rather look: figures, curves and the worst mistakes.

The page is one file that needs no network and no script. It quotes the documents that were asked.
"""

from qabot.evaluation.report.writing import NAME, prepared, write_report

__all__ = ["NAME", "prepared", "write_report"]
