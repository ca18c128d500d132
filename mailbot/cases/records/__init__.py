"""What the law asks of the record: when it goes, and what is given out of it to whom."""
