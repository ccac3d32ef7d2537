"""Collection templates: sheets that are handed out to be filled in, and the report on what came back."""
