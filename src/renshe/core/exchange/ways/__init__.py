"""By which way packages go and come; no way knows what is inside. Without Django: the partner uses them too."""
