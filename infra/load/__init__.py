"""What a day bears: quotas and retries simulated with this code's own counts, and a real load."""
