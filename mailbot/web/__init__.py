"""Where staff work: sign-in, the queue, a case and its review. It never fetches, classifies or sends."""
