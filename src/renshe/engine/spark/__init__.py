"""The second engine: the same rules over the same staged sources, planned for Apache Spark."""
