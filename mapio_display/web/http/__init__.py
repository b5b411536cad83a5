"""HTTP below the routes: ports, connections and their bounds, bodies, and the last words of a connection."""
