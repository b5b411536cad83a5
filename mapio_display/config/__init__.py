"""The configuration: TOML files to one frozen ``Config``."""

from mapio_display.config.board import boards
from mapio_display.config.load import load_config, load_language, load_panel
from mapio_display.config.sections import Config

__all__ = ["Config", "boards", "load_config", "load_language", "load_panel"]
