"""What the data rules want written down: bulk work, daily operations, backups, plans and drills, clean-up; and the
journal as people search it."""
