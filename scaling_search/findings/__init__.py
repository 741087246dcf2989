"""What the answers say: numbers in, numbers out."""

from scaling_search.findings.surface import Surface, fit_surface
from scaling_search.findings.winner import Comparison, compare_with_best

__all__ = ["Comparison", "Surface", "compare_with_best", "fit_surface"]
