import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holdsPartOf } from '../../../node/alerts/mail-text.ts';
import type { SettingName } from '../../../node/alerts/settings.ts';
import type { StationColumn } from '../../../node/alerts/stations/station.ts';
import { openSmtpMail } from '../../../node/platform/smtp-mail.ts';
import { parseBase64Url, toBase64Url } from '../../../protocol/bytes.ts';
import { findLeaks } from '../../support/canaries.ts';
import { cellsOfCsv } from '../../support/patients.ts';
import { openSmtpStation, type SmtpStation } from '../../support/smtp.ts';
import { administrator, doctor, nearInput, openAlertNode, type AlertNode } from './alert-node.ts';

let smtp: SmtpStation;
let alder: AlertNode;

beforeEach(async () => {
  smtp = await openSmtpStation();
  alder = await openAlertNode(openSmtpMail({ host: '127.0.0.1', port: smtp.port, tls: 'none', timeoutMs: 2_000 }));
});

afterEach(async () => {
  await alder[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
});

/** Texts that make another mail of a mail, where they are believed (Node §1 F8). */
const injections = [
  'x\r\nBcc: evil@example.org',
  'x\nevil@example.org',
  'x\rRCPT TO:<evil@example.org>',
  'a@b.test, evil@example.org',
  'a@b.test，evil@example.org',
  'x\u0000y',
  'x\u001b[2J',
  'x\u0085y',
  'x\u2028y',
  'x\u202Egnp',
  'x\u2066y',
  'x\u200By',
  'x\uFEFFy',
  'x\r\n.\r\nMAIL FROM:<evil@example.org>',
];
const fields: readonly StationColumn[] = ['name', 'address', 'telephone', 'email', 'latitude', 'longitude', 'active'];

test.each(fields)('no injection passes as the %s of a station', async (field) => {
  for (const text of injections) {
    const saved = await alder.node.stations.add(administrator, { ...nearInput, name: 'Another', [field]: text });
    expect(saved, JSON.stringify(text)).toMatchObject({ state: 'refused', faults: [{ field }] });
    expect(JSON.stringify(saved)).not.toContain('evil');
  }
  expect(await alder.node.stations.list()).toHaveLength(2);
});

const settings: readonly SettingName[] = [
  'hospitalName',
  'callBackNumber',
  'mailFrom',
  'latitude',
  'longitude',
  'caseNumberPrefix',
  'unsentMinutes',
  'unansweredMinutes',
  'uploadGibMax',
];

test.each(settings)('no injection passes as the setting %s', async (name) => {
  const before = await alder.node.settings.values();
  for (const text of injections) {
    const changed = await alder.node.settings.change(administrator, { [name]: text });
    expect(changed, JSON.stringify(text)).toMatchObject({ state: 'refused', faults: [{ field: name }] });
  }
  expect(await alder.node.settings.values()).toEqual(before);
});

test('a case number is letters, digits and little else', async () => {
  const wrong = ['', 'no digit', `1${'x'.repeat(40)}`, '-1', '1,2', 'Ünal 1', '<b>1</b>'];
  for (const caseNumber of [...injections, ...wrong]) {
    const request = { by: doctor, station: alder.near.id, reason: 'r', about: {}, recordTexts: [], caseNumber };
    const previewed = await alder.node.alerts.preview(request);
    expect(previewed, caseNumber).toMatchObject({ state: 'refused', faults: [{ field: 'caseNumber' }] });
  }
});

test('a recipient comes from the list alone', async () => {
  for (const station of ['evil@example.org', '', '00000000-0000-4000-8000-000000000000', "' OR 1=1 --"]) {
    const request = { by: doctor, station, reason: 'r', about: {}, recordTexts: [], caseNumber: '1' };
    const previewed = await alder.node.alerts.preview(request);
    expect(previewed).toMatchObject({ state: 'refused', faults: [{ field: 'station' }] });
  }
});

describe('a preview token', () => {
  test('changed by one bit is refused, and nothing is queued', async () => {
    const token = parseBase64Url(await alder.preview());
    for (const at of [0, 9, 40, token.length - 1]) {
      const changed = token.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(alder.node.alerts.confirm(doctor, toBase64Url(changed))).rejects.toMatchObject({
        code: 'preview-refused',
      });
    }
    await expect(alder.node.alerts.confirm(doctor, '')).rejects.toMatchObject({ code: 'preview-refused' });
    await expect(alder.node.alerts.confirm(doctor, 'x'.repeat(40_000))).rejects.toMatchObject({
      code: 'preview-refused',
    });
    expect(await alder.node.alerts.list({ limit: 9 })).toEqual([]);
  });

  test('of somebody else is refused', async () => {
    const token = await alder.preview();
    await expect(alder.node.alerts.confirm(administrator, token)).rejects.toMatchObject({ code: 'preview-of-another' });
  });

  test.each([
    ['at the end of its fifteen minutes', 15 * 60_000, undefined],
    ['a millisecond later', 15 * 60_000 + 1, 'preview-too-old'],
  ])('%s', async (_, elapsedMs, code) => {
    const token = await alder.preview();
    alder.clock.advance(elapsedMs);
    const confirmed = alder.node.alerts.confirm(doctor, token);
    if (code === undefined) await expect(confirmed).resolves.toMatchObject({ delivery: { state: 'queued' } });
    else await expect(confirmed).rejects.toMatchObject({ code });
  });

  test.each([
    ['the station has another address', { email: 'new@elm.station.test' }],
    ['the station is not in use any more', { active: 'no' }],
  ])('is refused when meanwhile %s', async (_, change) => {
    const token = await alder.preview();
    await alder.node.stations.change(administrator, alder.near.id, 1, { ...nearInput, ...change });
    await expect(alder.node.alerts.confirm(doctor, token)).rejects.toMatchObject({
      code: expect.stringMatching(/preview-outdated|station-not-in-use/) as string,
    });
    expect(await alder.node.alerts.list({ limit: 9 })).toEqual([]);
  });

  test('is refused when meanwhile the call-back number is another', async () => {
    const token = await alder.preview();
    await alder.node.settings.change(administrator, { callBackNumber: '+1 555 0999' });
    await expect(alder.node.alerts.confirm(doctor, token)).rejects.toMatchObject({ code: 'preview-outdated' });
  });
});

test('without a call-back number there is no preview, and the words say what to do', async () => {
  await alder.node.settings.change(administrator, { callBackNumber: '' });
  await expect(alder.preview()).rejects.toMatchObject({
    code: 'no-call-back-number',
    message: expect.stringContaining('Telephone') as string,
  });
});

test('whatever the record says, none of its names, clinical terms or numbers is in the mail', async () => {
  const file = readFileSync(join(import.meta.dirname, '../../fixtures/fhir/patients.csv'));
  const patients = (await cellsOfCsv(file)).map((cells) =>
    Object.entries(cells).flatMap(([column, cell]) => (column.startsWith('police') || cell === '' ? [] : [cell])),
  );
  const spellings: readonly ((word: string) => string)[] = [
    (word) => `${word} 1`,
    (word) => `1${word.toUpperCase()}`,
    (word) => [...word, '7'].join('-'),
    (word) => `A${word}9`,
    () => 'PC-2026-0001',
  ];
  const own = new Set('case number hospital alder please call time utc police'.split(' '));
  const shown = { count: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...patients),
      fc.nat(),
      fc.constantFrom(...spellings),
      async (texts, pick, spell) => {
        const words = texts.flatMap((text) => text.normalize('NFC').match(/[\p{L}\p{N}]{3,}/gu) ?? []);
        const caseNumber = spell(words[pick % words.length] ?? 'x').slice(0, 40);
        const request = {
          by: doctor,
          station: alder.near.id,
          reason: texts.join(' ').slice(0, 500),
          about: {},
          caseNumber,
        };
        const previewed = await alder.node.alerts.preview({ ...request, recordTexts: texts });
        if (previewed.state === 'refused') return;
        shown.count += 1;
        const { subject, text } = previewed.preview.mail;
        const said = `${subject} ${text}`.toLowerCase().match(/\p{L}{3,}/gu) ?? [];
        const terms = new Set(texts.flatMap((each) => each.toLowerCase().match(/\p{L}{3,}/gu) ?? []));
        expect(said.filter((word) => terms.has(word) && !own.has(word))).toEqual([]);
      },
    ),
    { numRuns: 150 },
  );
  expect(shown.count).toBeGreaterThan(10);
});

test.each([
  ['Smith 1', ['John Smith'], true],
  ['S-M-I-T-H 1', ['John Smith'], true],
  ['XSmith1', ['Smith'], true],
  ['FIR 12/2026', ['Fir Tree Street'], true],
  ['FIRM 12', ['Fir'], false],
  ['1979 03 14', ['1979-03-14'], true],
  ['MRN-A-004001', ['MRN-A-004001'], true],
  ['PC-2026-0001', ['2026-01-01', 'EM-90052-5'], false],
])('the case number %s with %j in the record', (caseNumber, texts, expected) => {
  expect(holdsPartOf(caseNumber, texts)).toBe(expected);
});

test('nothing on the disk tells whom an alert is about, why, or in which case', async () => {
  const about = { patient: 'a1a1a1a1-canary-patient', referral: 'b2b2b2b2-canary-referral' };
  const id = await alder.alert({ caseNumber: 'CANARYCASE 77', reason: 'canary reason of the alert', about });
  await alder.step();
  await alder.node.alerts.acknowledge(doctor, id);
  expect((await alder.node.alerts.ofPatient(about.patient, 10)).map(({ reason }) => reason)).toEqual([
    'canary reason of the alert',
  ]);
  expect(await alder.node.alerts.ofPatient(about.patient, 1)).toHaveLength(1);
  expect(await alder.node.alerts.ofReferral(about.referral, 10)).toHaveLength(1);
  expect(await alder.node.alerts.ofPatient('somebody else', 10)).toEqual([]);
  await alder.restart();
  expect(findLeaks([alder.directory], [about.patient, about.referral, 'CANARYCASE 77', 'canary reason'])).toEqual([]);
});

test('an alert of an erased patient keeps who and when, and its text is gone', async () => {
  const { keyring, store, alerts } = alder.node;
  const dataKey = await store.write((writer) => keyring.newDataKey(writer));
  const id = await alder.alert({ dataKey });
  await store.write((writer) => keyring.shred(writer, dataKey));
  expect(await alerts.get(id)).toMatchObject({ caseNumber: '', confirmedBy: doctor, mail: { text: '' } });
  await alder.step();
  expect((await alerts.get(id)).delivery).toMatchObject({
    state: 'failed',
    trouble: 'Its text was erased with the patient.',
  });
});
