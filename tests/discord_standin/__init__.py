"""A stand-in of Discord on loopback: gateway and REST, strict about Discord's limits and times.

Written from Discord's documentation for the real discord.py client to talk to. Everything a client does against the
rules is refused as Discord refuses it and also kept in ``StandIn.problems``, so that a test can demand that there
were none.
"""

import warnings

with warnings.catch_warnings():
    # discord.py imports audioop, which Python 3.13 removes (there it brings its own); warnings are errors here.
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    import discord

from discord_standin.interactions import Asked
from discord_standin.scripted import ScriptedEngine
from discord_standin.server import Fault, StandIn, StandInThread

__all__ = ["Asked", "Fault", "ScriptedEngine", "StandIn", "StandInThread", "discord"]
