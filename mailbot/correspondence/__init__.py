"""What we write, to whom, and by which way: nothing leaves but through here."""
