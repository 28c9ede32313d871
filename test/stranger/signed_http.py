"""Spec §3: RFC 9421 and RFC 9530 with one spelling, both ways, and a client that believes signed answers alone."""

import http.client
import json
import os
import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from encoding import Refused, b64, b64u, need, now, sha256, unb64, unb64u
from notes import holds

WITH_BODY = '("@method" "@target-uri" "content-digest" "content-type")'
WITHOUT_BODY = '("@method" "@target-uri")'
ANSWER = '("@status" "content-digest" "content-type" "@method";req "@target-uri";req{} "signature";req;key="sig")'
ONCE = (
    'authorization content-digest content-encoding content-length content-type host retry-after signature '
    'signature-input transfer-encoding'
).split()
INPUT = re.compile(
    r'sig=(\([^()]*\));created=(0|[1-9][0-9]{0,11});expires=(0|[1-9][0-9]{0,11});nonce="([A-Za-z0-9_-]{22})"'
    r';keyid="([^"]+)";alg="ed25519";tag="([^"]+)"'
)
SKEW = 30
JSON = 'application/json'
TEXT = 'text/plain; charset=utf-8'
OCTETS = 'application/octet-stream'
PROBLEM = 'application/problem+json'


def digest_of(body):
    return f'sha-256=:{b64(sha256(body))}:'


@dataclass
class Signed:
    """A signature as it stands in a message."""

    input: str
    covered: str
    created: int
    expires: int
    nonce: str
    keyid: str
    tag: str
    value: str

    @property
    def is_fresh(self):
        return self.created - SKEW <= time.time() <= self.expires + SKEW


def read_signature(fields, covered, tag):
    """Form only; `fields` are lower-case names with one value each."""
    text, value = fields.get('signature-input', ''), fields.get('signature', '')
    found = INPUT.fullmatch(text)
    need(found and len(text) <= 1024 and value.startswith('sig=:') and value.endswith(':'), 'no signature')
    signed = Signed(text[4:], found[1], int(found[2]), int(found[3]), found[4], found[5], found[6], value[4:])
    need(signed.covered == covered and signed.tag == tag, 'signature covers something else')
    need(1 <= signed.expires - signed.created <= 60, 'life of the signature')
    unb64u(signed.nonce, 16)
    unb64(signed.value[1:-1], 64)
    return signed


def single(headers):
    """Lower-case fields; refuses one of §3.1 that occurs twice."""
    fields = {}
    for name, value in headers:
        name = name.lower()
        need(name not in fields or name not in ONCE, f'{name} twice')
        fields[name] = value
    return fields


def request_lines(method, uri, digest, kind):
    lines = [('"@method"', method), ('"@target-uri"', uri)]
    return lines + ([('"content-digest"', digest), ('"content-type"', kind)] if digest else [])


def answer_lines(status, digest, kind, method, uri, request_digest, request_signature):
    lines = [('"@status"', str(status)), ('"content-digest"', digest), ('"content-type"', kind)]
    lines += [('"@method";req', method), ('"@target-uri";req', uri)]
    lines += [('"content-digest";req', request_digest)] if request_digest else []
    return [*lines, ('"signature";req;key="sig"', request_signature)]


def answer_covered(request_digest):
    return ANSWER.format(' "content-digest";req' if request_digest else '')


def base_of(lines, params):
    return '\n'.join([*(f'{name}: {value}' for name, value in lines), f'"@signature-params": {params}']).encode()


def sign(keys, lines, covered, tag, created=None):
    """The two signature fields of a message."""
    created = now() if created is None else created
    params = (
        f'{covered};created={created};expires={created + 60};nonce="{b64u(os.urandom(16))}"'
        f';keyid="{keys.keyid}";alg="ed25519";tag="{tag}"'
    )
    value = b64(keys.http.sign(base_of(lines, params)).signature)
    return {'Signature-Input': f'sig={params}', 'Signature': f'sig=:{value}:'}


def key_of(signed, card):
    """The live `http` key of this card that the keyid names."""
    name, _, key = signed.keyid.partition('/http+')
    need(name == card.name, 'keyid of another node')
    key = unb64u(key, 32)
    need(key in card.live('http'), 'no live key of this node')
    return key


def verify(signed, lines, card):
    signature = unb64(signed.value[1:-1], 64)
    need(holds(key_of(signed, card), base_of(lines, signed.input), signature), 'signature does not hold')


class NoAnswer(Exception):
    """Nothing came back, or nothing that the peer vouches for."""

    def __init__(self, why, unsigned=None):
        super().__init__(why)
        self.unsigned = unsigned


@dataclass
class Answer:
    status: int
    type: str
    body: bytes
    fields: dict

    @property
    def problem(self):
        return json.loads(self.body) if self.type == PROBLEM else None


@dataclass
class Request:
    """A signed request, ready to go out; once more it goes out as the very same."""

    method: str
    target: str
    uri: str
    body: bytes
    digest: str
    headers: dict
    tag: str


class Client:
    """Speaks to one peer, over a connection for each request."""

    def __init__(self, keys, url):
        self.keys = keys
        self.url = url

    def plain(self, method, target, body=None, headers=None):
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == 'https' else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=30)
        try:
            connection.request(method, target, body, headers or {})
            got = connection.getresponse()
            fields = single(got.getheaders())
            return Answer(got.status, fields.get('content-type', ''), got.read(), fields)
        except (OSError, http.client.HTTPException, Refused) as error:
            raise NoAnswer(str(error)) from error
        finally:
            connection.close()

    def prepare(self, method, target, body=None, kind=JSON, tag='fernpost/v1', created=None):
        uri = self.url + target
        digest = None if body is None else digest_of(body)
        covered = WITHOUT_BODY if body is None else WITH_BODY
        headers = sign(self.keys, request_lines(method, uri, digest, kind), covered, tag, created)
        if body is not None:
            headers |= {'Content-Digest': digest, 'Content-Type': kind}
        return Request(method, target, uri, body, digest, headers, tag)

    def send(self, request, card_of):
        """The verified answer; `card_of(answer)` names the card that must have signed it."""
        answer = self.plain(request.method, request.target, request.body, request.headers)
        try:
            signed = read_signature(answer.fields, answer_covered(request.digest), request.tag + '-response')
            lines = answer_lines(
                *(answer.status, answer.fields.get('content-digest'), answer.type),
                *(request.method, request.uri, request.digest, request.headers['Signature'][4:]),
            )
            verify(signed, lines, card_of(answer))
            need(signed.is_fresh, 'answer is not fresh')
            need(answer.fields['content-digest'] == digest_of(answer.body), 'answer has another body')
            need('content-encoding' not in answer.fields, 'encoded answer')
        except Refused as error:
            why = f'{request.method} {request.target}: {answer.status}: {error}'
            raise NoAnswer(why, answer) from error
        return answer

    def ask(self, method, target, card_of, body=None, kind=JSON, tag='fernpost/v1'):
        return self.send(self.prepare(method, target, body, kind, tag), card_of)
