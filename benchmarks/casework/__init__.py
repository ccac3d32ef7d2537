"""Cases through the API under load: what a decision costs, and that none is lost or made twice."""
