import base64
import hashlib

from hypothesis import given, strategies as st
import pytest

from custom_components.interphone.pairing.models import CHALLENGE, PairingKind, PairingState, Proof

from .world import World, challenge_of, requester

# RFC 7636, appendix B.
RFC_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
RFC_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_verifier_answers_its_challenge() -> None:
    assert Proof("id", RFC_VERIFIER).answers(RFC_CHALLENGE)
    assert challenge_of(RFC_VERIFIER) == RFC_CHALLENGE


@given(st.text(st.characters()))
def test_no_other_verifier_does(verifier: str) -> None:
    assert Proof("id", verifier).answers(RFC_CHALLENGE) is (verifier == RFC_VERIFIER)


def test_plain_challenges_are_none() -> None:
    """Only S256: a verifier that is its own challenge proves nothing."""
    assert not Proof("id", RFC_CHALLENGE).answers(RFC_CHALLENGE)


@given(st.binary(min_size=32, max_size=32))
def test_every_digest_is_a_challenge(digest: bytes) -> None:
    assert CHALLENGE.fullmatch(base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        RFC_CHALLENGE[:-1],
        RFC_CHALLENGE + "=",
        RFC_CHALLENGE + "A",
        RFC_CHALLENGE[:-1] + "é",
        RFC_CHALLENGE[:-1] + "+",
        RFC_CHALLENGE[:-1] + "\n",
        hashlib.sha256().hexdigest(),
    ],
)
def test_what_is_no_challenge(text: str) -> None:
    assert CHALLENGE.fullmatch(text) is None


def test_neither_code_nor_verifier_nor_challenge_is_in_a_representation() -> None:
    pairing = World().desk().request(requester(), RFC_CHALLENGE)
    assert pairing.kind is PairingKind.BOUND
    assert pairing.code
    for secret in (pairing.code, RFC_CHALLENGE):
        assert secret not in repr(pairing)
    assert RFC_VERIFIER not in repr(Proof("id", RFC_VERIFIER))


def test_states_that_wait_and_states_that_live() -> None:
    assert {state for state in PairingState if state.pending} == {PairingState.REQUESTED, PairingState.WAITING}
    assert {state for state in PairingState if state.live} == {
        PairingState.REQUESTED,
        PairingState.WAITING,
        PairingState.SHOWN,
    }
