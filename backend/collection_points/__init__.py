"""The places where food is collected or brought: shops, associations, depots and relay points."""
