"""Spec §2: pairing as the guest, by an invitation and six spoken words."""

import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from card import NAME, is_url, parse_card
from encoding import b64u, lp, need, now, parse_json, sha256, unb64u, write_json
from notes import ED25519, parse_vkey
from signed_http import Client

TAG = 'fernpost-pair/v1'
# The English list of BIP-39: the specification keeps it in this file, and Python has none of its own.
WORDS_FILE = Path(__file__).parents[2] / 'protocol' / 'words.ts'


@dataclass(frozen=True)
class Invitation:
    url: str
    name: str
    identity: object
    id: bytes
    expires: int


def write_invitation(url, name, identity, id_bytes, expires):
    values = [url, name, str(identity), b64u(id_bytes), str(expires)]
    return 'fernpost:pair?' + '&'.join(f'{key}={quote(value, safe="")}' for key, value in zip('unkie', values))


def parse_invitation(link):
    found = re.fullmatch('fernpost:pair[?]u=([^&]+)&n=([^&]+)&k=([^&]+)&i=([^&]+)&e=([0-9]+)', link)
    need(found and len(link) <= 1024, 'not an invitation')
    url, name, vkey, id_text, expires = (unquote(each) for each in found.groups())
    identity = parse_vkey(vkey)
    need(is_url(url) and re.fullmatch(NAME, name), 'url or name of the invitation')
    need(identity.name == name and identity.type == ED25519, 'key of the invitation')
    invitation = Invitation(url, name, identity, unb64u(id_text, 16), int(expires))
    need(write_invitation(url, name, identity, invitation.id, invitation.expires) == link, 'an invitation is spelt so')
    need(now() < invitation.expires, 'the invitation has ended')
    return invitation


def commitment(id_bytes, random_guest):
    return sha256(b'fernpost/pair-commit/v1\n', id_bytes, random_guest)


def transcript(id_bytes, host_note, guest_note, random_host, random_guest):
    return sha256(b'fernpost/pair/v1\n', lp(id_bytes), lp(host_note), lp(guest_note), random_host, random_guest)


def word_list():
    words = re.search('`([a-z\\s]+)`', WORDS_FILE.read_text())[1].split()
    need(len(words) == 2048, 'the word list is not BIP-39')
    return words


def six_words(digest):
    words, bits = word_list(), int.from_bytes(digest, 'big') >> len(digest) * 8 - 66
    return [words[bits >> 11 * (5 - group) & 2047] for group in range(6)]


def log_token(owner, reader, digest):
    """The Bearer by which `reader` reads the log of `owner` (§6.6)."""
    return b64u(sha256(b'fernpost/log-token/v1\n', lp(owner), lp(reader), digest))


class GuestPairing:
    """One run: `begin`, then the administrators speak, then `confirm`."""

    def __init__(self, keys, card_note, link):
        self.keys = keys
        self.card_note = card_note
        self.invitation = parse_invitation(link)
        self.client = Client(keys, self.invitation.url)
        self.host_card = None
        self.digest = None
        self.asked = []

    def _step(self, body, members):
        target = f'/pairing/v1/{b64u(self.invitation.id)}'
        answer = self.client.ask('POST', target, self._card_of, write_json(body), tag=TAG)
        need(answer.status == 200, f'pairing: {answer.status}')
        return parse_json(answer.body, members, bytes_max=65_536, depth_max=1)

    def _card_of(self, answer):
        """The host's card comes in its first answer and vouches for that answer, under the invitation's key."""
        if self.host_card is None:
            step = parse_json(answer.body, ['v', 'card', 'random'], bytes_max=65_536, depth_max=1)
            card = parse_card(step['card'], self.invitation.identity)
            need((card.name, card.url) == (self.invitation.name, self.invitation.url), 'card of another node')
            self.host_card = card
        return self.host_card

    def begin(self):
        """Steps 1 and 2; gives the six words to read out."""
        random_guest = os.urandom(32)
        first = {
            'v': 1,
            'card': self.card_note,
            'commit': b64u(commitment(self.invitation.id, random_guest)),
            'identity': str(self.keys.identity.vkey),
        }
        answer = self._step(first, ['v', 'card', 'random'])
        random_host = unb64u(answer['random'], 32)
        self._step({'v': 1, 'random': b64u(random_guest)}, ['v'])
        self.digest = transcript(self.invitation.id, answer['card'], self.card_note, random_host, random_guest)
        self.asked = sorted(secrets.SystemRandom().sample(range(1, 7), 3))
        return six_words(self.digest)

    def confirm(self, typed, wait=5):
        """Step 3, once the administrator has typed the words at `asked`; waits for the other administrator."""
        words = six_words(self.digest)
        need(typed == [words[place - 1] for place in self.asked], 'a wrong word ends the run')
        while True:
            answer = self._step({'v': 1, 'confirm': b64u(self.digest)}, ['v', 'confirmed'])
            if answer['confirmed'] is True:
                return self.host_card
            time.sleep(wait)
