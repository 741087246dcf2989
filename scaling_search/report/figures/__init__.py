"""The figures of reports; nothing else in the package draws."""
