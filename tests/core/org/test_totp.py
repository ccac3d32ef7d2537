"""Codes as RFC 6238 has them, each taken once."""

from __future__ import annotations

import base64

import pytest

from renshe.core.org.totp import STEP, code_at, enrolment, secret_draw, step_of

RFC = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_the_rfc(at: int, code: str) -> None:
    assert code_at(RFC, at // STEP, digits=8) == code and code_at(RFC, at // STEP) == code[2:]


def test_a_code_is_taken_once_and_only_about_its_time() -> None:
    now = 1_234_567_890.0
    step = int(now) // STEP
    code = code_at(RFC, step)
    assert step_of(RFC, code, now=now, after=0, drift=1) == step
    assert step_of(RFC, code, now=now + STEP, after=step - 1, drift=1) == step
    assert step_of(RFC, code, now=now, after=step, drift=1) is None
    assert step_of(RFC, code, now=now + 3 * STEP, after=0, drift=1) is None
    assert [step_of(RFC, wrong, now=now, after=0, drift=1) for wrong in ("", "000000", "九九", code + "0")] == [
        None
    ] * 4


def test_secrets_differ_and_a_telephone_reads_them() -> None:
    one, other = secret_draw(), secret_draw()
    assert one != other and len(base64.b32decode(one)) == 20
    assert enrolment(one, "op 1").startswith(f"otpauth://totp/renshe:op%201?secret={one}&")
