"""Quantities as people write them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_search.errors import InvalidInput
from scaling_search.scaling.units import Unit, parse_quantity


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [
        ("8GiB", "bytes", 8 * 2**30),
        ("8 gib", "bytes", 8 * 2**30),
        ("500MB", "bytes", 500e6),
        ("500 mb", "bytes", 500e6),
        ("1.5kB", "bytes", 1500),
        ("2KiB", "bytes", 2048),
        ("1TB", "bytes", 1e12),
        ("64 B", "bytes", 64),
        ("12ms", "seconds", 0.012),
        ("1.1ms", "seconds", 0.0011),
        ("0.5 s", "seconds", 0.5),
        (" .5s ", "seconds", 0.5),
        ("250us", "seconds", 250e-6),
        ("250µs", "seconds", 250e-6),
        ("5e6", "count", 5e6),
        ("5E+6", "count", 5e6),
        ("5_000_000", "count", 5e6),
        ("5.3M", "count", 5.3e6),
        ("0.6 G", "count", 6e8),
        ("10k", "count", 10_000),
        ("10K", "count", 10_000),
        ("1500", "images/s", 1500),
        ("1500 images/s", "images/s", 1500),
    ],
)
def test_what_people_write_is_read(text: str, unit: Unit, amount: float) -> None:
    assert parse_quantity("constraint.at_most.it", text, unit) == amount


@pytest.mark.parametrize("unit", ["bytes", "seconds", "count", "images/s"])
@pytest.mark.parametrize("value", [5, 5.5, np.int64(5), np.float32(5.5), "5", "5.5"])
def test_a_number_alone_is_in_the_unit(unit: Unit, value: Any) -> None:
    assert parse_quantity("it", value, unit) == float(value)


@given(st.floats(1e-6, 1e12))
def test_a_number_written_out_is_read_to_the_last_digit(number: float) -> None:
    assert parse_quantity("it", repr(number), "bytes") == number
    assert parse_quantity("it", f"{number!r}ms", "seconds") == number / 1000


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        ("8GiBi", "bytes", r"at_most.memory is '8GiBi', but 'GiBi' is not known: give a number of"),
        ("8G", "bytes", r"'G' is not known.* B, kB, MB, GB, TB, KiB, MiB, GiB, TiB, such as 8GiB"),
        *(
            (f"8{bits}", "bytes", f"'{bits}' may mean bits or bytes: give bytes, {remedy}")
            for bits, remedy in [
                ("Gb", r"8GB \(powers of 1000\) or 8GiB"),
                ("Gib", r"8GB .* or 8GiB"),
                ("Mb", r"8MB .* or 8MiB"),
                ("Kb", r"8kB .* or 8KiB"),
                ("Tb", r"8TB .* or 8TiB"),
            ]
        ),
        ("12ms", "bytes", "'ms' is not known"),
        ("12 parsecs", "seconds", "'parsecs' is not known.* s, ms, us, such as 12ms"),
        ("12MS", "seconds", "'MS' is not known"),
        ("8GiB", "seconds", "'GiB' is not known"),
        ("5m", "count", "'m' is not known.* k, M, G, T, such as 600M"),
        ("5e", "count", "'e' is not known"),
        ("12ms", "images/s", "'ms' is not known"),
        ("much", "bytes", "is 'much', but must be a number of bytes above 0 or one followed by"),
        ("", "bytes", "is '', but must be a number"),
        ("GiB", "bytes", "is 'GiB', but must be a number"),
        ("1,000", "count", "is '1,000', but must be a number above 0 or one followed by k, M"),
        ("5__0", "count", "is '5__0', but must be a number"),
        ("nan", "count", "is 'nan', but must be a number"),
        ("0GiB", "bytes", "must be a finite number above 0"),
        ("-1GiB", "bytes", "memory is '-1GiB', but must be a finite number above 0"),
        ("1e999", "count", "is '1e999', but must be a finite number above 0"),
        ("1e307T", "count", "must be a finite number above 0"),
        (0, "bytes", "at_most.memory is 0, but must be a finite number above 0"),
        (float("nan"), "bytes", "must be a finite number"),
        (True, "bytes", "must be a number"),
        (None, "bytes", "at_most.memory is None, but must be a number"),
        ([8], "bytes", "must be a number"),
    ],
)
def test_nonsense_is_refused_by_name(value: Any, unit: Unit, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_quantity("at_most.memory", value, unit)
