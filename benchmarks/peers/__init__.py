"""One set of checks, seven ways to run it: renshe beside the tools that a data team would take instead."""
