"""Where results come from, and whether they are what they say."""
