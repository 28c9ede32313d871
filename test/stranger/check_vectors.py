"""
Holds this peer against protocol/vectors/protocol.json: `python3 check_vectors.py FILE DIRECTORY`. The log of 600 leaves
is left in the directory as static files, with one of its proofs, for an auditor.
"""

import hashlib
import json
import sys
from pathlib import Path

from nacl.bindings import crypto_box_seed_keypair
from nacl.public import PrivateKey

import bundle
import pairing
import tree
from card import Keys, parse_card, safety_number
from encoding import Refused, b64u, unb64, unb64u, write_canonical
from notes import check_key, check_proof, holds, parse_checkpoint, parse_vkey, signed_by, split_note
from own_log import OwnLog, leaf_of
from signed_http import INPUT, WITH_BODY, WITHOUT_BODY, answer_covered, answer_lines, base_of, digest_of, request_lines

checked = 0


def same(what, found, expected):
    global checked
    checked += 1
    if found != expected:
        sys.exit(f'{what}: {found!r} and not {expected!r}')


def refuses(what, work):
    try:
        work()
    except Refused:
        return same(what, True, True)
    sys.exit(f'{what} was taken')


def check_identity(v):
    for name, hospital in v['keys'].items():
        seeds = iter([unb64u(hospital[use]['seed']) for use in ('identity', 'log', 'cosign', 'http')] + [bytes(32)])
        keys = Keys(hospital['name'], lambda _n: next(seeds))
        same(f'{name} identity', str(keys.identity.vkey), hospital['identity']['vkey'])
        same(f'{name} log', str(keys.log.vkey), hospital['log']['vkey'])
        same(f'{name} cosign', str(keys.cosign.vkey), hospital['cosign']['vkey'])
        same(f'{name} http', keys.keyid, hospital['http']['keyid'])
        card = parse_card(v['cards'][name]['note'], keys.identity.vkey)
        same(f'{name} card', b64u(card.sha256), v['cards'][name]['sha256'])
    for each in v['ed25519']['smallOrder'] + v['ed25519']['notReduced']:
        refuses(each['what'], lambda key=unb64u(each['key']): check_key(key))
    for each in v['ed25519']['badSignatures']:
        key, message = unb64u(each['publicKey']), each['message'].encode()
        same(each['what'], holds(key, message, unb64u(each['signature'])), False)
    one, other = (parse_vkey(v['keys'][name]['identity']['vkey']) for name in ('alder', 'birch'))
    same('safety number', safety_number(one, other), v['safety']['number'])


def check_pairing(v):
    p = v['pairing']
    i, guest, host = unb64u(p['i']), unb64u(p['randomG']), unb64u(p['randomI'])
    same('commit', b64u(pairing.commitment(i, guest)), p['commit'])
    digest = pairing.transcript(i, v['cards']['birch']['note'], v['cards']['alder']['note'], host, guest)
    same('T', b64u(digest), p['T'])
    same('words', pairing.six_words(digest), p['words'])


def check_bundle(v):
    s, d, keys = v['seal'], v['document'], v['keys']['birch']['box']
    context = bundle.seal_context(s['from'], s['to'], s['bundle'])
    same('context', context.decode(), s['context'])
    public, private = crypto_box_seed_keypair(unb64u(keys['seed']))
    same('box key', b64u(public), keys['publicKey'])
    opened = bundle.open_seal(PrivateKey(private), unb64u(s['suite1']['box']), context)
    same('seal', tuple(map(b64u, opened)), (s['fernetKey'], s['documentSalt']))
    same('payload', b64u(bundle.seal_payload(*opened, context)), s['payload'])
    same('key commitment', b64u(bundle.key_commitment(opened[0])), s['keyCommitment'])
    manifest = bundle.parse_manifest(v['manifest']['bytes'].encode())
    plaintext = bundle.open_document(d['token'].encode(), *opened, manifest['document'])
    same('document', plaintext.decode(), d['plaintext'])
    for each, stated in zip(v['attachments']['inManifest'], manifest['attachments']):
        content = bytes(n % 251 for n in range(each['size']))
        attachment = bundle.Attachment(content, each['id'], unb64u(each['attachmentKey']))
        tokens = attachment.tokens(each['bundle'])
        same('chunks', [b64u(token) for token in tokens], [chunk['token'] for chunk in each['chunks']])
        same('root', b64u(tree.root_of([tree.leaf_hash(token) for token in tokens])), stated['root'])


def leaves_of(log):
    kinds = ['noop', 'local', 'sent', 'received']
    for n in range(log['size']):
        if str(n) in log['leaves']:
            yield log['leaves'][str(n)].encode()
        else:
            x = b64u(bundle.sha256(f'fernpost test vector: leaf {n}'.encode()))
            yield write_canonical({'t': kinds[n % 4], 'v': 1, 'x': x})


def check_log(v):
    log = v['log']
    for name, record in v['records'].items():
        for kind, leaf in record['leaf'].items() if isinstance(record.get('leaf'), dict) else ():
            same(f'{name} {kind}', leaf_of(kind, record['bytes'].encode()).decode(), leaf)
    entries = list(leaves_of(log))
    hashes = [tree.leaf_hash(entry) for entry in entries]
    for size, root in log['roots'].items():
        same(f'root {size}', tree.root_of(hashes[: int(size)]), unb64(root))
    for span, proof in log['consistency'].items():
        old, size = map(int, span.split('-'))
        path = [unb64(each) for each in proof]
        same(f'consistency {span}', tree.consistency(old, hashes[:size]), path)
        tree.check_consistency(old, tree.root_of(hashes[:old]), size, tree.root_of(hashes[:size]), path)
    vkey = parse_vkey(log['vkey'])
    checkpoint = parse_checkpoint(log['checkpoint600Cosigned'], [vkey])
    text, lines = split_note(checkpoint.note)
    for line, witness in zip(lines[1:], log['witnessVkeys']):
        same(witness, signed_by(text, line, parse_vkey(witness)), log['cosignatureTime'] + (witness[0] == 'c'))
    check_resources(log, entries, hashes)
    index, _ = check_proof(log['tlogProofOfSent'], entries[421], [vkey])
    same('proof', index, 421)
    refuses('proof of another leaf', lambda: check_proof(log['tlogProofOfSent'], entries[420], [vkey]))


def check_resources(log, entries, hashes):
    directory = Path(sys.argv[2])
    own = OwnLog(Keys('alder.example'), directory)
    own.entries, own.hashes = entries, hashes
    for path, digest in log['sha256OfResources'].items():
        data, _ = own.resource(path)
        same(path, hashlib.sha256(data).hexdigest(), digest)
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(data)
    (directory / 'checkpoint').write_text(log['checkpoint600Cosigned'])
    (directory / 'proof').write_text(log['tlogProofOfSent'])


def check_http(v):
    for name, pair in v['http'].items():
        if not isinstance(pair, dict):
            continue
        ask, answer = pair['request'], pair['response']
        body = unb64u(ask['bodyB64u']) if 'bodyB64u' in ask else ask.get('body', '').encode() or None
        kind = dict(ask['headers']).get('Content-Type')
        digest = None if body is None else digest_of(body)
        found = INPUT.fullmatch(ask['signatureInput'])
        same(f'{name} covers', found[1], WITHOUT_BODY if body is None else WITH_BODY)
        base = base_of(request_lines(ask['method'], ask['targetUri'], digest, kind), ask['signatureInput'][4:])
        same(f'{name} request', base.decode(), ask['base'])
        found = INPUT.fullmatch(answer['signatureInput'])
        same(f'{name} answer covers', found[1], answer_covered(digest))
        fields = {key.lower(): value for key, value in answer['headers']}
        lines = answer_lines(
            *(answer['status'], digest_of(answer['body'].encode()), fields['content-type']),
            *(ask['method'], ask['targetUri'], digest, ask['signature'][4:]),
        )
        base = base_of(lines, answer['signatureInput'][4:])
        same(f'{name} answer', base.decode(), answer['base'])
        key = unb64u(found[5].partition('/http+')[2])
        same(f'{name} signature', holds(key, base, unb64(answer['signature'][5:-1])), True)


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as file:
        vectors = json.load(file)
    for check in (check_identity, check_pairing, check_bundle, check_log, check_http):
        check(vectors)
    print(f'{checked} values of the vectors agree')
