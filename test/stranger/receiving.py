"""Spec §5.4 to §5.6 as the receiver: judges a bundle that came at once, logs it, and answers with the receipt."""

from bundle import open_bundle, parse_manifest
from encoding import Refused, b64u, need, parse_canonical, parse_json, sha256, unb64u, write_json
from notes import check_proof
from own_log import Turned, leaf_of
from referral import read_event
from signed_http import JSON

RECORD = ['from', 'manifest', 'prev', 'salt', 'seq', 'to', 'v']


class Receiver:
    def __init__(self, keys, log, witness, on_event):
        self.keys, self.log, self.witness, self.on_event = keys, log, witness, on_event
        self.decided = {}  # (sender, bundle) -> (status, type, body)

    def state(self, peer, bundle):
        found = self.decided.get((peer.card.name, bundle))
        need(found, 'unknown', 'REC_NOT_FOUND')
        state = {'v': 1, 'state': 'received', 'manifest': b64u(found[0]), 'document': True, 'att': []}
        return 200, JSON, write_json(state | {'receipt': found[1]})

    def take(self, peer, body, path_bundle):
        """The fast path: manifest, document and commit in turn; kept only when it is decided."""
        parts = parse_json(body, ['v', 'manifest', 'document', 'commit'], bytes_max=10_485_760)
        manifest_bytes = unb64u(parts['manifest'])
        manifest = parse_manifest(manifest_bytes)
        need((manifest['from'], manifest['to']) == (peer.card.name, self.keys.name), 'names', 'SEND_NOT_YOURS')
        need(manifest['bundle'] == path_bundle and not manifest['attachments'], 'bundle of another path')
        commit = parts['commit']
        need(isinstance(commit, dict) and {'v', 'record', 'proof', 'have'} <= set(commit), 'commit')
        need(set(commit) <= {'v', 'record', 'proof', 'have', 'checkpoint', 'tail'}, 'commit')
        stored = self.decided.get((peer.card.name, path_bundle))
        if stored:
            need(stored[0] == sha256(manifest_bytes), 'other bytes')
            return 200, JSON, write_json({'v': 1, 'receipt': stored[1]})
        record, cosignature = self.judge_record(peer, commit, sha256(manifest_bytes))
        try:
            plaintext = open_bundle(manifest, parts['document'].encode(), self.keys.box)
            event = read_event(plaintext, manifest) if manifest['kind'] == 'event' else None
        except Refused as refused:
            need(refused.code != 'REC_KEY_GONE', 'sealed to no key of ours', 'REC_KEY_GONE')
            raise self.refusal(record, refused) from None
        peer.took = path_bundle, record
        peer.seen[parse_canonical(record, RECORD)['seq']] = record
        receipt = self.log.proof(self.log.append('received', record))
        self.decided[(peer.card.name, path_bundle)] = (sha256(manifest_bytes), receipt)
        self.on_event(peer, manifest, event, plaintext)
        answer = {'v': 1, 'receipt': receipt} | ({'cosignature': cosignature} if cosignature else {})
        return 200, JSON, write_json(answer)

    def judge_record(self, peer, commit, digest):
        """Steps 4 to 8 of §5.4."""
        record = unb64u(commit['record'])
        facts = parse_canonical(record, RECORD)
        need(facts['from'] in [each.name for each in peer.card.log_vkeys], 'from')
        need(facts['to'] == self.log.origin and unb64u(facts['manifest'], 32) == digest, 'to or manifest')
        need(isinstance(facts['seq'], int) and facts['seq'] >= 1 and (facts['prev'] == '') == (facts['seq'] == 1), 'seq')
        cosignature = None
        if 'checkpoint' in commit:
            try:
                cosignature = self.witness.add(commit['checkpoint'].encode(), lambda _origin: peer.card.log_vkeys)
            except Turned as turned:
                need(turned.status != 409, 'size', 'REC_LOG_SIZE', size=turned.size)
                need(turned.status != 422, 'fork', 'REC_LOG_FORK')
                raise Refused('checkpoint') from None
        vkeys = [each for each in peer.card.log_vkeys if each.name == facts['from']]
        _, checkpoint = check_proof(commit['proof'], leaf_of('sent', record), vkeys)
        need(checkpoint.head in self.witness.cosigned, 'not cosigned here', 'REC_NOT_WITNESSED')
        if peer.seen.get(facts['seq'], record) != record:
            raise self.refusal(record, Refused('seq', 'REC_SEQ_REUSED'))
        return record, cosignature

    def refusal(self, record, refused):
        """A refusal that is logged, so that it is as provable as a receipt."""
        proof = self.log.proof(self.log.append('refused', record))
        return Refused(str(refused), refused.code, proof=proof)
