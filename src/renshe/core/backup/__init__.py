"""What keeps a bureau from being lost: one archive of everything, brought back and proved."""
