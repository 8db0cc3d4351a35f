"""Whether the quotes of an earlier answer still stand in the files, as these are now.

Reads an answer's JSON and the files under seeds/; never the index, never a model. The JSON may come from anywhere, so
nothing in it is believed: its sums and offsets are claims, and what is compared are words.
"""

from qabot.verification.checked import CheckedAnswer, check_answers, exit_code
from qabot.verification.judging import State, Verdict
from qabot.verification.showing import as_json, as_text, summary

__all__ = ["CheckedAnswer", "State", "Verdict", "as_json", "as_text", "check_answers", "exit_code", "summary"]
