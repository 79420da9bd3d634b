"""Evidence packages: what an officer hands to a court, checkable without us (docs/decisions/0018)."""
