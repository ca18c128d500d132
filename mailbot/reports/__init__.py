"""What the record tells as a whole: the annual report, inspection briefs, charts."""
