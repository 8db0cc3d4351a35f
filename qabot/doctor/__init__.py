"""The doctor: looks at everything an answer depends on and says what to do about what is wrong. It changes nothing.

Knows what can be told without building, asking or going online; where one check fails, the others still run.
"""

from qabot.doctor.check import Check, exit_code
from qabot.doctor.examination import examine
from qabot.doctor.showing import as_json, as_text

__all__ = ["Check", "as_json", "as_text", "examine", "exit_code"]
