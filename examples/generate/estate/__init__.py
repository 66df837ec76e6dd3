"""The made-up company Acme, one module a source."""
