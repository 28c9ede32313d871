"""Spec §6: this node's own log, on disk before anything is said, and what it holds of other logs as their witness."""

import os
import threading
from pathlib import Path

from encoding import Refused, b64, b64u, need, now, sha256, unb64, write_canonical
from notes import checkpoint_text, parse_checkpoint, split_note, signed_by, write_proof
from tree import check_consistency, consistency, inclusion, leaf_hash, root_of


def x_of(kind, record):
    return sha256(f'fernpost/record/v1\n{kind}\n'.encode(), record)


def leaf_of(kind, record):
    return write_canonical({'t': kind, 'v': 1, 'x': b64u(x_of(kind, record))})


class OwnLog:
    def __init__(self, keys, directory):
        self.keys = keys
        self.origin = keys.origin
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.entries = []
        self.hashes = []
        self.checkpoint = None
        self.cosignatures = {}  # witness -> line, for the newest head
        self.held = {}  # witness -> size of our log that it has cosigned
        self.lock = threading.RLock()

    @property
    def size(self):
        return len(self.entries)

    def append(self, kind, record):
        """Adds a leaf and signs a checkpoint over it; both are on disk when this returns (§6.4)."""
        with self.lock:
            entry = leaf_of(kind, record)
            self._write('leaves', len(entry).to_bytes(2, 'big') + entry, 'ab')
            self.entries.append(entry)
            self.hashes.append(leaf_hash(entry))
            text = checkpoint_text(self.origin, self.size, root_of(self.hashes))
            self.checkpoint = self.keys.log.note(text)
            self.cosignatures = {}
            self._write('checkpoint', self.checkpoint.encode(), 'wb')
            return self.size - 1

    def _write(self, name, data, mode):
        with open(self.directory / name, mode) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def proof(self, index):
        with self.lock:
            return write_proof(index, inclusion(index, self.hashes), self.checkpoint)

    def add_checkpoint(self, old):
        """The body that brings a witness from `old` to the newest head (§6.7)."""
        with self.lock:
            path = consistency(old, self.hashes)
            return f'old {old}\n' + ''.join(b64(each) + '\n' for each in path) + '\n' + self.checkpoint

    def take_cosignature(self, line, note, vkeys):
        """Keeps a witness's line for one of our checkpoints, if a cosign key of its card made it."""
        text, _ = split_note(note)
        _, [found] = split_note(f'{text}\n{line}')
        at = next((at for at in (signed_by(text, found, each) for each in vkeys) if at), 0)
        need(abs(at - now()) < 300, 'no cosignature of this witness')
        with self.lock:
            self.held[found[0]] = int(text.split('\n')[1])
            if note == self.checkpoint:
                self.cosignatures[found[0]] = line

    def resource(self, path):
        """What lies at this path under the log's prefix (§6.5), and its media type; `None` for nothing."""
        with self.lock:
            if path == 'checkpoint' and self.checkpoint:
                return (self.checkpoint + ''.join(self.cosignatures.values())).encode(), 'text/plain; charset=utf-8'
            # As many tiles as a small log has: every full one and every partial one, of all levels.
            level_hashes, level = self.hashes, 0
            while level_hashes:
                data = self._tile(path, f'tile/{level}/', level_hashes, b''.join)
                if data is not None:
                    return data, 'application/octet-stream'
                full = range(0, len(level_hashes) - 255, 256)
                level_hashes, level = [root_of(level_hashes[at : at + 256]) for at in full], level + 1
            data = self._tile(path, 'tile/entries/', self.entries, bundle_of)
            return None if data is None else (data, 'application/octet-stream')

    def _tile(self, path, prefix, values, join):
        if not path.startswith(prefix):
            return None
        number, _, width = path[len(prefix) :].partition('.p/')
        for n in range(len(values) // 256 + 1):
            here = values[256 * n : 256 * n + 256]
            if number == tile_number(n):
                if not width:
                    return join(here) if len(here) == 256 else None
                whole = width.isdigit() and str(int(width)) == width and 1 <= int(width) <= min(len(here), 255)
                return join(here[: int(width)]) if whole else None
        return None


def bundle_of(entries):
    return b''.join(len(entry).to_bytes(2, 'big') + entry for entry in entries)


def tile_number(n):
    groups = [f'{n % 1000:03d}']
    while n >= 1000:
        n //= 1000
        groups.insert(0, f'x{n % 1000:03d}')
    return '/'.join(groups)


class Turned(Exception):
    """An answer of add-checkpoint that is no cosignature."""

    def __init__(self, status, size=None):
        super().__init__(str(status))
        self.status = status
        self.size = size


class Witness:
    """Cosigns the logs of peers: check and set as one (§6.7)."""

    def __init__(self, keys):
        self.keys = keys
        self.heads = {}  # origin -> newest Checkpoint
        self.cosigned = set()  # every (origin, size, root)
        self.lock = threading.Lock()

    def add(self, body, vkeys_of):
        """`vkeys_of(origin)` gives the log keys of the peer that owns it, or nothing."""
        try:
            head, gap, note = body.decode().partition('\n\n')
            first, *path = head.split('\n')
            need(gap and first.startswith('old ') and len(path) <= 63, 'add-checkpoint')
            old = int(first[4:])
            need(str(old) == first[4:], 'add-checkpoint')
            path = [unb64(each, 32) for each in path]
            vkeys = vkeys_of(split_note(note)[0].split('\n')[0])
        except (Refused, ValueError):
            raise Turned(400) from None
        if not vkeys:
            raise Turned(404)
        try:
            found = parse_checkpoint(note, vkeys)
        except Refused:
            raise Turned(403) from None
        if old > found.size:
            raise Turned(400)
        with self.lock:
            held = self.heads.get(found.origin)
            size = held.size if held else 0
            if old != size or (held and found.size == size and found.root != held.root):
                raise Turned(409, size)
            try:
                check_consistency(old, held.root if held else sha256(b''), found.size, found.root, path)
            except Refused:
                raise Turned(422) from None
            self.heads[found.origin] = found
            self.cosigned.add(found.head)
        return self.keys.cosign.line(split_note(note)[0], now())
