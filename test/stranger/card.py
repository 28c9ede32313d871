"""Spec §1: a node's keys, and the card on which it shows them."""

import hashlib
import os
import re
from dataclasses import dataclass, field

from nacl.public import PrivateKey
from nacl.signing import SigningKey

from encoding import b64u, instant, need, now, parse_instant, sha256, unb64u
from notes import COSIGNATURE, ED25519, Signer, Vkey, check_key, parse_vkey, signed_by, split_note

KEY_BYTES = {'box': 32, 'cosign': 32, 'http': 32, 'xwing': 1216}
NAME = '(?!-)[a-z0-9-]{1,63}(?<!-)(?:[.](?!-)[a-z0-9-]{1,63}(?<!-))*'
DAY = 86_400


class Keys:
    """All private keys of one node: one purpose each, none derived from another."""

    def __init__(self, name, random=os.urandom):
        self.name = name
        self.origin = f'{name}/log'
        self.identity = Signer(name, ED25519, random(32))
        self.log = Signer(self.origin, ED25519, random(32))
        self.cosign = Signer(f'{name}/witness', COSIGNATURE, random(32))
        self.http = SigningKey(random(32))
        self.box = PrivateKey(random(32))

    @property
    def keyid(self):
        return f'{self.name}/http+{b64u(bytes(self.http.verify_key))}'


@dataclass
class Card:
    note: str
    identity: Vkey
    name: str = ''
    url: str = ''
    serial: int = 0
    not_after: int = 0
    keys: list = field(default_factory=list)
    logs: list = field(default_factory=list)
    suites: list = field(default_factory=list)
    max_bundle: int = 0

    def live(self, use, at=None):
        """The keys of this use that are live now."""
        at = now() if at is None else at
        return [key for kind, key, start, end in self.keys if kind == use and start <= at < end]

    @property
    def log_vkeys(self):
        return [vkey for vkey, _ in self.logs]

    @property
    def sha256(self):
        return sha256(self.note.encode())


def write_card(keys, url, title, serial):
    """A card that offers suite 1 alone, good for 30 days."""
    start, end = instant(serial - DAY), instant(serial + 300 * DAY)
    shown = [
        ('box', bytes(keys.box.public_key)),
        ('cosign', keys.cosign.vkey.key),
        ('http', bytes(keys.http.verify_key)),
    ]
    lines = [
        'fernpost-node/v1',
        f'name {keys.name}',
        f'url {url}',
        f'serial {serial}',
        f'not-after {instant(serial + 30 * DAY)}',
        f'title {title}',
        *(f'key {use} {b64u(key)} {start} {end}' for use, key in shown),
        f'log {keys.log.vkey} {url}/log',
        'suites 1',
        f'max-bundle {64 * 1024 * 1024}',
    ]
    return keys.identity.note(''.join(line + '\n' for line in lines))


def parse_card(note, identity):
    """Reads a card that this identity key signed; anything else is refused."""
    need(isinstance(note, str), 'card', 'SEND_CARD')
    text, lines = split_note(note)
    need(len(lines) == 1 and signed_by(text, lines[0], identity), 'card is not signed by its node', 'SEND_CARD')
    card = Card(note, identity)
    rest = text[:-1].split('\n')

    def take(form):
        found = re.fullmatch(form, rest.pop(0)) if rest else None
        need(found, f'card: expected {form}', 'SEND_CARD')
        return found

    def take_all(word, form):
        found = []
        while rest and rest[0].startswith(word + ' '):
            found.append(take(form))
        return found

    take('fernpost-node/v1')
    card.name = take(f'name ({NAME})')[1]
    need(card.name == identity.name and len(card.name) <= 253, 'card of another name', 'SEND_CARD')
    card.url = take('url (https?://[^ /]+)')[1]
    need(is_url(card.url), 'url', 'SEND_CARD')
    card.serial = int(take('serial (0|[1-9][0-9]{0,11})')[1])
    card.not_after = min(parse_instant(take('not-after ([^ ]+)')[1]), now() + 90 * DAY)
    title = take('title (.+)')[1]
    need(len(title) <= 100 and title == ' '.join(title.split(' ')).strip(' ') and '  ' not in title, 'title')
    for found in take_all('key', 'key (box|cosign|http|xwing) ([^ ]+) ([^ ]+) ([^ ]+)'):
        start, end = parse_instant(found[3]), parse_instant(found[4])
        need(start < end, 'key span', 'SEND_CARD')
        card.keys.append((found[1], _key(found[1], found[2]), start, end))
    need(card.keys == sorted(card.keys, key=lambda each: (each[0], each[2])), 'order of keys', 'SEND_CARD')
    revoked = [found[2] for found in take_all('revoked', 'revoked (box|cosign|http|xwing) ([^ ]+) ([^ ]+)')]
    card.logs = [(parse_vkey(found[1]), found[2]) for found in take_all('log', 'log ([^ ]+) ([^ ]+)')]
    need(1 <= len(card.logs) <= 100 and len(card.keys) <= 64 and len(revoked) <= 64, 'lines', 'SEND_CARD')
    for vkey, prefix in card.logs:
        need(re.fullmatch(re.escape(card.name) + '/log(/[1-9][0-9]{0,5})?', vkey.name), 'origin', 'SEND_CARD')
        need(prefix == card.url + vkey.name[len(card.name):] and vkey.type == ED25519, 'log', 'SEND_CARD')
    card.suites = [int(each) for each in take('suites ([0-9]+(?: [0-9]+)*)')[1].split(' ')]
    need(card.suites == sorted(set(card.suites), reverse=True) and len(card.suites) <= 8, 'suites', 'SEND_CARD')
    card.max_bundle = int(take('max-bundle (0|[1-9][0-9]{0,15})')[1])
    need(not rest, 'more lines', 'SEND_CARD')
    every = [identity.key, *(key for _, key, _, _ in card.keys), *(vkey.key for vkey in card.log_vkeys)]
    need(len(set(every)) == len(every), 'a key twice', 'SEND_CARD')
    return card


def _key(use, text):
    key = unb64u(text, KEY_BYTES[use])
    return check_key(key) if use in ('http', 'cosign') else key


def is_url(text):
    found = re.fullmatch(f'(https?)://({NAME}|\\[::1\\])(:[1-9][0-9]{{0,4}})?', text)
    return found is not None and (found[1] == 'https' or found[2] in ('localhost', '127.0.0.1', '[::1]'))


def safety_number(one, other):
    """§2.5, of two identity vkeys."""
    (n1, k1), (n2, k2) = sorted([(one.name, one.key), (other.name, other.key)])
    size = [len(n).to_bytes(8, 'big') for n in (n1, n2)]
    digest = hashlib.sha512(b'fernpost/safety/v1\n' + size[0] + n1.encode() + k1 + size[1] + n2.encode() + k2).digest()
    for _ in range(5200):
        digest = hashlib.sha512(digest + k1 + k2).digest()
    groups = [int.from_bytes(digest[5 * g : 5 * g + 5], 'big') % 100_000 for g in range(12)]
    return ' '.join(f'{group:05d}' for group in groups)
