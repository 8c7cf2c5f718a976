"""What every report shares: tables, numbers in words, pictures."""
