"""The virtual gateway: a MAPIO without the board, for ``make demo`` and the tests.

What can be real is: RAUC on a private bus (``rauc_service.py``, ``bus.py``), signed bundles, slots as file systems in
image files, U-Boot's environment through its own tools (``bundles.py``, ``slots.py``, ``uboot.py``). What cannot is
simulated below the real drivers: the panel's controller (``ssd1680.py``, served by ``chip.py``), and logind. Where the
real RAUC cannot run, ``scripted_*.py`` stand in for it. ``gateway.py`` joins it all and plays systemd; ``demo.py`` is
what ``make demo`` runs, and ``folder.py`` where it all lies.
"""
