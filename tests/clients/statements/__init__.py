"""What each client sends, as data: `Sent` is one statement and what must come back. Start at `sent.py`."""
