"""The ground under everything: connections, acts, sessions, migrations."""
