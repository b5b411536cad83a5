"""The views an owner turns to, and may order in the configuration."""
