"""Who may do what: names and origins, PIN and sessions, and how often a client may try."""
