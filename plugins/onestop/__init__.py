"""onestop: what share of administrative dossiers was handled online, by unit and month, against its target."""
