"""What everything runs on: the background loop, progress, rate limits, locks, the console."""
