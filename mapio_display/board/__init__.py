"""What hangs on the board: GPIO lines, buttons, charger, battery, LEDs."""
