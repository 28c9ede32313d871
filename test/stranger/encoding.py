"""Spec §0: the few encodings that everything else is made of."""

import base64
import binascii
import hashlib
import json
import re
import time
import uuid


class Refused(Exception):
    """Something breaks the specification; `code` is a problem code where a peer is to be told one."""

    def __init__(self, why, code='SEND_MALFORMED', **members):
        super().__init__(why)
        self.code = code
        self.members = members


def need(holds, why, code='SEND_MALFORMED', **members):
    if not holds:
        raise Refused(why, code, **members)


def sha256(*parts):
    return hashlib.sha256(b''.join(parts)).digest()


def u64be(number):
    return number.to_bytes(8, 'big')


def lp(value):
    """The length in eight bytes, then the value."""
    value = value.encode() if isinstance(value, str) else value
    return u64be(len(value)) + value


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64u(text, size=None):
    try:
        need(re.fullmatch('[A-Za-z0-9_-]*', text), 'base64url')
        data = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
    except (binascii.Error, ValueError, TypeError):
        raise Refused('base64url') from None
    need(b64u(data) == text, 'base64url has one spelling')
    need(size is None or len(data) == size, f'not {size} bytes')
    return data


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text, size=None):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused('base64') from None
    need(b64(data) == text, 'base64 has one spelling')
    need(size is None or len(data) == size, f'not {size} bytes')
    return data


def now():
    return int(time.time())


def instant(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds))


def parse_instant(text):
    import calendar

    try:
        seconds = calendar.timegm(time.strptime(text, '%Y-%m-%dT%H:%M:%SZ'))
    except ValueError:
        raise Refused('time') from None
    need(instant(seconds) == text, 'time has one spelling')
    return seconds


def is_uuid(text):
    return isinstance(text, str) and re.fullmatch('[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', text) is not None


def new_uuid():
    return str(uuid.uuid4())


def write_json(value):
    return json.dumps(value, separators=(',', ':'), ensure_ascii=False).encode()


def write_canonical(value):
    return json.dumps(value, separators=(',', ':'), sort_keys=True, ensure_ascii=True).encode()


def parse_json(data, members, optional=(), bytes_max=262_144, depth_max=8, whole_numbers=True):
    """One object of exactly these members, under the rules of §0.1."""
    need(len(data) <= bytes_max, 'too long')
    try:
        text = data.decode('utf-8')
        need(not text.startswith('\ufeff'), 'byte order mark')
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer if whole_numbers else int,
            parse_float=_refuse if whole_numbers else float,
            parse_constant=_refuse,
        )
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Refused('not JSON') from None
    need(text.rstrip(' \t\r\n') == text or text[:-1].rstrip(' \t\r\n') + '\n' == text, 'something behind the value')
    _check(value, depth_max)
    need(isinstance(value, dict), 'not an object')
    if members is not None:
        need(value.get('v', 1) == 1, 'version', 'REC_VERSION')
        need(set(members) <= set(value) <= set(members) | set(optional), 'members missing or unknown')
    return value


def parse_canonical(data, members):
    value = parse_json(data, members, bytes_max=4096, depth_max=1)
    need(write_canonical(value) == data, 'not canonical')
    return value


def _object(pairs):
    value = dict(pairs)
    need(len(value) == len(pairs), 'a member twice')
    need(not {'__proto__', 'constructor', 'prototype'} & set(value), 'forbidden member')
    return value


def _integer(text):
    need(text.isdigit() and len(text) <= 16 and int(text) < 2**53, 'number')
    return int(text)


def _refuse(_text):
    raise Refused('number')


def _check(value, depth):
    if isinstance(value, str):
        need('\0' not in value and not re.search('[\ud800-\udfff]', value), 'NUL or lone surrogate')
    if isinstance(value, (dict, list)):
        need(depth > 0, 'too deep')
        for name in value if isinstance(value, dict) else ():
            _check(name, depth)
        for each in value.values() if isinstance(value, dict) else value:
            _check(each, depth - 1)
