"""What a run is: its family, settings, identity and folder."""
