"""How Django is put together: settings, urls, what runs."""
