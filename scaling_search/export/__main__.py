"""`python -m scaling_search.export experiments/NAME --phi 3 --to DIR`: the network itself.

It stands alone, without this package: docs/export.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scaling_search.command_options import CommandOptions
from scaling_search.errors import InvalidInput
from scaling_search.wording import replace_what_cannot_be_shown


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit code 0, or 2 for a mistake in the input."""
    replace_what_cannot_be_shown()
    try:
        _export(_options().parse_args(arguments))
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"error: {error.filename} cannot be written ({error.strerror})", file=sys.stderr)
        sys.exit(2)


def _export(given: argparse.Namespace) -> None:
    from scaling_search.export.folder import Wishes, require_free, write_export
    from scaling_search.export.member import choose
    from scaling_search.export.weights import find_weights

    require_free(given.to, given.force)
    if given.onnx:
        from scaling_search.export.onnx_file import require_onnx

        require_onnx()
    within = {name: getattr(given, name) for name in ("macs", "memory", "latency")}
    at_most = {name: value for name, value in within.items() if value is not None}
    chosen = choose(given.folder, given.phi, at_most)
    weights = find_weights(chosen, given.train, given.cache_dir)
    wishes = Wishes(onnx=given.onnx, data_license=given.data_license, force=given.force)
    names = write_export(chosen, weights, given.to, wishes)
    member = chosen.member
    print(
        f"{chosen.name}: phi = {chosen.phi:.4g}, {member.resolution} px, {member.cost.macs:,} "
        f"multiply-adds, {member.cost.params:,} parameters"
    )
    if isinstance(weights, str):
        print(f"No weights: {weights}")
    else:
        print(f"Weights: run {weights.trained.row.run}, {weights.how}")
    print(f"{given.to}: {', '.join(names)}; model.py gives the member's logits to the last bit")


def _options() -> CommandOptions:
    parser = CommandOptions(
        prog="python -m scaling_search.export",
        description="Write a member of a study's family as a folder that needs torch alone.",
    )
    parser.add_argument("folder", type=Path, help="experiments/NAME")
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--phi", type=float, help="its compound coefficient")
    size.add_argument("--macs", help="the largest within so many multiply-adds, 600M")
    size.add_argument("--memory", help="the largest within so much memory, 8GiB (docs/budgets.md)")
    size.add_argument("--latency", help="the largest within a latency of the study's, 12ms")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="folder to write")
    parser.add_argument(
        "--train",
        action="store_true",
        help="train again what the study trained but kept no weights of",
    )
    parser.add_argument("--onnx", action="store_true", help="write model.onnx too, and check it")
    parser.add_argument("--data-license", default="", metavar="TEXT", help="for the model card")
    parser.add_argument("--force", action="store_true", help="replace an earlier export")
    parser.add_argument("--cache-dir", default="", help="--train: where pixel caches live")
    return parser


if __name__ == "__main__":
    main()
