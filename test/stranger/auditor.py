"""
Verifies a log of the C2SP kind over plain HTTP, trusting nothing but a verifier key: signature of the checkpoint, every
entry bundle, every tile, partial ones included, the root, cosignatures, and inclusion proofs that somebody holds.

    python3 auditor.py URL VKEY [--token T] [--witness VKEY …] [--proof FILE --entry TEXT …]

URL is the log's prefix (…/log). Exit 0: everything holds. Exit 1: something does not, and what. It shares no code with
the peer beside it: c2sp.org/tlog-tiles, signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof and RFC 6962 only.
"""

import argparse
import base64
import hashlib
import sys
import urllib.error
import urllib.request
from pathlib import Path

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

BYTES_MAX = 256 * 65_537
WIDTH = 256


class Wrong(Exception):
    """What does not hold."""


def need(holds, what):
    if not holds:
        raise Wrong(what)


def sha256(data):
    return hashlib.sha256(data).digest()


def unbase64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong('base64') from None
    need(base64.b64encode(data).decode() == text, 'base64 has one spelling')
    return data


# --- notes ---------------------------------------------------------------------------------------------------------


class Verifier:
    """A verifier key: type 1 signs notes, type 4 cosigns checkpoints."""

    def __init__(self, text):
        self.name, key_id, data = (text.split('+', 2) + ['', ''])[:3]
        data = unbase64(data)
        need(self.name and len(data) == 33 and data[0] in (1, 4), f'not a verifier key: {text}')
        self.type, self.key = data[0], VerifyKey(data[1:])
        self.id = sha256(self.name.encode() + b'\n' + data)[:4]
        need(self.id.hex() == key_id, f'the id of {self.name} does not fit its key')

    def signed(self, text, line):
        name, _, signature = line.removeprefix('— ').partition(' ')
        data = unbase64(signature)
        if not line.startswith('— ') or (name, data[:4]) != (self.name, self.id):
            return False
        message, signature = text.encode(), data[4:]
        if self.type == 4:
            at, signature = int.from_bytes(signature[:8], 'big'), signature[8:]
            message = f'cosignature/v1\ntime {at}\n'.encode() + message
        try:
            self.key.verify(message, signature)
            return True
        except (BadSignatureError, ValueError):
            return False


class Checkpoint:
    def __init__(self, note, log):
        text, gap, signatures = note.rpartition('\n\n')
        need(gap and signatures.endswith('\n'), 'the checkpoint is no signed note')
        self.text, self.lines = text + '\n', signatures[:-1].split('\n')
        need(any(log.signed(self.text, line) for line in self.lines), f'no signature by {log.name}')
        body = text.split('\n')
        need(len(body) >= 3 and body[0] == log.name, 'the checkpoint is of another origin')
        need(body[1].isdigit() and str(int(body[1])) == body[1], 'the size is no number')
        self.size, self.root = int(body[1]), unbase64(body[2])
        need(len(self.root) == 32, 'the root is no hash')


# --- trees -----------------------------------------------------------------------------------------------------------


def leaf_hash(entry):
    return sha256(b'\0' + entry)


def fold(hashes):
    """The RFC 6962 root: complete subtrees from the left, joined from the right."""
    if not hashes:
        return sha256(b'')
    complete = []  # (leaves, hash), sizes falling
    for each in hashes:
        size = 1
        while complete and complete[-1][0] == size:
            each, size = sha256(b'\1' + complete.pop()[1] + each), 2 * size
        complete.append((size, each))
    root = complete.pop()[1]
    while complete:
        root = sha256(b'\1' + complete.pop()[1] + root)
    return root


def root_of_path(index, size, leaf, path):
    """Walks up from the leaf; where it is the last of an odd row, it has no sibling there."""
    root, path, last = leaf, list(path), size - 1
    while last:
        if index & 1:
            need(path, 'the proof is too short')
            root = sha256(b'\1' + path.pop(0) + root)
        elif index < last:
            need(path, 'the proof is too short')
            root = sha256(b'\1' + root + path.pop(0))
        index, last = index >> 1, last >> 1
    need(not path, 'the proof is too long')
    return root


# --- the log over HTTP -----------------------------------------------------------------------------------------------


class Log:
    def __init__(self, url, token):
        self.url = url.rstrip('/')
        self.headers = {'Authorization': f'Bearer {token}'} if token else {}
        self.fetched = 0

    def get(self, path):
        try:
            with urllib.request.urlopen(urllib.request.Request(f'{self.url}/{path}', headers=self.headers)) as answer:
                data = answer.read(BYTES_MAX + 1)
        except (urllib.error.URLError, OSError) as error:
            raise Wrong(f'{path}: {error}') from None
        need(len(data) <= BYTES_MAX, f'{path} is too long')
        self.fetched += 1
        return data


def path_of(kind, number, width):
    groups = [f'{number % 1000:03d}']
    while number >= 1000:
        number //= 1000
        groups.insert(0, f'x{number % 1000:03d}')
    return f'tile/{kind}/{"/".join(groups)}' + (f'.p/{width}' if width < WIDTH else '')


def pieces(size):
    """Number and width of each tile of a row, the partial one last."""
    return [(n, min(WIDTH, size - n * WIDTH)) for n in range(-(-size // WIDTH))]


def read_entries(log, size):
    entries = []
    for number, width in pieces(size):
        path = path_of('entries', number, width)
        data, here = log.get(path), 0
        for _ in range(width):
            need(here + 2 <= len(data), f'{path} is cut off')
            length = int.from_bytes(data[here : here + 2], 'big')
            entries.append(data[here + 2 : here + 2 + length])
            here += 2 + length
        need(here == len(data), f'{path} does not hold {width} entries')
    return entries


def check_tiles(log, hashes):
    """Every tile of every level, against what the entries make of it."""
    level = 0
    while hashes:
        for number, width in pieces(len(hashes)):
            path = path_of(level, number, width)
            here = hashes[number * WIDTH : number * WIDTH + width]
            need(log.get(path) == b''.join(here), f'{path} does not fit the entries')
        hashes = [fold(hashes[at : at + WIDTH]) for at in range(0, len(hashes) - WIDTH + 1, WIDTH)]
        level += 1


def check_proof(text, entry, log_key, checkpoint, hashes):
    """A tlog-proof: sound in itself, and of this very log."""
    head, gap, note = text.partition('\n\n')
    lines = head.split('\n')
    need(gap and lines[0] == 'c2sp.org/tlog-proof@v1', 'not a tlog-proof')
    lines = [line for line in lines[1:] if not line.startswith('extra ')]
    need(lines and lines[0].startswith('index ') and lines[0][6:].isdigit(), 'the proof has no index')
    index, then = int(lines[0][6:]), Checkpoint(note, log_key)
    need(index < then.size <= checkpoint.size, 'the proof is of a larger tree than the log shows')
    root = root_of_path(index, then.size, leaf_hash(entry), [unbase64(line) for line in lines[1:]])
    need(root == then.root, f'the proof of entry {index} does not hold')
    need(fold(hashes[: then.size]) == then.root, f'the log of size {then.size} is no beginning of this one')
    return index


def audit(options):
    log_key = Verifier(options.vkey)
    log = Log(options.url, options.token)
    try:
        checkpoint = Checkpoint(log.get('checkpoint').decode(), log_key)
    except UnicodeDecodeError:
        raise Wrong('the checkpoint is no text') from None
    entries = read_entries(log, checkpoint.size)
    hashes = [leaf_hash(entry) for entry in entries]
    check_tiles(log, hashes)
    need(fold(hashes) == checkpoint.root, 'the entries do not make the signed root')
    for text in options.witness:
        witness = Verifier(text)
        need(any(witness.signed(checkpoint.text, line) for line in checkpoint.lines), f'not cosigned by {witness.name}')
    need(len(options.proof) == len(options.entry), 'as many --entry as --proof')
    for file, entry in zip(options.proof, options.entry):
        index = check_proof(Path(file).read_text(), entry.encode(), log_key, checkpoint, hashes)
        need(entries[index] == entry.encode(), f'entry {index} of the log is another')
    print(
        f'{log_key.name}: {checkpoint.size} entries in {log.fetched} resources, '
        f'{len(options.witness)} cosignatures and {len(options.proof)} proofs hold'
    )


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('url')
    options.add_argument('vkey')
    options.add_argument('--token')
    for name in ('witness', 'proof', 'entry'):
        options.add_argument(f'--{name}', action='append', default=[])
    try:
        audit(options.parse_args())
    except Wrong as wrong:
        print(f'no: {wrong}', file=sys.stderr)
        sys.exit(1)


if __name__ == '__main__':
    main()
