"""What a page shows: one file for each component. Import the public ones from the kit itself."""
