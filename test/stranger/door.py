"""What a paired node may ask of this one (§5.1): card, log, witness, state, and bundles by the fast path."""

import hmac
import re
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from encoding import Refused, instant, need, now, write_json
from own_log import Turned
from signed_http import JSON, PROBLEM, TEXT, WITH_BODY, WITHOUT_BODY, answer_covered, answer_lines, base_of
from signed_http import digest_of, read_signature, request_lines, sign, single, verify

UUID = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'
PROBLEMS = {
    'NET_CLOCK': (403, 'Your clock and ours differ'),
    'NET_NONCE_SEEN': (409, 'This request came before; its outcome is unknown: sign it anew and repeat'),
    'NET_DIGEST': (422, 'The body is not the one that was signed'),
    'SEND_MEDIA_TYPE': (415, 'This route takes another media type'),
    'SEND_ENCODED': (415, 'An encoded body is not taken'),
    'SEND_MALFORMED': (422, 'The body breaks the specification'),
    'SEND_CARD': (422, 'The card is refused'),
    'SEND_NOT_YOURS': (403, 'The message names another node'),
    'REC_VERSION': (422, 'This version is not spoken here'),
    'REC_NOT_FOUND': (404, 'No such bundle of yours'),
    'REC_KEY_GONE': (409, 'The key that this was sealed to is gone: fetch the card again'),
    'REC_LOG_SIZE': (409, 'Your log is held at another size'),
    'REC_NOT_WITNESSED': (412, 'The checkpoint of the proof was not cosigned here'),
    'REC_NOT_LOGGED': (412, 'The record is not in the log'),
    'REC_LOG_FORK': (422, 'The log does not extend what it showed before'),
    'REC_CONTENT': (422, 'The document is not a valid referral'),
    'REC_SEAL': (422, 'The sealed key does not open'),
    'REC_COMMITMENT': (422, 'A commitment, digest, size or root does not fit'),
    'REC_SEQ_REUSED': (422, 'The sequence number names another record'),
    'REC_QUOTA': (507, 'More bytes, transfers or leaves than a peer may cause in a day'),
    'REC_FAULT': (500, 'This node failed'),
}
# Method, target, largest body, media type of the body.
SIGNED = {
    'putCard': ('PUT', '/exchange/v1/card', 65_536, TEXT),
    'putAtOnce': ('POST', f'/exchange/v1/bundles/{UUID}', 10_485_760, JSON),
    'putManifest': ('PUT', f'/exchange/v1/bundles/{UUID}', 262_144, JSON),
    'getBundle': ('GET', f'/exchange/v1/bundles/{UUID}', 0, None),
}


def problem(code, **members):
    status, title = PROBLEMS[code]
    uri = f'https://fernpost.example/problem/{code}'
    body = {'type': uri, 'title': title, 'status': status, 'code': code, 'ref': 'stranger', **members}
    return status, PROBLEM, write_json(body)


class Door(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    node = None  # set by `serve`

    def log_message(self, *_args):
        pass

    def do_GET(self):
        self._handle('GET')

    def do_PUT(self):
        self._handle('PUT')

    def do_POST(self):
        self._handle('POST')

    def do_DELETE(self):
        self._handle('DELETE')

    def _handle(self, method):
        try:
            self._route(method)
        except (Refused, KeyError, ValueError):
            self._empty(401)
        except Exception:
            traceback.print_exc()
            self._empty(500)

    def _route(self, method):
        node = self.node
        if (method, self.path) == ('GET', '/.well-known/fernpost'):
            return self._send(200, TEXT, node.card_note.encode())
        if method == 'GET' and self.path.startswith('/log/'):
            return self._log()
        if (method, self.path) == ('POST', '/witness/add-checkpoint'):
            return self._witness()
        if method == 'POST' and self.path.startswith('/pairing/v1/') and self.node.hosting:
            return self._pair(self.path.removeprefix('/pairing/v1/'))
        if not self.path.startswith('/exchange/'):
            return self._empty(404)
        for name, (its_method, target, bytes_max, kind) in SIGNED.items():
            found = re.fullmatch(target, self.path)
            if found and its_method == method:
                return self._signed(name, method, bytes_max, kind, *found.groups())
        raise Refused('no such route')

    def _log(self):
        given = self.headers.get('Authorization', '').removeprefix('Bearer ')
        if not any(hmac.compare_digest(given, token) for token in self.node.log_tokens()):
            return self._empty(401)
        found = self.node.log.resource(self.path.removeprefix('/log/'))
        if found is None:
            return self._empty(404)
        return self._send(200, found[1], found[0])

    def _witness(self):
        size = int(self.headers.get('Content-Length', '0'))
        body = self.rfile.read(min(size, 65_536))
        try:
            line = self.node.witness.add(body, self.node.log_vkeys)
        except Turned as turned:
            if turned.status == 409:
                return self._send(409, 'text/x.tlog.size', f'{turned.size}\n'.encode())
            return self._empty(turned.status)
        return self._send(200, TEXT, line.encode())

    def _pair(self, invitation):
        """The one route where the body is read first: it brings the key. Every failure is the stranger's 401."""
        fields, uri = single(self.headers.items()), self.node.url + self.path
        size = fields.get('content-length', '')
        need(size.isdigit() and int(size) <= 65_536 and 'transfer-encoding' not in fields, 'body')
        body = self.rfile.read(int(size))
        signed = read_signature(fields, WITH_BODY, 'fernpost-pair/v1')
        digest = fields.get('content-digest')
        with self.node.lock:
            card = self.node.hosting.card_for(invitation, body)
            verify(signed, request_lines('POST', uri, digest, JSON), card)
            need(signed.is_fresh and digest == digest_of(body) and fields.get('content-type') == JSON, 'request')
            need(self.node.take_nonce(signed), 'nonce')
            answer = self.node.hosting.answer(body)
        self._answer(signed, 'POST', uri, digest, (200, JSON, write_json(answer)))

    def _signed(self, name, method, bytes_max, kind, *parts):
        """The order of §3.4: until the signature holds everything is the stranger's 401."""
        fields = single(self.headers.items())
        body_expected = method in ('PUT', 'POST')
        if body_expected and not fields.get('content-length', '').isdigit():
            return self._empty(411)
        size = int(fields.get('content-length', '0'))
        if size > bytes_max:
            return self._empty(413)
        need('transfer-encoding' not in fields and (body_expected or size == 0), 'body')
        uri, digest = self.node.url + self.path, fields.get('content-digest') if body_expected else None
        need(digest is not None or not body_expected, 'no digest')
        covered = WITH_BODY if body_expected else WITHOUT_BODY
        signed = read_signature(fields, covered, 'fernpost/v1')
        peer = self.node.peers.get(signed.keyid.partition('/')[0])
        need(peer, 'a stranger')
        verify(signed, request_lines(method, uri, digest, fields.get('content-type')), peer.card)
        body = self.rfile.read(size)
        try:
            answer = self._judge(name, signed, fields, kind, digest, body, peer, parts)
        except Refused as refused:
            answer = problem(refused.code, **refused.members)
        except Exception:
            traceback.print_exc()
            answer = problem('REC_FAULT')
        self._answer(signed, method, uri, digest, answer)

    def _answer(self, signed, method, uri, digest, answer):
        status, kind, content = answer
        lines = answer_lines(status, digest_of(content), kind, method, uri, digest, signed.value)
        extra = sign(self.node.keys, lines, answer_covered(digest), f'{signed.tag}-response')
        self._send(status, kind, content, {'Content-Digest': digest_of(content), **extra})

    def _judge(self, name, signed, fields, kind, digest, body, peer, parts):
        need(signed.is_fresh, 'clock', 'NET_CLOCK', time=instant(now()))
        need('content-encoding' not in fields, 'encoded', 'SEND_ENCODED')
        need(kind is None or fields.get('content-type') == kind, 'type', 'SEND_MEDIA_TYPE')
        need(digest is None or digest == digest_of(body), 'digest', 'NET_DIGEST')
        with self.node.lock:
            if digest is not None:
                need(self.node.take_nonce(signed), 'nonce', 'NET_NONCE_SEEN')
            return self.node.handle(name, peer, body, *parts)

    def _empty(self, status):
        self.close_connection = True
        self._send(status, None, b'')

    def _send(self, status, kind, body, more=None):
        self.send_response_only(status)
        headers = {'Content-Length': str(len(body)), **({'Content-Type': kind} if kind else {}), **(more or {})}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def serve(node, port):
    handler = type('NodeDoor', (Door,), {'node': node})
    server = ThreadingHTTPServer(('127.0.0.1', port), handler)
    server.daemon_threads = True
    return server
