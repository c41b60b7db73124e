"""Who takes part."""

from bench.delivery.contestant import Contestant
from bench.delivery.dual_write import DualWrite
from bench.delivery.peer_celery import LATE, REJECT, SHORT, CeleryPeer
from bench.delivery.peer_faststream import FastStreamPeer
from bench.delivery.redink import Redink

ALL: tuple[Contestant, ...] = (
    Redink(),
    DualWrite(),
    DualWrite("dual-write-again", "… that publishes again when an upload is repeated", again=True),
    FastStreamPeer("faststream", "FastStream, no settings but a group"),
    FastStreamPeer("faststream-earliest", "… auto_offset_reset=earliest", offsets="earliest"),
    FastStreamPeer("faststream-ack", "… and AckPolicy.ACK", ack="ACK", offsets="earliest"),
    FastStreamPeer("faststream-nack", "… and AckPolicy.NACK_ON_ERROR", ack="NACK_ON_ERROR", offsets="earliest"),
    FastStreamPeer(
        "faststream-nack-once", "… and a unique key in the sink", ack="NACK_ON_ERROR", offsets="earliest", once=True
    ),
    CeleryPeer("celery", "Celery, no settings"),
    CeleryPeer("celery-late", "… task_acks_late", LATE),
    CeleryPeer("celery-reject", "… and task_reject_on_worker_lost", REJECT),
    CeleryPeer("celery-short", "… and a visibility timeout of 10 s", SHORT),
    CeleryPeer("celery-short-once", "… and a unique key in the sink", SHORT, once=True),
)
BY_NAME = {contestant.name: contestant for contestant in ALL}
