"""Asks a node what the specification promises beyond the straight road, and says in one word what it answers."""

import json
import os
import re
import time

from bundle import Attachment, make_bundle
from encoding import b64u, instant, new_uuid, now, parse_instant, sha256, unb64u, write_canonical, write_json
from notes import check_proof, signed_by, split_note
from own_log import leaf_of, x_of
from referral import make_referral
from sending import RefusedByPeer, Sender, check_receipt
from signed_http import JSON, OCTETS, TEXT, Client, NoAnswer


class Probe:
    def __init__(self, node, peer, sample, sent, token):
        self.node, self.peer, self.sample, self.token = node, peer, sample, token
        self.sender = Sender(node.keys, node.log, peer)
        self.client = self.sender.client
        self.bundle, self.done = sent
        self.path = f'/exchange/v1/bundles/{self.bundle.id}'
        self.found = []

    def run(self):
        for part in (self.decided, self.signatures, self.parts, self.logs, self.withdrawal, self.refusals, self.cards, self.notices, self.often):
            part()
        return self.found

    def note(self, what, word):
        self.found.append([what, {True: 'yes', False: 'no'}.get(word, word)])

    def go(self, method, target, body=None, kind=JSON, created=None, **changes):
        """One request; `changes` are fields put in the place of the signed ones. Too often: once more, later."""
        while True:
            request = self.client.prepare(method, target, body, kind, created=created)
            request.headers |= {name.replace('_', '-'): value for name, value in changes.items()}
            word = self.word(request)
            if word != 'SEND_TOO_OFTEN':
                return word
            time.sleep(int(self.answer.fields['retry-after']))

    def word(self, request):
        try:
            self.answer = self.client.send(request, lambda _answer: self.peer.card)
        except NoAnswer as error:
            self.answer = error.unsigned
            empty = '' if self.answer is None or self.answer.body else ' empty'
            return 'nothing' if self.answer is None else f'unsigned {self.answer.status}{empty}'
        return self.answer.problem['code'] if self.answer.problem else str(self.answer.status)

    def json(self):
        return json.loads(self.answer.body)

    def new_bundle(self, attachments=(), change=lambda text: text, referral=None):
        sender = self.node.keys.name
        made, document = make_referral(
            self.sample, sender, self.peer.card.name, new_uuid()[:8], attachments, referral
        )
        document = change(document.decode()).encode()
        return make_bundle(
            *(sender, self.node.serial, self.peer.card, made),
            *('referral', 'urgent', document, attachments),
        )

    def at_once(self, bundle, **changes):
        record, index = self.sender.record(bundle)
        commit = self.sender.commit_body(record, index, True) | changes
        body = {'v': 1, 'manifest': b64u(bundle.manifest), 'document': bundle.token.decode(), 'commit': commit}
        return record, f'/exchange/v1/bundles/{bundle.id}', body

    def held(self):
        """What the peer has cosigned after a commit that it judged."""
        self.node.log.held[self.sender.witness] = self.node.log.size

    # --- after the receipt -------------------------------------------------------------------------------------------

    def decided(self):
        receipt = self.done['receipt']
        self.note('state after the receipt', self.go('GET', self.path) + ' ' + self.json()['state'])
        self.note('receipt in the state', self.json().get('receipt') == receipt)
        self.note('chunks in the state', json.dumps(self.json()['att']))
        proof = self.node.log.proof(self.done['leaf'])
        commit = {'v': 1, 'record': b64u(self.done['record']), 'proof': proof, 'have': 0}
        self.note('the commit again', self.go('POST', f'{self.path}/commit', write_json(commit)))
        self.note('the same receipt', self.json()['receipt'] == receipt)
        self.note('a cosignature without a checkpoint', 'cosignature' in self.json())
        self.node.renew_card()  # A leaf that the peer has not cosigned yet.
        commit['checkpoint'] = self.node.log.add_checkpoint(self.node.log.held[self.sender.witness])
        self.note('the commit again with a newer head', self.go('POST', f'{self.path}/commit', write_json(commit)))
        self.note('a cosignature of it', 'cosignature' in self.json())
        if 'cosignature' in self.json():
            self.held()
        self.note('the manifest again', self.go('PUT', self.path, self.bundle.manifest))
        self.note('the document again', self.go('PUT', f'{self.path}/document', self.bundle.token, TEXT))
        self.note('the chunk again', self.go('PUT', f'{self.path}/att/0/0', self.bundle.chunks[0][0], OCTETS))
        self.note('withdrawing it', self.go('DELETE', self.path))
        self.note('receipt in the refusal', self.json().get('receipt') == receipt)
        other = self.bundle.manifest.replace(b'"urgent"', b'"stat"')
        self.note('another manifest', self.go('PUT', self.path, other))

    # --- signatures ----------------------------------------------------------------------------------------------------

    def signatures(self):
        body = self.bundle.manifest
        request = self.client.prepare('PUT', self.path, body)
        self.word(request)
        self.note('the very same request again', self.word(request))
        self.note('a GET from long ago', self.go('GET', self.path, created=now() - 200))
        self.note('time in the problem', abs(parse_instant(self.json()['time']) - now()) < 5)
        self.note('a GET from the future', self.go('GET', self.path, created=now() + 60))
        self.note('29 s ahead', self.go('GET', self.path, created=now() + 29))
        request = self.client.prepare('PUT', self.path, body)
        request.body = body.replace(b'urgent', b'urgenT')
        self.note('another body', self.word(request))
        self.note('another media type', self.go('PUT', self.path, body, TEXT))
        self.note('an encoded body', self.go('PUT', self.path, body, Content_Encoding='gzip'))
        self.note('another digest', self.go('PUT', self.path, body, Content_Digest='sha-256=:AAAA:'))
        self.note('no signature', self.go('PUT', self.path, body, Signature=''))
        self.note('no such route', self.go('GET', '/exchange/v1/nothing'))
        self.note('a route spelt otherwise', self.go('GET', self.path.replace('b', '%62', 1)))
        self.note('a path outside', self.go('GET', '/nothing'))
        large = b'{' + b' ' * 262_144
        self.note('a body too large', self.go('PUT', self.path, large))
        chunked = self.client.prepare('PUT', self.path, body)
        chunked.body = iter([body])
        self.note('a chunked body', self.word(chunked))

    # --- parts -----------------------------------------------------------------------------------------------------------

    def parts(self):
        bundle = self.new_bundle([Attachment(os.urandom(8_388_609)), Attachment(b'')])
        path, [[first, second], [empty]] = f'/exchange/v1/bundles/{bundle.id}', bundle.chunks
        self.note('state of nothing', self.go('GET', path))
        self.note('a document without manifest', self.go('PUT', f'{path}/document', bundle.token, TEXT))
        self.note('a manifest', self.go('PUT', path, bundle.manifest))
        self.note('kept for 7 days', abs(parse_instant(self.json()['expires']) - now() - 7 * 86_400) < 5)
        self.note('a manifest on another path', self.go('PUT', f'/exchange/v1/bundles/{new_uuid()}', bundle.manifest))
        self.note('a chunk before the document', self.go('PUT', f'{path}/att/0/1', second, OCTETS))
        self.note('another token', self.go('PUT', f'{path}/document', bundle.token[:-4] + b'AAA=', TEXT))
        self.note('the document', self.go('PUT', f'{path}/document', bundle.token, TEXT))
        self.note('the document again', self.go('PUT', f'{path}/document', bundle.token, TEXT))
        self.note('the last chunk', self.go('PUT', f'{path}/att/0/1', second, OCTETS))
        self.note('the last chunk in the place of the first', self.go('PUT', f'{path}/att/0/0', second, OCTETS))
        broken = first[:1000] + bytes([first[1000] ^ 1]) + first[1001:]
        self.note('a broken chunk', self.go('PUT', f'{path}/att/0/0', broken, OCTETS))
        self.note('a chunk that the manifest lacks', self.go('PUT', f'{path}/att/0/2', second, OCTETS))
        record, index = self.sender.record(bundle)
        commit = write_json(self.sender.commit_body(record, index, True))
        self.note('a commit without a chunk', self.go('POST', f'{path}/commit', commit))
        self.note('what it has', json.dumps(self.json()['have']['att']))
        self.note('the chunk of an empty file', self.go('PUT', f'{path}/att/1/0', empty, OCTETS))
        self.note('the first chunk', self.go('PUT', f'{path}/att/0/0', first, OCTETS))
        self.note('the first chunk again', self.go('PUT', f'{path}/att/0/0', first, OCTETS))
        bare = write_json(self.sender.commit_body(record, index, False))
        self.note('a commit unwitnessed', self.go('POST', f'{path}/commit', bare))
        wrong = json.loads(commit) | {'checkpoint': self.node.log.add_checkpoint(1)}
        self.note('a checkpoint from another size', self.go('POST', f'{path}/commit', write_json(wrong)))
        self.note('the size held', self.json()['size'] == self.node.log.held[self.sender.witness])
        other = json.loads(commit) | {'proof': self.node.log.proof(0)}
        self.note('a proof of another leaf', self.go('POST', f'{path}/commit', write_json(other)))
        self.note('the checkpoint of a commit that was turned down', self.go('POST', f'{path}/commit', commit))
        self.held()
        commit = write_json(self.sender.commit_body(record, index, True))
        self.note('the commit', self.go('POST', f'{path}/commit', commit))
        check_receipt(self.json()['receipt'], record, self.peer.card)
        self.held()

    # --- logs --------------------------------------------------------------------------------------------------------------

    def logs(self):
        bearer = {'Authorization': f'Bearer {self.token}'}
        where = f'/witness/{sha256(self.node.log.origin.encode()).hex()}'

        def plain(method, target, body=None, headers=None):
            self.answer = self.client.plain(method, target, body, headers)
            return str(self.answer.status)

        self.note('our head, as witness', plain('GET', f'{where}/checkpoint', headers=bearer))
        text, [first, *cosignatures] = split_note(self.answer.body.decode())
        self.note('as we signed it', f'{text}\n{self.node.log.keys.log.line(text)}' == self.node.log.checkpoint)
        signers = [self.node.keys.log.vkey, *self.sender.cosign_vkeys()]
        every = [any(signed_by(text, line, each) for each in signers) for line in (first, *cosignatures)]
        self.note('with no line but ours and its own', text in self.node.log.checkpoint and all(every))
        self.note('the log without a Bearer', plain('GET', '/log/checkpoint'))
        self.note('the log with it', plain('GET', '/log/checkpoint', headers=bearer))
        self.note('a tile that is absent', plain('GET', '/log/tile/0/001', headers=bearer))
        add, size = '/witness/add-checkpoint', self.node.log.size
        note = self.node.log.checkpoint
        self.note('garbage to the witness', plain('POST', add, b'old\n'))
        self.note('a stranger to the witness', plain('POST', add, f'old 0\n\n{note.replace("dog", "hog")}'.encode()))
        forged = re.sub(f'\n{size}\n', f'\n{size + 1}\n', note)
        self.note('an unsigned head', plain('POST', add, f'old {size}\n\n{forged}'.encode()))
        self.note('another size', plain('POST', add, f'old 1\n\n{note}'.encode()))
        self.note('the size in words', f'{self.answer.type} {int(self.answer.body) == size}')
        body = {'v': 1, 'have': [], 'top': 0}
        self.note('copies of our leaves', self.go('GET', f'{where}/entries?start=0'))
        self.note('records for auditors', plain('GET', '/audit/v1/records', headers=bearer))
        self.note('resync', self.go('POST', '/exchange/v1/resync', write_json(body)))

    # --- withdrawing and refusing ------------------------------------------------------------------------------------

    def withdrawal(self):
        bundle = self.new_bundle()
        path = f'/exchange/v1/bundles/{bundle.id}'
        self.note('withdrawing what never came', self.go('DELETE', path))
        self.note('said so', self.json() == {'v': 1, 'state': 'withdrawn'})
        self.note('sending it then', self.go('PUT', path, bundle.manifest))
        self.note('withdrawing it again', self.go('DELETE', path))
        self.note('its state', self.go('GET', path))
        _, path, body = self.at_once(bundle)
        self.note('sending it at once', self.go('POST', path, write_json(body)))
        bundle = self.new_bundle()
        path = f'/exchange/v1/bundles/{bundle.id}'
        self.note('a space behind a manifest', self.go('PUT', path, bundle.manifest + b' '))
        self.note('a space before it and an LF behind', self.go('PUT', path, b' ' + bundle.manifest + b'\n'))
        self.note('withdrawing it', self.go('DELETE', path))
        self.note('its state then', self.go('GET', path) + ' ' + self.json()['state'])

    def refusals(self):
        bundle = self.new_bundle(change=lambda text: text.replace('"OPTIN"', '"OPTOUT"'))
        record, path, body = self.at_once(bundle)
        self.note('no consent', self.refused(record, path, body))
        self.held()
        self.note('its state', self.go('GET', path) + ' ' + self.json()['state'])
        self.note('the refusal again', self.refused(record, path, body))
        self.note('withdrawing it', self.go('DELETE', path) + (' + proof' if 'proof' in self.json() else ''))
        bundle = self.new_bundle(referral=json.loads(self.bundle.manifest)['referral'])
        record, path, body = self.at_once(bundle)
        self.note('a second referral of one id', self.refused(record, path, body))
        self.held()
        bundle = self.new_bundle()
        manifest = json.loads(bundle.manifest)
        bundle.manifest = write_json(manifest | {'keyCommitment': b64u(bytes(32))})
        record, path, body = self.at_once(bundle)
        self.note('another key commitment', self.refused(record, path, body))
        self.held()
        for what, change in (
            ('sealed to nobody', {'sealedTo': b64u(bytes(32))}),
            ('from another', {'from': 'hogwood.example'}),
            ('to another', {'to': 'hogwood.example'}),
            ('version 2', {'v': 2}),
            ('one member more', {'more': 1}),
            ('no whole minute', {'deadline': instant(now() // 60 * 60 + 1)}),
        ):
            changed = write_json(manifest | {'bundle': (uuid := new_uuid())} | change)
            self.note(what, self.go('PUT', f'/exchange/v1/bundles/{uuid}', changed))
        bundle = self.new_bundle()
        record, path, body = self.at_once(bundle)
        again = write_canonical(json.loads(record) | {'seq': 1, 'prev': ''})
        index = self.node.log.append('sent', again)
        body['commit'] = self.sender.commit_body(again, index, True)
        self.note('a seq used before', self.refused(again, path, body))
        self.held()

    def refused(self, record, path, body):
        """The code, and whether the proof of the `refused` leaf holds."""
        word = self.go('POST', path, write_json(body))
        proof = self.answer.problem.get('proof') if self.answer.problem else None
        if proof is None:
            return word
        check_proof(proof, leaf_of('refused', record), self.peer.card.log_vkeys)
        return f'{word} + proof'

    # --- cards ---------------------------------------------------------------------------------------------------------------

    def cards(self):
        self.note('the same card', self.go('PUT', '/exchange/v1/card', self.node.card_note.encode(), TEXT))
        self.node.renew_card()
        self.note('a newer card', self.go('PUT', '/exchange/v1/card', self.node.card_note.encode(), TEXT))
        broken = self.node.card_note.replace('Dogwood', 'Hogwood')
        self.note('a card that is not ours', self.go('PUT', '/exchange/v1/card', broken.encode(), TEXT))

    # --- notices -----------------------------------------------------------------------------------------------------------

    def notices(self):
        """`opened`, for the event that the node sent."""
        bundle, record = self.peer.took
        said = {'v': 1, 'notice': 'opened', 'bundle': bundle, 'record': b64u(x_of('sent', record))}
        said |= {'at': instant(now()), 'role': 'doctor'}
        card, referral = self.peer.card, json.loads(self.bundle.manifest)['referral']
        name, serial = self.node.keys.name, self.node.serial
        bundle = make_bundle(name, serial, card, referral, 'notice', 'routine', write_json(said))
        record, path, body = self.at_once(bundle)
        self.note('a notice', self.go('POST', path, write_json(body)))
        check_receipt(self.json()['receipt'], record, card)
        self.held()

    def often(self):
        """More heads in a second than a witness takes."""
        body = self.node.log.add_checkpoint(self.node.log.size).encode()
        said = [self.client.plain('POST', '/witness/add-checkpoint', body).status for _ in range(12)]
        self.note('a head again and again', ' '.join(map(str, sorted(set(said)))))
