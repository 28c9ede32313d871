"""
A small hospital's node in Python, written from protocol/README.md alone: pairs as guest or host, sends two referrals, and
answers what a paired node asks. It speaks in JSON lines: what happens on standard output, what the administrator types
on standard input.
"""

import argparse
import json
import sys
import threading
from pathlib import Path

from bundle import Attachment, make_bundle
from card import Keys, parse_card, write_card
from door import serve
from encoding import b64u, instant, need, now, sha256, write_canonical, write_json
from event import make_cancel_request
from hosting import HostPairing
from own_log import OwnLog, Witness, leaf_of
from pairing import GuestPairing, log_token
from receiving import Receiver
from probe import Probe
from referral import make_referral
from sending import Peer, Sender
from signed_http import JSON


def tell(event, **facts):
    print(json.dumps({'event': event, **facts}), flush=True)


class Node:
    def __init__(self, name, url, directory):
        self.keys = Keys(name)
        self.url = url
        self.lock = threading.RLock()
        self.log = OwnLog(self.keys, directory)
        self.serial = now()
        self.renew_card()
        self.witness = Witness(self.keys)
        self.peers = {}
        self.nonces = {}
        self.hosting = None
        self.receiver = Receiver(self.keys, self.log, self.witness, self.on_event)

    def renew_card(self):
        """A card of a higher serial, and its `key` leaf."""
        self.serial += 1
        self.card_note = write_card(self.keys, self.url, 'Dogwood Cottage Hospital', self.serial)
        own = parse_card(self.card_note, self.keys.identity.vkey)
        self.log.append('key', write_canonical({'card': b64u(own.sha256), 'serial': own.serial, 'v': 1}))

    def log_vkeys(self, origin):
        return [each for peer in self.peers.values() for each in peer.card.log_vkeys if each.name == origin]

    def log_tokens(self):
        return [log_token(self.keys.name, peer.card.name, peer.digest) for peer in self.peers.values()]

    def take_nonce(self, signed):
        """Stores a nonce until its request has expired; false where it was here before (§3.5)."""
        self.nonces = {nonce: until for nonce, until in self.nonces.items() if until >= now()}
        key = (signed.keyid, signed.nonce)
        if key in self.nonces:
            return False
        self.nonces[key] = signed.expires + 30
        return True

    def handle(self, name, peer, body, *parts):
        if name == 'putCard':
            card = parse_card(body.decode(), peer.card.identity)
            if card.serial > peer.card.serial:
                peer.card = card
            return 200, JSON, write_json({'v': 1})
        if name == 'putAtOnce':
            return self.receiver.take(peer, body, *parts)
        if name == 'getBundle':
            return self.receiver.state(peer, *parts)
        # This peer takes bundles at once, without attachments: its quota of open transfers is none.
        need(False, name, 'REC_QUOTA')

    def on_event(self, peer, manifest, event, plaintext):
        facts = {'kind': manifest['kind'], 'referral': manifest['referral'], 'sha256': b64u(sha256(plaintext))}
        if event:
            peer.said[manifest['referral']] = event['status'], sha256(plaintext)
        tell('took', **facts, **({'says': event} if event else {}))


def pair(node, link):
    """By this invitation; without one, as the host of a new one."""
    if link:
        pairing = GuestPairing(node.keys, node.card_note, link)
        words = pairing.begin()
    else:
        pairing = node.hosting = HostPairing(node)
        tell('invitation', link=pairing.link)
        words = pairing.words()
    tell('words', words=words, asked=pairing.asked)
    card = pairing.confirm(json.loads(sys.stdin.readline())['typed'])
    node.peers[card.name] = Peer(card, pairing.digest)
    tell(
        'paired',
        peer=card.name,
        readToken=log_token(card.name, node.keys.name, pairing.digest),
        ownToken=log_token(node.keys.name, card.name, pairing.digest),
        ownLog=f'{node.url}/log',
        ownVkey=str(node.keys.log.vkey),
        peerLog=f'{card.url}/log',
        peerVkey=str(card.log_vkeys[0]),
        peerWitness=[str(each) for each in Sender(node.keys, node.log, node.peers[card.name]).cosign_vkeys()],
    )
    return node.peers[card.name]


def send(node, peer, sample, number, directory, attachment=None):
    """One referral: in parts with an attachment, at once without."""
    attachments = [attachment] if attachment else []
    referral, document = make_referral(sample, node.keys.name, peer.card.name, number, attachments)
    bundle = make_bundle(node.keys.name, node.serial, peer.card, referral, 'referral', 'urgent', document, attachments)
    sender = Sender(node.keys, node.log, peer)
    with node.lock:
        done = sender.send_in_parts(bundle) if attachment else sender.send_at_once(bundle)
    proof = Path(directory) / f'{number}.receipt'
    proof.write_text(done['receipt'])
    tell(
        'sent',
        bundle=bundle.id,
        referral=referral,
        sha256=b64u(sha256(document)),
        proof=str(proof),
        entry=leaf_of('received', done['record']).decode(),
        index=done['index'],
    )
    return bundle, done, document


def cancel(node, peer, bundle, document):
    """Asks to cancel the first referral, having seen what the peer said of it last."""
    referral = json.loads(bundle.manifest)['referral']
    status, seen = peer.said[referral]
    event = make_cancel_request(document, status, 2, sha256(document), seen, node.keys.name, instant(now()))
    made = make_bundle(node.keys.name, node.serial, peer.card, referral, 'event', 'urgent', event)
    with node.lock:
        done = Sender(node.keys, node.log, peer).send_at_once(made)
    tell('cancelled', index=done['index'])


def main():
    options = argparse.ArgumentParser(description=__doc__)
    for name in ('name', 'data', 'sample', 'attachment'):
        options.add_argument(f'--{name}', required=True)
    options.add_argument('--link')
    options.add_argument('--port', type=int, required=True)
    given = options.parse_args()
    node = Node(given.name, f'http://127.0.0.1:{given.port}', given.data)
    server = serve(node, given.port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    peer = pair(node, given.link)
    sample = Path(given.sample).read_text(encoding='utf-8')
    first = send(node, peer, sample, 'REF-D-1', given.data, Attachment(Path(given.attachment).read_bytes()))
    send(node, peer, sample, 'REF-D-2', given.data)
    tell('ready')
    for line in sys.stdin:  # Answers meanwhile, until its input ends.
        todo = json.loads(line)['do']
        if todo == 'cancel':
            cancel(node, peer, first[0], first[2])
        if todo == 'probe':
            token = log_token(peer.card.name, node.keys.name, peer.digest)
            with node.lock:
                tell('probed', found=Probe(node, peer, sample, first[:2], token).run())
    server.shutdown()


if __name__ == '__main__':
    main()
