"""What travels: a package, sealed and signed. Here is no Django and no database: the partner's side reads it too."""
