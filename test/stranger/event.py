"""A later event of the referring hospital (bundle §2 and §6): it asks to cancel."""

import json

from encoding import b64, new_uuid
from referral import BASE, only

V2 = 'http://terminology.hl7.org/CodeSystem/v2-0003'
BSER = 'http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS'


def coding(system, code):
    return {'system': system, 'code': code}


def make_cancel_request(referral, status, seq, prev, seen, sender, at):
    """From the plaintext of the referral: MessageHeader, Task, one Provenance, both Organizations."""
    bundle = json.loads(referral)
    task, header = only(bundle, 'Task'), only(bundle, 'MessageHeader')
    sides = [header['sender']['reference'], header['destination'][0]['receiver']['reference']]
    order = [{'url': 'seq', 'valuePositiveInt': seq}, {'url': 'prev', 'valueBase64Binary': b64(prev)}]
    order += [{'url': 'seen', 'valueBase64Binary': b64(seen)}] if seen else []
    task_url, header_id, provenance_id = f'urn:uuid:{new_uuid()}', new_uuid(), new_uuid()
    patient, request = only(bundle, 'Patient'), only(bundle, 'ServiceRequest')
    header |= {
        'id': header_id,
        'extension': [{'url': f'{BASE}/StructureDefinition/event-order', 'extension': order}],
        'eventCoding': coding(V2, 'I14'),
        'reason': {'coding': [coding(f'{BASE}/CodeSystem/referral-event', 'cancel-requested')]},
        'focus': [{'reference': task_url}],
    }
    for name in ('author', 'definition'):
        header.pop(name, None)
    event_task = {
        'resourceType': 'Task',
        'identifier': [{name: value for name, value in task['identifier'][0].items() if name != 'assigner'}],
        'groupIdentifier': task['groupIdentifier'],
        'status': status,
        'businessStatus': {'coding': [coding(f'{BASE}/CodeSystem/referral-state', 'cancel-requested'), coding(BSER, '5.2')]},
        'statusReason': {'text': 'The patient has moved away.'},
        'intent': 'order',
        'priority': task['priority'],
        'focus': {'type': 'ServiceRequest', 'identifier': request['identifier'][0]},
        'for': {'type': 'Patient', 'identifier': patient['identifier'][0]},
        'restriction': task['restriction'],
    }
    agent = {
        'type': {'coding': [coding('http://terminology.hl7.org/CodeSystem/provenance-participant-type', 'author')]},
        'role': [{'coding': [coding(f'{BASE}/CodeSystem/role', 'referrer')]}],
        'who': {'type': 'Practitioner', 'identifier': {'system': f'https://{sender}/user', 'value': 'dr-dogwood'}},
    }
    provenance = {
        'resourceType': 'Provenance',
        'id': provenance_id,
        'target': [{'reference': task_url}],
        'occurredDateTime': at,
        'recorded': at,
        'agent': [agent],
    }
    organizations = [each for each in bundle['entry'] if each['fullUrl'] in sides]
    event = {
        'resourceType': 'Bundle',
        'id': new_uuid(),
        'meta': bundle['meta'],
        'identifier': {'system': 'urn:ietf:rfc:3986', 'value': f'urn:uuid:{new_uuid()}'},
        'type': 'message',
        'timestamp': at,
        'entry': [
            {'fullUrl': f'urn:uuid:{header_id}', 'resource': header},
            {'fullUrl': task_url, 'resource': event_task},
            *organizations,
            {'fullUrl': f'urn:uuid:{provenance_id}', 'resource': provenance},
        ],
    }
    return json.dumps(event, ensure_ascii=False).encode()
