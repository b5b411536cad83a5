"""For each view the snapshots that its golden pictures show; the first is its sample."""
