"""The workbench as people use it: what a page costs, and five hundred people at once."""
