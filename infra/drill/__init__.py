"""The restore drill: from backup files to a served, verified copy (`make drill`)."""
