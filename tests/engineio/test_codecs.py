import contextlib
import tracemalloc
from types import ModuleType

from hypothesis import given, strategies as st
import pytest

from custom_components.interphone.api.socketio.packet import SocketIoPacket
from custom_components.interphone.engineio import codec3, codec4
from custom_components.interphone.engineio.packet import Form, Packet, PacketError, PacketType
from custom_components.interphone.engineio.ready import Opcode, ReadyMade, payload, websocket_frame

texts = st.text(st.characters(exclude_categories=["Cs"]))
# The record separator parts the packets of a version 4 payload: JSON never holds it.
texts_without_separator = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1e"))
text_packets = st.builds(Packet, st.sampled_from(PacketType), texts)
binary_packets = st.builds(Packet, st.just(PacketType.MESSAGE), st.binary())
packets = text_packets | binary_packets
packets4 = st.builds(Packet, st.sampled_from(PacketType), texts_without_separator) | binary_packets


@given(packets)
def test_frames_round_trip_in_version_4(packet: Packet) -> None:
    assert codec4.decode(codec4.encode(packet)) == packet


@given(packet=packets, base64_only=st.booleans())
def test_frames_round_trip_in_version_3(packet: Packet, *, base64_only: bool) -> None:
    assert codec3.decode(codec3.encode(packet, base64_only=base64_only)) == packet


@given(st.lists(packets4, min_size=1, max_size=64))
def test_payloads_round_trip_in_version_4(sent: list[Packet]) -> None:
    body, binary = payload([ReadyMade(packet) for packet in sent], Form.V4)
    assert not binary
    assert codec4.decode_payload(body, binary=False, most=64) == sent


@given(st.lists(packets, min_size=1, max_size=64), st.sampled_from([Form.V3, Form.V3_BASE64]))
def test_payloads_round_trip_in_version_3(sent: list[Packet], form: Form) -> None:
    body, binary = payload([ReadyMade(packet) for packet in sent], form)
    assert binary == (form is Form.V3 and any(isinstance(packet.data, bytes) for packet in sent))
    assert codec3.decode_payload(body, binary=binary, most=64) == sent


def _decode_or_refuse(codec: ModuleType, body: bytes, *, binary: bool) -> None:
    try:
        found = codec.decode_payload(body, binary=binary, most=64)
    except PacketError:
        return
    assert len(found) <= 64
    assert sum(len(packet.data) for packet in found) <= len(body)


@given(body=st.binary(max_size=2000), binary=st.booleans())
@pytest.mark.parametrize("codec", [codec3, codec4])
def test_any_body_is_packets_or_a_packet_error(codec: ModuleType, body: bytes, *, binary: bool) -> None:
    _decode_or_refuse(codec, body, binary=binary)


# Bodies that look right: lengths, separators and markers in the wrong places.
almost = st.lists(
    st.sampled_from(
        [b"4", b"b", b"1", b"9" * 12, b":", b"\x1e", b"\x00", b"\x01", b"\xff", b"\xf0\x9f\x98\x80", b"0:"]
    ),
    max_size=40,
).map(b"".join)


@given(body=almost, binary=st.booleans())
@pytest.mark.parametrize("codec", [codec3, codec4])
def test_almost_payloads_are_packets_or_a_packet_error(codec: ModuleType, body: bytes, *, binary: bool) -> None:
    _decode_or_refuse(codec, body, binary=binary)


@given(texts | st.binary())
@pytest.mark.parametrize("codec", [codec3, codec4])
def test_any_frame_is_a_packet_or_a_packet_error(codec: ModuleType, content: str | bytes) -> None:
    with contextlib.suppress(PacketError):
        codec.decode(content)


@pytest.mark.parametrize(
    ("codec", "binary", "body"),
    [
        (codec3, False, b"999999999:4" + b"x" * 1000),
        (codec3, False, b"9" * 100_000),
        (codec3, True, b"\x00" + b"\x09" * 100_000),
        (codec3, True, b"\x01\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff\x04"),
        (codec4, False, b"\x1e" * 1_000_000),
        (codec3, False, b"1:4" * 300_000),
    ],
)
def test_a_body_never_costs_more_than_its_size(codec: ModuleType, body: bytes, *, binary: bool) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(PacketError):
            codec.decode_payload(body, binary=binary, most=64)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(body) + 100_000
    finally:
        tracemalloc.stop()


def test_version_3_counts_utf_16_units_in_text_and_bytes_in_binary_payloads() -> None:
    euro, smile = ReadyMade.message("€"), ReadyMade.message("😀")
    assert payload([euro, smile], Form.V3) == ("2:4€3:4😀".encode(), False)
    mixed, binary = payload([euro, ReadyMade.message(b"\x01\x02\x03\x04")], Form.V3)
    assert (mixed.hex(" "), binary) == ("00 04 ff 34 e2 82 ac 01 05 ff 04 01 02 03 04", True)
    assert payload([euro, ReadyMade.message(b"\x01\x02\x03\x04")], Form.V3_BASE64) == (
        "2:4€10:b4AQIDBA==".encode(),
        False,
    )


def test_version_3_text_payloads_of_json_are_ascii() -> None:
    body, _ = payload([ReadyMade.message('2["é😀"]', json=True)], Form.V3)
    assert body == rb'24:42["\u00e9\ud83d\ude00"]'
    assert ReadyMade.message('2["é"]', json=True).frame(Form.V3).endswith('42["é"]'.encode())


def test_one_packet_has_a_form_for_each_client() -> None:
    item = ReadyMade.message(b"\x01\x02")
    assert item.frame(Form.V4) == b"\x82\x02\x01\x02"
    assert item.frame(Form.V3) == b"\x82\x03\x04\x01\x02"
    assert item.frame(Form.V3_BASE64) == b"\x81\x06b4AQI="
    assert item.segment(Form.V4) == b"bAQI="
    assert item.frame(Form.V4) == b"\x82\x02\x01\x02"


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_frames_state_their_length(size: int) -> None:
    header = {0: b"\x82\x00", 125: b"\x82\x7d", 126: b"\x82\x7e\x00\x7e", 65_535: b"\x82\x7e\xff\xff"}
    frame = websocket_frame(b"x" * size, Opcode.BINARY)
    assert frame == header.get(size, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00") + b"x" * size


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(texts, children, max_size=4),
    max_leaves=20,
)
arguments = st.recursive(
    json_values | st.binary(max_size=20), lambda children: st.lists(children, max_size=3), max_leaves=8
)


@given(st.lists(arguments, max_size=4), st.none() | st.integers(0, 10**15 - 1), st.sampled_from(["/", "/admin"]))
def test_events_round_trip(args: list[object], ident: int | None, namespace: str) -> None:
    encoded = SocketIoPacket(2, data=["event", *args], id=ident, namespace=namespace).encode()
    text, *attachments = encoded if isinstance(encoded, list) else [encoded]
    back = SocketIoPacket()
    try:
        expected = back.decode(text)
    except PacketError:
        assert len(attachments) > 10 or any(str(args).count(mark) > 20 for mark in "[{")
        return
    assert expected == len(attachments)
    for attachment in attachments:
        back.add_attachment(attachment)
    assert (back.data, back.id, back.namespace) == (["event", *args], ident, namespace)


@given(st.text() | st.from_regex(r"[0-7]([0-9]{1,3}-)?(/[a-z]*,)?[0-9]*[\[{\"\]}:,0-9a-zN]*", fullmatch=True))
def test_any_text_is_a_packet_or_a_packet_error(text: str) -> None:
    with contextlib.suppress(PacketError):
        SocketIoPacket().decode(text)
