"""Who may do what: names and origins, PIN and sessions, and how often somebody may try."""
