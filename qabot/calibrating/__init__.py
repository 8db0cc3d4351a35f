"""The stated probability and the threshold, fitted to the user's own documents (`qabot calibrate`).

From labelled questions, with a promise about the share of wrong answers; without them from questions that are made from
the documents, as an estimate.
"""

from qabot.calibrating.runs import Calibrated, Labelled, calibrate
from qabot.calibrating.showing import as_json, as_text, removed_as_json, removed_as_text

__all__ = ["Calibrated", "Labelled", "as_json", "as_text", "calibrate", "removed_as_json", "removed_as_text"]
