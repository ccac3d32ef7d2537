"""By which way packages go and come; no way knows what is inside. Here is no Django: the partner's side uses them too."""
