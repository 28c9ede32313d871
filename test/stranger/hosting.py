"""Spec §2: pairing as the host: an invitation, and the answers to the guest's three steps."""

import json
import os
import secrets
import threading

from card import parse_card
from encoding import b64u, need, now, parse_json, unb64u
from notes import ED25519, parse_vkey
from pairing import commitment, six_words, transcript, write_invitation


class HostPairing:
    """One invitation for one guest. Whatever is wrong is `Refused`: the door makes it the stranger's 401."""

    def __init__(self, node):
        self.node = node
        self.id = os.urandom(16)
        self.expires = now() + 86_400
        self.link = write_invitation(node.url, node.keys.name, node.keys.identity.vkey, self.id, self.expires)
        self.random = os.urandom(32)
        self.first = None  # the guest's step 1
        self.card = None
        self.digest = None
        self.is_confirmed = False
        self.asked = sorted(secrets.SystemRandom().sample(range(1, 7), 3))
        self.shown = threading.Event()
        self.paired = threading.Event()

    def card_for(self, invitation, body):
        """The card by which a step is judged: that of the body in step 1, afterwards the one of step 1."""
        need(unb64u(invitation, 16) == self.id and now() < self.expires, 'no such invitation')
        step = json.loads(body)
        if isinstance(step, dict) and 'card' in step:
            identity = parse_vkey(step['identity'])
            need(identity.type == ED25519, 'identity')
            return parse_card(step['card'], identity)
        need(self.card is not None, 'step 1 comes first')
        return self.card

    def answer(self, body):
        """Judges a step whose signature holds; gives the JSON of the answer."""
        names = set(json.loads(body))
        if 'card' in names:
            return self._begin(parse_json(body, ['v', 'card', 'commit', 'identity'], bytes_max=65_536, depth_max=1))
        if 'random' in names:
            step = parse_json(body, ['v', 'random'], bytes_max=65_536, depth_max=1)
            random_guest = unb64u(step['random'], 32)
            need(commitment(self.id, random_guest) == unb64u(self.first['commit'], 32), 'another number')
            self.digest = transcript(self.id, self.node.card_note, self.card.note, self.random, random_guest)
            self.shown.set()
            return {'v': 1}
        step = parse_json(body, ['v', 'confirm'], bytes_max=65_536, depth_max=1)
        need(self.digest is not None and unb64u(step['confirm'], 32) == self.digest, 'another T')
        if self.is_confirmed:
            self.paired.set()
        return {'v': 1, 'confirmed': self.is_confirmed}

    def _begin(self, step):
        unb64u(step['commit'], 32)
        need(self.first is None or self.first == step, 'one guest for one invitation')
        self.first = step
        self.card = parse_card(step['card'], parse_vkey(step['identity']))
        return {'v': 1, 'card': self.node.card_note, 'random': b64u(self.random)}

    def words(self):
        """The six words, once the guest has opened its commitment."""
        self.shown.wait()
        return six_words(self.digest)

    def confirm(self, typed):
        """What the administrator typed; waits until the guest has heard it."""
        words = six_words(self.digest)
        need(typed == [words[place - 1] for place in self.asked], 'a wrong word ends the run')
        self.is_confirmed = True
        self.paired.wait()
        return self.card
