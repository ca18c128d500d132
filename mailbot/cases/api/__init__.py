"""What other systems are let see, and told."""
