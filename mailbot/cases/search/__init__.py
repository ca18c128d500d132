"""Finding cases by words and by who wrote, without the words standing anywhere."""
