"""The batch engine: sources -> standard tables -> rules -> findings -> decisions -> rounds."""
