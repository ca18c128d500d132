"""Services, their inspections, and what is held on each."""
