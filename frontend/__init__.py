"""The public site: templates, words and the build that makes them into files."""
