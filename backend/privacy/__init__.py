"""What people may ask about their data, and how long anything is kept."""
