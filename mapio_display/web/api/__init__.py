"""The JSON API and the stream of what changed."""
