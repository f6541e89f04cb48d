"""From results to text, JSON and HTML."""
