"""The HTTP API and what stands before every request: thin routes, one call into a service each."""
