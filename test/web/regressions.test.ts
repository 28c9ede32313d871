import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streamsMax } from '../../node/web/pages/live/open-streams.ts';
import type { PatientId } from '../../node/records/model.ts';
import type { DeskClient } from '../support/desk-client.ts';
import { eventually, type TestDesk } from '../support/desk.ts';
import { openPopulatedDesks, sharma, type PopulatedDesks } from '../support/populated-desks.ts';
import { begin, ownHeaders } from './uploads/upload-support.ts';

/* One test for each hole that was found in the desk, named after its cause (Node §2). */

let world: PopulatedDesks;
let alder: TestDesk;
let birch: TestDesk;
let doctor: DeskClient;
let coordinator: DeskClient;
const operator = 'operator';

beforeAll(async () => {
  world = await openPopulatedDesks();
  [alder, birch] = [world.at('alder'), world.at('birch')];
  [doctor, coordinator] = [await alder.client('doctor'), await alder.client('coordinator')];
});
afterAll(() => world[Symbol.asyncDispose]());

test('open redirect: a form of the desk leads to no other host, whatever place to go back to it names', async () => {
  const reader = await birch.client('doctor');
  for (const back of ['/.//evil.example', '/a/..//evil.example', '//evil.example']) {
    const answer = await reader.post('/inbox/assign', { referral: world.undecided, to: 'me', back });
    expect([answer.status, answer.location]).toEqual([303, '/']);
  }
  const nobody = await alder.client();
  const signedIn = await nobody.submit('/sign-in', '/sign-in', { ...alder.users.doctor, next: '/.//evil.example' });
  expect(signedIn.location).toBe('/');
  expect((await nobody.get('/sign-in?next=/.//evil.example')).location).toBe('/');
});

test('cached after the session: no picture of a patient is kept by the browser', async () => {
  const reader = await birch.client('doctor');
  const review = await reader.get(`/received/${world.undecided}`);
  const [path = ''] = /\/received\/[0-9a-f-]+\/images\/[0-9a-f-]+/.exec(review.text) ?? [];
  const image = await reader.get(path);
  expect(image.headers.get('content-type')).toBe('image/png');
  expect(image.headers.get('cache-control')).toBe('no-store');
  expect(image.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
});

describe('a restricted record, reached by way of the police', () => {
  const secret = { caseNumber: 'FIR-CLOSED-1', reason: 'Canary reason behind closed doors' };
  let closed: PatientId;
  let byPatient: string;
  let byReferral: string;

  beforeAll(async () => {
    const { node, users } = alder;
    const added = await node.patients.add({
      csvId: 'A-CLOSED',
      familyName: 'Secretname',
      givenNames: 'Sam',
      allergies: [],
      conditions: [],
      medications: [],
      immunizations: [],
      familyHistory: [],
      procedures: [],
      policeCase: true,
    });
    if (added.state !== 'added') throw new Error('the patient is there already');
    closed = added.record.id;
    const author = { id: users.doctor.id, name: 'Dr Dora Doctor' };
    const sending = { to: birch.node.own.name, patient: closed, priority: 'routine', reason: 'See', question: 'See' };
    const { id: referral } = await node.referrals.send({ ...sending, priority: 'routine', author });
    const tell = async (about: { readonly patient?: string; readonly referral?: string }): Promise<string> => {
      const station = world.station;
      const previewed = await node.alerts.preview({ by: author, station, ...secret, about, recordTexts: [] });
      if (previewed.state === 'refused') throw new Error(JSON.stringify(previewed.faults));
      return (await node.alerts.confirm(author, previewed.preview.token)).id;
    };
    [byPatient, byReferral] = [await tell({ patient: closed }), await tell({ referral })];
    const place = `/patients/${closed}/restriction`;
    await doctor.submit(place, place, { reason: 'works here' });
    expect((await coordinator.get(`/patients/${closed}`)).status).toBe(403);
  });

  test('object check missing: a further alert takes case and reason of none that is closed', async () => {
    for (const alert of [byPatient, byReferral]) {
      const answer = await coordinator.get(`/alerts/new?follows=${alert}`);
      expect(answer.status).toBe(403);
      expect(answer.text).not.toMatch(/FIR-CLOSED|Canary reason/);
    }
  });

  test('object check missing: what was sent is as closed as the patient whom it is about', async () => {
    const { referral } = (await alder.node.alerts.get(byReferral)).about;
    const form = await coordinator.get(`/alerts/new?referral=${referral}`);
    expect(form.status).toBe(403);
    expect(form.text).not.toMatch(/secretname/i);
    for (const path of ['/alerts', `/alerts/${byReferral}`, `/alerts/${byReferral}/state`]) {
      const answer = await coordinator.get(path);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toMatch(/FIR-CLOSED|Canary reason|secretname/i);
    }
    expect((await doctor.get(`/alerts/new?referral=${referral}`)).status).toBe(200);
  });
});

test('a line that nobody closes: asking for the head of the stream takes no place', async () => {
  const nurse = await alder.client('nurse');
  for (let n = 0; n <= streamsMax; n += 1) {
    const answer = await nurse.fetch('/live', { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  }
  const stop = new AbortController();
  const line = await nurse.fetch('/live', { signal: stop.signal });
  expect(line.status).toBe(200);
  stop.abort();
});

test('half signed in: a temporary password opens no banner, on no page and on no error', async () => {
  const { node } = birch;
  const added = await node.accounts.users.add(operator, {
    login: 'half.birch',
    name: 'Hal Half',
    roles: ['doctor'],
    department: '',
  });
  if (added.state !== 'done') throw new Error('no user');
  const half = await birch.client();
  await half.signIn({ login: 'half.birch', password: added.password });
  expect((await (await birch.client('nurse')).get('/help')).text).toContain('A new emergency referral');
  for (const path of ['/account/password', '/no-such-page', '/sign-in', '/inbox/emergencies', '/']) {
    const answer = await half.open(path);
    expect(answer.text).not.toMatch(/emergency referral|\/received\//);
  }
});

describe('a form with files that breaks off', () => {
  /** The beginning of a post with one file, as far as the line held. */
  async function postPart(path: string, body: string): Promise<Socket> {
    const { port } = new URL(alder.origin);
    const socket = connect(Number(port), '127.0.0.1');
    const headers = [
      `POST ${path} HTTP/1.1`,
      `Host: localhost:${port}`,
      `Origin: ${alder.origin}`,
      'Sec-Fetch-Site: same-origin',
      `Cookie: ${doctor.cookie()}`,
      'Content-Type: multipart/form-data; boundary=b',
      'Content-Length: 50000000',
    ];
    socket.write(`${headers.join('\r\n')}\r\n\r\n${body}`);
    return socket;
  }

  const part = (name: string, value: string): string =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const file = `--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\nContent-Type: application/zip\r\n\r\n`;

  test('work that never ends: a lost connection ends the reading of its file, and nothing of it stays', async () => {
    const { attachments, random } = alder.node;
    const before = (await attachments.list(world.patient)).length;
    const { add } = attachments;
    const outcomes: Promise<unknown>[] = [];
    (attachments as { add: typeof add }).add = (...given) => {
      const work = add(...given);
      outcomes.push(work.catch((error: unknown) => error));
      return work;
    };
    try {
      const path = `/patients/${world.patient}/uploads/new?once=${random.uuid()}`;
      const socket = await postPart(path, `${part('guard', '1979')}${file}${'x'.repeat(200_000)}`);
      await eventually(() => outcomes.length === 1);
      socket.destroy();
      expect(await outcomes[0]).toBeInstanceOf(Error);
    } finally {
      (attachments as { add: typeof add }).add = add;
    }
    expect(await attachments.list(world.patient)).toHaveLength(before);
  });
});

describe('relation by a form that was refused', () => {
  /** Somebody who is restricted only afterwards: whoever has to do with the record keeps it open. */
  async function closedAfter(csvId: string, refused: (patient: PatientId) => Promise<void>): Promise<number> {
    const added = await alder.node.patients.add({ ...sharma, csvId, familyName: `Later${csvId}` });
    if (added.state !== 'added') throw new Error('the patient is there already');
    const patient = added.record.id;
    await refused(patient);
    const place = `/patients/${patient}/restriction`;
    expect((await doctor.submit(place, place, { reason: 'works here' })).status).toBe(303);
    return (await (await alder.client('nurse')).get(`/patients/${patient}`)).status;
  }

  test('a file for the wrong patient opens no record that is restricted later', async () => {
    const nurse = await alder.client('nurse');
    const status = await closedAfter('L-1', async (patient) => {
      expect((await begin(nurse, 10, { patient, guard: '1900' })).status).toBe(422);
      const form = new FormData();
      form.set('guard', '1900');
      form.append('file', new Blob(['x']), 'a.txt');
      const path = `/patients/${patient}/uploads/new?once=${alder.node.random.uuid()}`;
      const answer = await nurse.fetch(path, { method: 'POST', body: form, headers: ownHeaders(nurse) });
      expect(answer.status).toBe(422);
    });
    expect(status).toBe(403);
  });

  test('a file for the right patient does', async () => {
    const nurse = await alder.client('nurse');
    const status = await closedAfter('L-2', async (patient) => {
      expect((await begin(nurse, 10, { patient, guard: '1979' })).status).toBe(201);
    });
    expect(status).toBe(200);
  });
});

test('object check missing: a link to a record that is closed is undone by nobody to whom it is closed', async () => {
  const { node } = birch;
  const added = await node.patients.add({ ...sharma, csvId: 'B-LINKED' });
  if (added.state !== 'added') throw new Error('the patient is there already');
  const patient = added.record.id;
  const [reader, matcher] = [await birch.client('doctor'), await birch.client('coordinator')];
  const place = `/patients/${patient}/restriction`;
  expect((await reader.submit(place, place, { reason: 'works here' })).status).toBe(303);
  const { matching } = node.referralDesk;
  const author = { id: birch.users.doctor.id, name: 'Dr Dora Doctor' };
  await matching.answer(world.undecided, { answer: 'same', patient, why: 'asked' }, author);
  const path = `/received/${world.undecided}/unlink`;
  expect((await matcher.post(path, { once: node.random.uuid() })).status).toBe(403);
  expect((await matching.linkOf(world.undecided))?.patient).toBe(patient);
  expect((await reader.post(path, { once: node.random.uuid() })).status).toBe(303);
  expect(await matching.linkOf(world.undecided)).toBeUndefined();
});
