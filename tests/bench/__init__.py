"""Speed and memory, measured on the virtual gateway: ``make bench``. Nothing in here passes or fails."""
