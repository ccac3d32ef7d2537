"""What pages of every line are made of: who is signed in, forms from items, lists, and one way of answering."""
