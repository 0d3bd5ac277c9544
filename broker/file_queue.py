"""
The queue of our own: messages as files, each of which appears whole.

Kombu's file transport opens a file under its final name and then writes it; a worker that looks
in between takes an empty file and dies of it. Here a file gets its name when it is written.
"""

import fcntl
import os
import uuid
from pathlib import Path
from time import monotonic_ns

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

NAME = "broker.file_queue:Transport"


class Channel(filesystem.Channel):
    def _put(self, queue, payload, **kwargs):
        """Write `payload` beside the queue, and rename it into the queue in one step."""
        name = f"{monotonic_ns() // 1_000_000}_{uuid.uuid4()}.{queue}.msg"
        message = Path(self.data_folder_out) / name
        # Nobody looks for this ending.
        unfinished = message.with_name(f"{name}.part")
        try:
            unfinished.write_bytes(str_to_bytes(dumps(payload)))
            os.replace(unfinished, message)
        except OSError as error:
            raise ChannelError(f"cannot add {message} to the queue") from error

    def _queue_bind(self, exchange, routing_key, pattern, queue):
        """Add a binding of `exchange`; one process at a time, and readers see all or none."""
        bindings = self._exchange_file(exchange)
        bound = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with (self.control_folder / "bindings.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self.get_table(exchange)
            if bound not in known:
                unfinished = bindings.with_name(f"{bindings.name}.part")
                unfinished.write_bytes(str_to_bytes(dumps([bound, *known])))
                os.replace(unfinished, bindings)


class Transport(filesystem.Transport):
    Channel = Channel
