"""The stated probability and the threshold, fitted to the user's own documents (`qabot calibrate`).

From labelled questions, with a promise about the share of wrong answers. Without them the shipped calibration is
estimated on questions that are made from the documents, and nothing is kept.
"""

from qabot.calibrating.command import calibrate_command, reset_command
from qabot.calibrating.runs import Calibrated, Labelled, calibrate

__all__ = ["Calibrated", "Labelled", "calibrate", "calibrate_command", "reset_command"]
