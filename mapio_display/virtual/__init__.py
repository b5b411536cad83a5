"""The virtual gateway: a MAPIO without the board, for ``make demo`` and the tests.

What can be real is: RAUC on a private bus, signed bundles, slots as file systems in image files, U-Boot's environment
through its own tools. What cannot is simulated below the real drivers: the panel's controller (``ssd1680.py``).
``gateway.py`` joins it all and plays systemd; ``demo.py`` is what ``make demo`` runs.
"""
