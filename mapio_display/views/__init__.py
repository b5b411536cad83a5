"""The panel's views: pure functions from a snapshot to a one-bit picture.

``resting/`` and ``stages/`` have one file a view, found by its name: views to turn to, and those the core chooses. Each
draws on ``canvas.py`` with ``widgets.py``; ``samples/`` has for each the snapshots its golden pictures show.
``render.py`` is the way in. Nothing in here asks the machine anything.
"""
