"""The update's state machine: one table and one ``handle`` in ``table.py``, its handlers in the files beside it."""
