"""Messages as files: a message is whole or not there, however many write and read at once."""

import os
import threading
from queue import Empty

import pytest
from kombu import Connection, Exchange, Producer, Queue

from broker import file_queue

ROUNDS = 300


@pytest.fixture
def queue(tmp_path):
    """A queue of its own: what is declared is remembered for as long as the process lives."""
    return Queue(tmp_path.name, Exchange(tmp_path.name), routing_key=tmp_path.name)


@pytest.fixture
def connect(tmp_path):
    folders = {"data_folder_in": "m", "data_folder_out": "m", "control_folder": "c"}
    options = {name: str(tmp_path / folder) for name, folder in folders.items()}
    for folder in set(folders.values()):
        (tmp_path / folder).mkdir()
    return lambda: Connection(transport=file_queue.NAME, transport_options=options)


def send(connection, queue, message):
    with Producer(connection.channel()) as producer:
        producer.publish(message, exchange=queue.exchange, routing_key=queue.name, declare=[queue])


def test_a_message_comes_out_as_it_went_in(connect, queue):
    with connect() as connection:
        send(connection, queue, {"sweep": 1})
        message = connection.SimpleQueue(queue.name).get(timeout=2)
        message.ack()
        assert message.payload == {"sweep": 1}


def test_a_message_that_is_being_written_is_not_there_yet(connect, queue, monkeypatch):
    looked = []

    def look_then_rename(unfinished, message):
        with connect() as other, pytest.raises(Empty):
            other.channel()._get(queue.name)
        looked.append(os.path.getsize(unfinished))
        rename(unfinished, message)

    rename = os.replace
    monkeypatch.setattr(file_queue.os, "replace", look_then_rename)
    with connect() as connection:
        send(connection, queue, {"sweep": 1})
        assert connection.SimpleQueue(queue.name).get(timeout=2).payload == {"sweep": 1}
    assert looked[0] > 0


def test_many_messages_between_two_all_arrive_whole(connect, queue):
    def write():
        with connect() as connection:
            for number in range(ROUNDS):
                send(connection, queue, {"number": number, "text": "x" * 10_000})

    writer = threading.Thread(target=write)
    taken = set()
    with connect() as connection:
        reading = connection.SimpleQueue(queue.name)
        writer.start()
        while len(taken) < ROUNDS:
            message = reading.get(timeout=10)
            message.ack()
            taken.add(message.payload["number"])
    writer.join()
    assert taken == set(range(ROUNDS))
