"""What can be played: a manifest read into values."""
