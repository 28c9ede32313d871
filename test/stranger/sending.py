"""Spec §5: one bundle from the sent leaf to a receipt that holds."""

import json
import os
import time
from dataclasses import dataclass, field

from card import Card
from encoding import b64u, need, now, parse_json, write_canonical, write_json
from notes import COSIGNATURE, Vkey, check_proof
from own_log import leaf_of, x_of
from signed_http import OCTETS, TEXT, Client, NoAnswer


# What is repeated, signed anew, whatever was asked (§3.6).
AGAIN = 'NET_NONCE_SEEN NET_DIGEST NET_RESTARTED SEND_SLOW SEND_TOO_OFTEN REC_BUSY REC_FAULT'.split()

ATTEMPTS = 6


@dataclass
class Peer:
    """A paired node: its pinned card, and how far both directions have come."""

    card: Card
    digest: bytes  # T of the pairing
    sent: int = 0
    last_x: str = ''
    seen: dict = field(default_factory=dict)  # seq -> record bytes of the peer
    took: tuple = None  # bundle and record of what it sent last
    said: dict = field(default_factory=dict)  # referral -> Task.status and digest of its last event


class RefusedByPeer(Exception):
    def __init__(self, problem):
        super().__init__(problem['code'])
        self.problem = problem


class Sender:
    def __init__(self, keys, log, peer):
        self.keys, self.log, self.peer = keys, log, peer
        self.client = Client(keys, peer.card.url)
        self.witness = f'{peer.card.name}/witness'

    def ask(self, method, target, body=None, kind='application/json'):
        """A signed request; where nothing believable came back, again, signed anew, later (§3.5, §5.7)."""
        for attempt in range(ATTEMPTS):
            try:
                answer = self.client.ask(method, target, lambda _answer: self.peer.card, body, kind)
            except NoAnswer:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(0.1 * 2**attempt)
                continue
            code = answer.problem['code'] if answer.problem else ''
            if code not in AGAIN:
                return answer
            time.sleep(min(int(answer.fields.get('retry-after', '0')), 30))
        raise NoAnswer(target)

    def record(self, bundle):
        """Logs `sent`, signed and on disk, before anything leaves (§6.4)."""
        peer = self.peer
        record = write_canonical(
            {
                'from': self.log.origin,
                'manifest': b64u(bundle.digest),
                'prev': peer.last_x,
                'salt': b64u(os.urandom(32)),
                'seq': peer.sent + 1,
                'to': peer.card.log_vkeys[0].name,
                'v': 1,
            }
        )
        index = self.log.append('sent', record)
        peer.sent, peer.last_x = peer.sent + 1, b64u(x_of('sent', record))
        return record, index

    def commit_body(self, record, index, with_checkpoint):
        body = {'v': 1, 'record': b64u(record), 'proof': self.log.proof(index)}
        if with_checkpoint:
            body['checkpoint'] = self.log.add_checkpoint(self.log.held.get(self.witness, 0))
        return body | {'have': 0}

    def show_checkpoint(self):
        """Has the newest head cosigned over C2SP's own route."""
        note = self.log.checkpoint
        for _ in range(2):
            body = self.log.add_checkpoint(self.log.held.get(self.witness, 0)).encode()
            answer = self.client.plain('POST', '/witness/add-checkpoint', body, {'Content-Type': TEXT})
            if answer.status != 409:
                break
            need(answer.type == 'text/x.tlog.size', '409 without a size')
            self.log.held[self.witness] = int(answer.body)
        need(answer.status == 200, f'add-checkpoint: {answer.status}')
        self.log.take_cosignature(answer.body.decode(), note, self.cosign_vkeys())

    def cosign_vkeys(self):
        return [Vkey(self.witness, COSIGNATURE, key) for key in self.peer.card.live('cosign')]

    def send_in_parts(self, bundle):
        record, index = self.record(bundle)
        path = f'/exchange/v1/bundles/{bundle.id}'
        self.put(path, bundle.manifest)
        self.put(f'{path}/document', bundle.token, TEXT)
        for n, chunks in enumerate(bundle.chunks):
            for i, token in enumerate(chunks):
                self.put(f'{path}/att/{n}/{i}', token, OCTETS)
        state = self.ask('GET', path)
        need(state.status == 200 and json.loads(state.body)['document'] is True, 'state of the bundle')
        self.show_checkpoint()
        done = self.finish(record, f'{path}/commit', lambda: self.commit_body(record, index, False))
        return done | {'leaf': index}

    def send_at_once(self, bundle):
        need(not bundle.chunks, 'the fast path takes no attachments')
        record, index = self.record(bundle)

        def body():
            commit = self.commit_body(record, index, True)
            return {'v': 1, 'manifest': b64u(bundle.manifest), 'document': bundle.token.decode(), 'commit': commit}

        return self.finish(record, f'/exchange/v1/bundles/{bundle.id}', body)

    def put(self, target, body, kind='application/json'):
        answer = self.ask('PUT', target, body, kind)
        if answer.status not in (200, 201):
            raise RefusedByPeer(answer.problem)
        parse_json(answer.body, ['v', 'expires'])

    def finish(self, record, target, body_of):
        """The commit; gives the receipt once it holds."""
        note = self.log.checkpoint
        for _ in range(3):
            answer = self.ask('POST', target, write_json(body_of()))
            if answer.problem and answer.problem['code'] == 'REC_LOG_SIZE':
                self.log.held[self.witness] = answer.problem['size']
                continue
            break
        if answer.status != 200:
            raise RefusedByPeer(answer.problem or {'code': str(answer.status)})
        receipt = parse_json(answer.body, ['v', 'receipt'], ['cosignature', 'tail'])
        if 'cosignature' in receipt:
            self.log.take_cosignature(receipt['cosignature'], note, self.cosign_vkeys())
        index, checkpoint = check_receipt(receipt['receipt'], record, self.peer.card)
        return {'record': record, 'receipt': receipt['receipt'], 'index': index, 'size': checkpoint.size, 'at': now()}


def check_receipt(proof, record, card):
    """§5.6: exactly this record, of type `received`, in the log that it is addressed to."""
    to = json.loads(record)['to']
    vkeys = [each for each in card.log_vkeys if each.name == to]
    return check_proof(proof, leaf_of('received', record), vkeys)
