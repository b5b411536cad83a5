"""What is known and what follows from it: snapshot, events, commands, the update's state machine, the refresh policy.

Pure: no asyncio, no clock, no files. ``reduce.py`` is the way in; time is always an argument.
"""
