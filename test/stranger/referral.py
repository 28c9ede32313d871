"""The clinical content (bundle/README.md): the sample referral of the fixtures, made this peer's own."""

import json
import re
from datetime import datetime, timedelta, timezone

from encoding import b64, need, new_uuid, parse_json

BASE = 'https://fernpost.example/fhir'
SAMPLE_REFERRAL = '58e25344-5f66-5499-8d47-9847e35bccbb'
UUID = re.compile('[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+03:00')


def make_referral(sample, sender, receiver, number, attachments=(), referral=None):
    """The sample between other hospitals, now, with new ids; gives the referral's id and the document's bytes."""
    text = sample.replace('alder.example', sender).replace('birch.example', receiver)
    text = text.replace('REF-A-2026-000117', number)
    ids = {SAMPLE_REFERRAL: referral} if referral else {}
    text = UUID.sub(lambda found: ids.setdefault(found[0], new_uuid()), text)
    sent = datetime.fromisoformat(json.loads(text)['timestamp'])
    late = datetime.now(timezone.utc).replace(microsecond=0) - sent
    text = TIME.sub(lambda found: (datetime.fromisoformat(found[0]) + late).isoformat(), text)
    bundle = json.loads(text)
    [document] = [each for each in bundle['entry'] if each['resource']['resourceType'] == 'DocumentReference']
    if not attachments:
        bundle['entry'].remove(document)
        bundle = _without(bundle, document['fullUrl'])
    else:
        document['resource']['content'] = [{'attachment': _reference(each)} for each in attachments]
    task = only(bundle, 'Task')
    return task['groupIdentifier']['value'].removeprefix('urn:uuid:'), json.dumps(bundle, ensure_ascii=False).encode()


def _reference(attachment):
    def extension(name, value):
        return {'url': f'{BASE}/StructureDefinition/{name}', 'valueBase64Binary': b64(value)}

    return {
        'extension': [
            extension('attachment-sha256', attachment.sha256),
            extension('attachment-key', attachment.key),
        ],
        'contentType': 'text/plain',
        'url': f'urn:uuid:{attachment.id}',
        'size': len(attachment.plaintext),
        'title': 'Notes of the ward',
    }


def _without(value, url):
    """The same without the references to this entry."""
    if isinstance(value, list):
        return [_without(each, url) for each in value if each != {'reference': url}]
    if isinstance(value, dict):
        kept = {name: _without(each, url) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each != []}
    return value


def only(bundle, kind):
    found = [each['resource'] for each in bundle['entry'] if each['resource']['resourceType'] == kind]
    need(len(found) == 1, f'not exactly one {kind}', 'REC_CONTENT')
    return found[0]


def read_event(plaintext, manifest):
    """What an event says: checks the envelope (bundle §2) as far as this peer needs it."""
    bundle = parse_json(plaintext, None, bytes_max=5_242_880, depth_max=40, whole_numbers=False)
    need(bundle.get('resourceType') == 'Bundle' and bundle.get('type') == 'message', 'no message', 'REC_CONTENT')
    try:
        header, task = only(bundle, 'MessageHeader'), only(bundle, 'Task')
        need(bundle['entry'][0]['resource'] is header, 'MessageHeader is not first', 'REC_CONTENT')
        resources = {each['fullUrl']: each['resource'] for each in bundle['entry']}
        event = _code(header['reason'], 'referral-event')
        [destination] = header['destination']
        for reference, name in ((header['sender'], 'from'), (destination['receiver'], 'to')):
            [node] = [
                each['value']
                for each in resources[reference['reference']]['identifier']
                if each['system'] == f'{BASE}/node-id'
            ]
            need(node == manifest[name], f'{name} is another node', 'REC_CONTENT')
        need(task['groupIdentifier']['value'] == f'urn:uuid:{manifest["referral"]}', 'other referral', 'REC_CONTENT')
        state = _code(task['businessStatus'], 'referral-state')
        [order] = [each['extension'] for each in header['extension'] if each['url'].endswith('/event-order')]
        order = {each['url']: next(value for name, value in each.items() if name != 'url') for each in order}
    except (KeyError, TypeError, ValueError, IndexError, StopIteration):
        need(False, 'not a message of this profile', 'REC_CONTENT')
    return {'event': event, 'state': state, 'status': task['status'], 'seq': order['seq'], 'seen': order.get('seen')}


def _code(concept, system):
    [code] = [each['code'] for each in concept['coding'] if each['system'] == f'{BASE}/CodeSystem/{system}']
    return code
