"""What an analyst clicks: panels, the review grid and their parts. No logic: that is in the steps they show."""
