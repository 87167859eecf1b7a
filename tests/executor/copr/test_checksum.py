"""Checksum requests as recorded, against the sums that follow from the recorded pairs."""

from __future__ import annotations

from executor.copr.checksum import crc64, run_checksum
from store.proto import tipb_pb2
from tests.data.vectors import load
from tests.executor.copr import replay


def test_check_value() -> None:
    assert crc64([b"123456789", b"", b"1"]).tolist()[:2] == [0x995DC9BBDF1939FA, 0]


def test_recorded_checksums() -> None:
    seen = 0
    for case in load("cop")["cases"]:
        for request in case["requests"]:
            if request["tp"] != 105 or "computed" not in request:
                continue
            message = tipb_pb2.ChecksumRequest.FromString(bytes.fromhex(request["data"]))
            ranges = [(bytes.fromhex(start), bytes.fromhex(end)) for start, end in request["ranges"]]
            answer = run_checksum(message, replay.blocks(ranges, False, 7))
            found = {name: getattr(answer, name) for name in ("checksum", "total_kvs", "total_bytes")}
            assert found == request["computed"]
            seen += 1
    assert seen > 10
