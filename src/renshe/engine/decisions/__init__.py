"""What people decided about rows of data, and what it does to them."""
