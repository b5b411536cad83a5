"""Updates that are cut off, again and again, on a disk that loses its power for real; ``make soak`` runs it."""
