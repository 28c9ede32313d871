"""C2SP texts (§1.1, §6.5, §6.7): vkeys, signed notes, checkpoints, cosignatures, proofs."""

import re
from dataclasses import dataclass

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from encoding import b64, need, sha256, u64be, unb64
from tree import leaf_hash, root_from_inclusion

ED25519 = 0x01
COSIGNATURE = 0x04
_P = 2**255 - 19
_Y8 = int.from_bytes(bytes.fromhex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'), 'little')
_SMALL = {0, 1, _P - 1, _Y8, _P - _Y8}


def check_key(key):
    """Refuses the encodings of §1.1: y not reduced, or a point of small order."""
    y = int.from_bytes(key, 'little') & (2**255 - 1)
    need(len(key) == 32 and y < _P and y not in _SMALL, 'not a key')
    return key


def holds(key, message, signature):
    try:
        VerifyKey(key).verify(message, signature)
        return True
    except (BadSignatureError, ValueError):
        return False


@dataclass(frozen=True)
class Vkey:
    name: str
    type: int
    key: bytes

    @property
    def id(self):
        return sha256(self.name.encode(), b'\n', bytes([self.type]), self.key)[:4]

    def __str__(self):
        return f'{self.name}+{self.id.hex()}+{b64(bytes([self.type]) + self.key)}'


def parse_vkey(text):
    parts = text.split('+', 2)
    need(len(parts) == 3, 'vkey')
    data = unb64(parts[2], 33)
    need(data[0] in (ED25519, COSIGNATURE), 'vkey type')
    vkey = Vkey(parts[0], data[0], check_key(data[1:]))
    need(str(vkey) == text, 'vkey has one spelling')
    return vkey


class Signer:
    """A vkey with its seed."""

    def __init__(self, name, kind, seed):
        self._key = SigningKey(seed)
        self.vkey = Vkey(name, kind, bytes(self._key.verify_key))

    def line(self, text, at=None):
        """A signature line for a note's text; with `at`, a cosignature of that time."""
        if at is None:
            body = self._key.sign(text.encode()).signature
        else:
            body = u64be(at) + self._key.sign(_cosigned(text, at)).signature
        return f'— {self.vkey.name} {b64(self.vkey.id + body)}\n'

    def note(self, text):
        return f'{text}\n{self.line(text)}'


def _cosigned(text, at):
    return f'cosignature/v1\ntime {at}\n{text}'.encode()


def split_note(note):
    """Text and signature lines as (name, id, bytes)."""
    text, gap, tail = note.rpartition('\n\n')
    need(gap and tail.endswith('\n') and len(note.encode()) <= 65_536, 'note')
    text += '\n'
    lines = []
    for line in tail[:-1].split('\n'):
        found = re.fullmatch('— ([^ +]+) ([^ ]+)', line)
        need(found, 'signature line')
        data = unb64(found[2])
        need(len(data) > 4, 'signature line')
        lines.append((found[1], data[:4], data[4:]))
    need(1 <= len(lines) <= 16, 'signature lines')
    return text, lines


def signed_by(text, line, vkey):
    """Whether this signature line is this key's; the time of a cosignature counts as true."""
    name, key_id, body = line
    if (name, key_id) != (vkey.name, vkey.id):
        return False
    if vkey.type == ED25519:
        return holds(vkey.key, text.encode(), body)
    if len(body) != 72:
        return False
    at = int.from_bytes(body[:8], 'big')
    return holds(vkey.key, _cosigned(text, at), body[8:]) and (at or True)


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes
    note: str

    @property
    def head(self):
        return self.origin, self.size, self.root


def checkpoint_text(origin, size, root):
    return f'{origin}\n{size}\n{b64(root)}\n'


def parse_checkpoint(note, vkeys):
    """A checkpoint whose first signature is by one of the log's keys."""
    text, lines = split_note(note)
    parts = text.split('\n')
    need(len(parts) == 4 and re.fullmatch('0|[1-9][0-9]{0,15}', parts[1]), 'checkpoint')
    found = Checkpoint(parts[0], int(parts[1]), unb64(parts[2], 32), note)
    need(any(each.name == found.origin and signed_by(text, lines[0], each) for each in vkeys), 'checkpoint unsigned')
    return found


def write_proof(index, path, checkpoint_note):
    hashes = ''.join(b64(each) + '\n' for each in path)
    return f'c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{checkpoint_note}'


def check_proof(proof, entry, vkeys):
    """Whether the entry is in the log of one of these keys; gives index and checkpoint."""
    head, gap, note = proof.partition('\n\n')
    lines = head.split('\n')
    need(gap and len(lines) >= 2 and lines[0] == 'c2sp.org/tlog-proof@v1' and len(lines) <= 65, 'proof')
    found = re.fullmatch('index (0|[1-9][0-9]{0,15})', lines[1])
    need(found, 'proof')
    checkpoint = parse_checkpoint(note, vkeys)
    path = [unb64(line, 32) for line in lines[2:]]
    root = root_from_inclusion(int(found[1]), checkpoint.size, leaf_hash(entry), path)
    need(root == checkpoint.root, 'the proof leads to another root', 'REC_NOT_LOGGED')
    return int(found[1]), checkpoint
