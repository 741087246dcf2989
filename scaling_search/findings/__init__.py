"""What the answers say: numbers in, numbers out."""

from scaling_search.findings.winner import Comparison, compare_with_best

__all__ = ["Comparison", "compare_with_best"]
