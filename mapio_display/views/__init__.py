"""The panel's views: pure functions from a snapshot to a one-bit picture.

``render.py`` is the way in. A view says what stands where with the means of ``canvas.py``; nothing in here asks the
machine anything.
"""
