"""The portal: where people and units apply, follow their cases and see what is kept of them, from a telephone too."""
