"""What the answers say: numbers in, numbers out."""

from scaling_search.findings.surface import Surface, fit_surface

__all__ = ["Surface", "fit_surface"]
