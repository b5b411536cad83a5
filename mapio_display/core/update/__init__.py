"""The update's state machine: one table and one ``step`` in ``table.py``, its handlers in the files beside it."""
