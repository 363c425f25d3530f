"""One process a machine: starts workers, passes parcels between them, and keeps the ledger."""
