"""The pages, as HTML made of the snapshot."""
