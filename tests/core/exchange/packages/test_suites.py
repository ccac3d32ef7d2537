"""Both suites do what the standards' own examples say, and nothing opens or verifies that was altered."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from gmalg import SM2
from hypothesis import given, settings
from hypothesis import strategies as st

from renshe.core.exchange.packages.suites import Unopened, fingerprint, suite

# GB/T 32918.5, annexes A and C: the recommended curve.
PRIVATE = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
PUBLIC = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SIGNED = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
SUITES = [suite("sm"), suite("intl")]


def test_sm3_is_that_of_its_standard() -> None:
    # GB/T 32905, annex A.
    assert suite("sm").digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert suite("sm").digest(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_a_signature_of_the_standards_example_is_one() -> None:
    sm = suite("sm")
    assert sm.verify(PUBLIC, b"message digest", SIGNED)
    assert not sm.verify(PUBLIC, b"message digesT", SIGNED)
    assert sm.verify(PUBLIC, b"x", sm.sign(PRIVATE, b"x"))


def test_what_the_standards_example_encrypts_is_decrypted() -> None:
    c1 = (
        "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
        "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
    )
    c3 = "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
    c2 = "21886ca989ca9c7d58087307ca93092d651efa"
    assert SM2(PRIVATE).decrypt(bytes.fromhex(c1 + c3 + c2)) == b"encryption standard"


def test_sm4_is_that_of_its_standard_and_of_rfc_8998() -> None:
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    block = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    assert block.update(key).hex() == "681edf34d206965e86b3e94f536e4246"
    gcm = Cipher(algorithms.SM4(key), modes.GCM(bytes.fromhex("00001234567800000000abcd"))).encryptor()
    gcm.authenticate_additional_data(bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
    plain = b"".join(bytes([one]) * 8 for one in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    assert (gcm.update(plain) + gcm.finalize()).hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    )
    assert gcm.tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"


def test_ed25519_is_that_of_rfc_8032() -> None:
    private = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    assert suite("intl").sign(private, b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@pytest.mark.parametrize("used", SUITES, ids=lambda one: one.name)
def test_what_was_sealed_opens_for_its_receiver_alone(used: object) -> None:
    assert isinstance(used, type(SUITES[0]))
    private, public = used.draw("seal")
    other, _ = used.draw("seal")
    sealed = used.seal(public, "参保".encode() * 100, b"bound")
    assert used.open(private, sealed, b"bound") == "参保".encode() * 100
    assert used.seal(public, b"x", b"") != used.seal(public, b"x", b"")
    for key, bound in ((other, b"bound"), (private, b"Bound")):
        with pytest.raises(Unopened):
            used.open(key, sealed, bound)


@pytest.mark.parametrize("used", SUITES, ids=lambda one: one.name)
@settings(max_examples=25)
@given(at=st.integers(0, 10**6), bit=st.integers(0, 7), cut=st.booleans())
def test_one_bit_is_enough(used: object, at: int, bit: int, cut: bool) -> None:
    assert isinstance(used, type(SUITES[0]))
    private, public = used.draw("seal")
    signer, known = used.draw("sign")
    sealed, signed = used.seal(public, b"content", b""), used.sign(signer, b"text")
    for whole, right in ((sealed, False), (signed, False)):
        place = at % len(whole)
        wrong = whole[:place] if cut else whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
        if whole is sealed:
            with pytest.raises(Unopened):
                used.open(private, wrong, b"")
        else:
            assert used.verify(known, b"text", wrong) is right


@pytest.mark.parametrize("used", SUITES, ids=lambda one: one.name)
def test_what_is_no_key_is_none(used: object) -> None:
    assert isinstance(used, type(SUITES[0]))
    _, public = used.draw("sign")
    assert used.is_key(public) and len(fingerprint(public)) == 32
    for wrong in (b"", public[:-1], public + b"x"):
        assert not used.is_key(wrong) and not used.verify(wrong, b"x", b"x" * 64)
    assert not suite("sm").is_key(PUBLIC[:-1] + b"\x00")
    with pytest.raises(KeyError):
        suite("rot13")
