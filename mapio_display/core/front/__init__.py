"""What the panel and the LEDs show: the choice of view, the buttons, the refresh policy and the lights."""
