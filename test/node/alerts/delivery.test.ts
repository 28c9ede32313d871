import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSmtpMail } from '../../../node/platform/smtp-mail.ts';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { toBase64Url, utf8 } from '../../../protocol/bytes.ts';
import { openSmtpStation, type SmtpStation } from '../../support/smtp.ts';
import { doctor, openAlertNode, type AlertNode } from './alert-node.ts';

const minuteMs = 60_000;
let smtp: SmtpStation;
let alder: AlertNode;

beforeEach(async () => {
  smtp = await openSmtpStation();
  alder = await openAlertNode(openSmtpMail({ host: '127.0.0.1', port: smtp.port, tls: 'none', timeoutMs: 400 }));
});

afterEach(async () => {
  const { failures } = alder;
  await alder[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

async function stateOf(id: string): Promise<string> {
  const { delivery } = await alder.node.alerts.get(id);
  return delivery.state;
}

async function loudly(): Promise<readonly (string | undefined)[]> {
  return (await alder.node.alerts.loud()).map(({ loud }) => loud?.why);
}

test('a confirmed alert arrives byte for byte as the preview showed it, once, at its station alone', async () => {
  const { preview } = alder.node.alerts;
  const shown = await preview({
    by: doctor,
    station: alder.near.id,
    caseNumber: 'FIR 12/2026',
    reason: 'Stab wound, says the neighbour',
    about: { patient: 'p-1' },
    recordTexts: [],
  });
  if (shown.state !== 'shown') throw new Error('not shown');
  const { mail, token } = shown.preview;
  const { id, sha256: digest } = await alder.node.alerts.confirm(doctor, token);
  await alder.step();
  await alder.step();
  expect(smtp.taken).toHaveLength(1);
  const [taken] = smtp.taken;
  expect(taken).toMatchObject({ from: mail.from, to: [mail.to], subject: mail.subject, messageId: mail.messageId });
  expect(taken?.text.trimEnd()).toBe(mail.text.trimEnd());
  expect(mail.text).toBe(
    'Case number: FIR 12/2026\nHospital: St. Alder Hospital\nPlease call: +1 555 0100\nTime: 2026-09-14 08:00:00 UTC\n',
  );
  expect(digest).toEqual(sha256(utf8(mail.text)));
  expect(await stateOf(id)).toBe('sent');
});

test('who confirms twice, or goes back and confirms again, makes one alert', async () => {
  const token = await alder.preview();
  const [first, second] = [
    await alder.node.alerts.confirm(doctor, token),
    await alder.node.alerts.confirm(doctor, token),
  ];
  expect(second.id).toBe(first.id);
  await alder.step();
  expect(smtp.taken).toHaveLength(1);
});

test('the log says who, when, which mail and which station, and nothing of the case', async () => {
  const id = await alder.alert({ caseNumber: 'CANARY-77' });
  const [confirmed, ...none] = await alder.records('alert');
  expect(none).toEqual([]);
  expect(confirmed).toEqual({
    act: 'confirmed',
    alert: id,
    station: alder.near.id,
    mail: toBase64Url((await alder.node.alerts.get(id)).sha256),
    by: doctor.id,
    name: doctor.name,
    at: '2026-09-14T08:00:00Z',
  });
  await alder.step();
  alder.clock.advance(3 * minuteMs);
  await alder.node.alerts.acknowledge(doctor, id);
  const acts = (await alder.records('alert')).map(({ act, by }) => [act, by]);
  expect(acts).toEqual([
    ['confirmed', doctor.id],
    ['sent', 'machine'],
    ['acknowledged', doctor.id],
  ]);
});

describe('a mail server that does not take the mail', () => {
  test('says later: it is tried again with growing pauses, and then it is there once', async () => {
    smtp.become('says later');
    const id = await alder.alert();
    await alder.step();
    await alder.step();
    expect(smtp.connections()).toBe(1);
    expect(await stateOf(id)).toBe('queued');
    alder.clock.advance(6_000);
    await alder.step();
    expect(smtp.connections()).toBe(2);
    smtp.become('takes');
    alder.clock.advance(minuteMs);
    await alder.step();
    expect(await stateOf(id)).toBe('sent');
    expect(smtp.taken).toHaveLength(1);
  });

  test('refuses for good: the alert has failed at once, loudly, and a person may try again', async () => {
    smtp.become('refuses the recipient');
    const id = await alder.alert();
    await alder.step();
    expect(await stateOf(id)).toBe('failed');
    expect(await loudly()).toEqual(['failed']);
    expect((await alder.node.alerts.loud())[0]?.station.telephone).toBe('+1 555 0110');
    smtp.become('takes');
    await alder.node.alerts.tryAgain(doctor, id);
    await alder.step();
    expect(await stateOf(id)).toBe('sent');
    expect((await alder.records('alert')).map(({ act }) => act)).toEqual([
      'confirmed',
      'failed',
      'tried-again',
      'sent',
    ]);
    await expect(alder.node.alerts.tryAgain(doctor, id)).rejects.toMatchObject({ code: 'already-sent' });
  });

  test('refuses after DATA: failed as well', async () => {
    smtp.become('refuses after DATA');
    const id = await alder.alert();
    await alder.step();
    expect(await stateOf(id)).toBe('failed');
  });

  test('drops the connection after DATA: it comes again with the same Message-ID', async () => {
    smtp.become('drops after DATA');
    const id = await alder.alert();
    await alder.step();
    expect(await stateOf(id)).toBe('queued');
    smtp.become('takes');
    alder.clock.advance(minuteMs);
    await alder.step();
    expect(await stateOf(id)).toBe('sent');
    expect(smtp.taken.map(({ messageId }) => messageId)).toEqual([
      `<alert-${id}@alder.example>`,
      `<alert-${id}@alder.example>`,
    ]);
    expect(new Set(smtp.taken.map(({ text }) => text)).size).toBe(1);
  });

  test('never answers: the try ends, and the next one comes', async () => {
    smtp.become('never answers');
    const id = await alder.alert();
    await alder.step();
    expect(await stateOf(id)).toBe('queued');
    smtp.become('takes');
    alder.clock.advance(minuteMs);
    await alder.step();
    expect(await stateOf(id)).toBe('sent');
  });

  test('is silent for a day: the alert is given up, and says so', async () => {
    smtp.become('says later');
    const id = await alder.alert();
    await alder.step();
    alder.clock.advance(24 * 60 * minuteMs);
    await alder.step();
    expect(await stateOf(id)).toBe('failed');
    expect((await alder.records('alert')).map(({ act }) => act)).toEqual(['confirmed', 'failed']);
  });

  test('holds one alert up: the others leave all the same', async () => {
    smtp.become('never answers');
    const first = await alder.alert();
    const sending = alder.step();
    await expect.poll(() => smtp.connections()).toBe(1);
    smtp.become('takes');
    const second = await alder.alert({ caseNumber: 'PC-2026-0002' });
    await sending;
    await alder.step();
    expect([await stateOf(first), await stateOf(second)]).toEqual(['queued', 'sent']);
  });
});

test('a node that stops in the middle of a mail does not wait for the server, and sends it after its start', async () => {
  smtp.become('never answers');
  const id = await alder.alert();
  const stop = new AbortController();
  const sending = alder.node.alerts.step(stop.signal);
  stop.abort();
  await sending;
  smtp.become('takes');
  await alder.restart();
  await alder.step();
  expect(await stateOf(id)).toBe('sent');
});

describe('silence is loud', () => {
  test.each([
    ['not sent, a moment before its five minutes', 'says later', 5 * minuteMs - 1, []],
    ['not sent after five minutes', 'says later', 5 * minuteMs, ['unsent']],
    ['sent, a moment before its fifteen minutes', 'takes', 15 * minuteMs - 1, []],
    ['sent and not acknowledged after fifteen minutes', 'takes', 15 * minuteMs, ['unanswered']],
  ] as const)('%s', async (_, mood, elapsedMs, expected) => {
    smtp.become(mood);
    await alder.alert();
    await alder.step();
    alder.clock.advance(elapsedMs);
    expect(await loudly()).toEqual(expected);
  });

  test('is told to open pages when time alone has made it so, and once', async () => {
    const id = await alder.alert();
    await alder.step();
    const toldOf = async (): Promise<number> => {
      const { changes } = await alder.node.live.since(0);
      return changes.filter(({ kind, subject }) => kind === 'alert' && subject === id).length;
    };
    const before = await toldOf();
    await alder.step();
    expect(await toldOf()).toBe(before);
    alder.clock.advance(15 * minuteMs);
    await alder.step();
    await alder.step();
    expect(await toldOf()).toBe(before + 1);
  });

  test('the next station is proposed, told, and whoever answers ends the alarm for the case', async () => {
    const first = await alder.alert();
    await alder.step();
    alder.clock.advance(15 * minuteMs);
    const [next, ...none] = await alder.node.alerts.furtherStations(first);
    expect(next?.station.name).toBe(alder.far.name);
    expect(none).toEqual([]);
    const second = await alder.alert({ station: alder.far.id, follows: first });
    await alder.step();
    expect(smtp.taken.map(({ to }) => to[0])).toEqual([alder.near.email, alder.far.email]);
    expect(await alder.node.alerts.furtherStations(second)).toEqual([]);
    await alder.node.alerts.acknowledge(doctor, second);
    expect(await loudly()).toEqual([]);
    await expect(alder.node.alerts.acknowledge(doctor, second)).rejects.toMatchObject({ code: 'already-acknowledged' });
  });

  test('a station reached by telephone while the mail waits is acknowledged, and stays so when the mail leaves', async () => {
    smtp.become('says later');
    const id = await alder.alert();
    await alder.step();
    await alder.node.alerts.acknowledge(doctor, id);
    expect(await stateOf(id)).toBe('acknowledged');
    smtp.become('takes');
    alder.clock.advance(60 * minuteMs);
    await alder.step();
    expect(smtp.taken).toEqual([]);
  });
});

test('without a mail server an alert is kept, and says at once that somebody must telephone', async () => {
  await using birch = await openAlertNode(undefined);
  const id = await birch.alert();
  expect((await birch.node.alerts.loud()).map(({ loud }) => loud?.why)).toEqual(['no-mail-server']);
  await birch.step();
  expect((await birch.node.alerts.get(id)).delivery).toMatchObject({
    state: 'queued',
    trouble: expect.stringContaining('Telephone') as string,
  });
  await birch.node.alerts.acknowledge(doctor, id);
  expect(await birch.node.alerts.loud()).toEqual([]);
});
