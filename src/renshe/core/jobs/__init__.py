"""Work that goes on in the background or at its time: each job visible to whom it belongs to."""
