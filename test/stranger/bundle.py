"""Spec §4: manifest, document, seal and chunks, in suite 1."""

import gzip
import os
import zlib
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes, hmac, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

import base64

from encoding import b64u, instant, is_uuid, lp, need, new_uuid, now, parse_instant, parse_json, sha256, u64be, unb64u
from encoding import write_json
from tree import leaf_hash, root_of

CHUNK = 8_388_608
BOX_BYTES = {1: 145, 2: 1257}
PLAINTEXT_MAX = 5_242_880
MANIFEST = (
    'v suite from to card bundle referral kind priority deadline sealedTo sealedKey keyCommitment document attachments'
).split()


def seal_context(sender, receiver, bundle):
    return f'fernpost/seal/v1\n{sender}\n{receiver}\n{bundle}\n'.encode()


def seal_payload(fernet_key, salt, context):
    return b'\1' + fernet_key + salt + sha256(context)


def seal(public_key, payload):
    return SealedBox(PublicKey(public_key)).encrypt(payload)


def open_seal(private_key, box, context):
    """Fernet key and documentSalt out of a box of suite 1."""
    need(len(box) == BOX_BYTES[1], 'box', 'REC_SEAL')
    try:
        payload = SealedBox(PrivateKey(bytes(private_key))).decrypt(box)
    except CryptoError:
        need(False, 'box does not open', 'REC_SEAL')
    need(payload[:1] == b'\1' and payload[65:] == sha256(context), 'box of another bundle', 'REC_SEAL')
    return payload[1:33], payload[33:65]


def key_commitment(fernet_key):
    return sha256(b'fernpost/key/v1\n', fernet_key)


def document_commitment(salt, plaintext):
    return sha256(b'fernpost/document/v1\n', salt, plaintext)


def fernet(key):
    return Fernet(base64.urlsafe_b64encode(key))


def open_document(token, key, salt, facts):
    """The exact plaintext bytes; `facts` is the manifest's `document`."""
    wrong = 'REC_COMMITMENT'
    need(len(token) == facts['size'] and sha256(token) == unb64u(facts['digest'], 32), 'token', wrong)
    try:
        data = base64.urlsafe_b64decode(token)
        need(base64.urlsafe_b64encode(data) == token, 'token has one spelling', wrong)
        plaintext = fernet(key).decrypt(token)
    except (InvalidToken, ValueError):
        need(False, 'token does not open', wrong)
    if facts['encoding'] == 'gzip':
        inflate = zlib.decompressobj(wbits=31)
        plaintext = inflate.decompress(plaintext, PLAINTEXT_MAX + 1)
        need(inflate.eof and not inflate.unused_data, 'gzip', wrong)
    need(len(plaintext) <= PLAINTEXT_MAX, 'document too long', wrong)
    need(document_commitment(salt, plaintext) == unb64u(facts['commitment'], 32), 'commitment', wrong)
    return plaintext


def chunk_info(bundle, attachment, index, last):
    return b'fernpost/chunk/v1\n' + lp(bundle) + lp(attachment) + u64be(index) + bytes([last])


def chunk_token(attachment_key, info, plaintext):
    """One raw Fernet token of time 0 with the derived IV (§4.6); Fernet libraries choose the IV themselves."""
    okm = HKDF(hashes.SHA256(), 48, b'', info).derive(attachment_key)
    signing, encryption, iv = okm[:16], okm[16:32], okm[32:]
    pad = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(encryption), modes.CBC(iv)).encryptor()
    body = encryptor.update(pad.update(plaintext) + pad.finalize()) + encryptor.finalize()
    head = b'\x80' + u64be(0) + iv + body
    mac = hmac.HMAC(signing, hashes.SHA256())
    mac.update(head)
    return head + mac.finalize()


@dataclass
class Attachment:
    plaintext: bytes
    id: str = field(default_factory=new_uuid)
    key: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def sha256(self):
        return sha256(self.plaintext)

    def tokens(self, bundle):
        pieces = [self.plaintext[at : at + CHUNK] for at in range(0, len(self.plaintext), CHUNK)] or [b'']
        last = len(pieces) - 1
        return [
            chunk_token(self.key, chunk_info(bundle, self.id, i, i == last), piece) for i, piece in enumerate(pieces)
        ]


@dataclass
class Bundle:
    """What one transfer is made of; nothing of it changes in a retry."""

    id: str
    manifest: bytes
    token: bytes
    chunks: list

    @property
    def digest(self):
        return sha256(self.manifest)


def make_bundle(sender, serial, to, referral, kind, priority, plaintext, attachments=(), bundle=None):
    """Seals a document for the card `to`, in suite 1."""
    need(1 in to.suites, 'no suite in common')
    [box_key] = to.live('box')
    bundle, key, salt = bundle or new_uuid(), os.urandom(32), os.urandom(32)
    packed = gzip.compress(plaintext, mtime=0)
    encoding = 'gzip' if len(packed) < len(plaintext) else 'identity'
    token = fernet(key).encrypt(packed if encoding == 'gzip' else plaintext)
    context = seal_context(sender, to.name, bundle)
    chunks = [each.tokens(bundle) for each in attachments]
    manifest = {
        'v': 1,
        'suite': 1,
        'from': sender,
        'to': to.name,
        'card': serial,
        'bundle': bundle,
        'referral': referral,
        'kind': kind,
        'priority': priority,
        'deadline': instant(-(-(now() + 86_400) // 60) * 60),
        'sealedTo': b64u(sha256(box_key)),
        'sealedKey': b64u(seal(box_key, seal_payload(key, salt, context))),
        'keyCommitment': b64u(key_commitment(key)),
        'document': {
            'size': len(token),
            'digest': b64u(sha256(token)),
            'encoding': encoding,
            'commitment': b64u(document_commitment(salt, plaintext)),
        },
        'attachments': [
            {
                'id': each.id,
                'size': len(each.plaintext),
                'chunkSize': CHUNK,
                'chunks': len(tokens),
                'root': b64u(root_of([leaf_hash(token) for token in tokens])),
            }
            for each, tokens in zip(attachments, chunks)
        ],
    }
    return Bundle(bundle, write_json(manifest), token, chunks)


def parse_manifest(data):
    found = parse_json(data, MANIFEST)
    need(found['suite'] in (1, 2) and is_uuid(found['bundle']) and is_uuid(found['referral']), 'manifest')
    need(found['kind'] in ('referral', 'event', 'notice'), 'kind')
    need(found['priority'] in ('routine', 'urgent', 'stat') and parse_instant(found['deadline']) % 60 == 0, 'manifest')
    need(set(found['document']) == {'size', 'digest', 'encoding', 'commitment'}, 'document')
    need(found['document']['encoding'] in ('gzip', 'identity'), 'encoding')
    need(isinstance(found['attachments'], list) and len(found['attachments']) <= 100, 'attachments')
    unb64u(found['sealedKey'], BOX_BYTES[found['suite']])
    for text in (found['sealedTo'], found['keyCommitment'], found['document']['digest']):
        unb64u(text, 32)
    return found


def open_bundle(manifest, token, box_key):
    """The plaintext of a document that was sealed for this box key in suite 1."""
    need(manifest['suite'] == 1, 'this peer opens suite 1 alone', 'REC_KEY_GONE')
    need(unb64u(manifest['sealedTo'], 32) == sha256(bytes(box_key.public_key)), 'sealed to no key', 'REC_KEY_GONE')
    context = seal_context(manifest['from'], manifest['to'], manifest['bundle'])
    key, salt = open_seal(box_key, unb64u(manifest['sealedKey']), context)
    need(key_commitment(key) == unb64u(manifest['keyCommitment']), 'key commitment', 'REC_COMMITMENT')
    return open_document(token, key, salt, manifest['document'])
