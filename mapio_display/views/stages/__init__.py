"""The views the core chooses: from the start to the end, an update, the hotspot."""
