"""What associations take and lack, and who should receive a collection."""
