"""What goes out about a case: letters, and what those who are asked about it answer."""
