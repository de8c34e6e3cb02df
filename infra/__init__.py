"""Everything that stands around the code: resources, packages, the local run. Never packaged."""
