"""Work done ahead: what is next is made while what is there is used, so that reader and server keep both processors."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

Block = TypeVar("Block")

_END: Any = object()


@contextmanager
def ahead(blocks: Iterator[Block]) -> Iterator[Iterator[Block]]:
    """Give an iterator whose blocks are made in a thread, each while the one before it is used.

    What making a block raises is raised where the block is taken. Nothing is made any more when the body is left.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="reading") as thread:

        def made() -> Iterator[Block]:
            pending = thread.submit(next, blocks, _END)
            while (block := pending.result()) is not _END:
                pending = thread.submit(next, blocks, _END)
                yield block

        try:
            yield made()
        finally:
            thread.shutdown(cancel_futures=True)
