"""A family member as a folder that needs no scaling_search: `python -m scaling_search.export`."""
