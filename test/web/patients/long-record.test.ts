import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import type { ConsultationId, PatientId } from '../../../node/records/model.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import type { DeskClient } from '../../support/desk-client.ts';
import { makeReferrals, referralIdOf } from '../../support/many-referrals.ts';
import { addPatient, plainPatient } from './sample-patient.ts';

const [referrals, files, versions] = [2000, 130, 45];
/** What differs between two pages of one length: counts and dates. */
const slackBytes = 200;

let desks: TestDesks;
let desk: TestDesk;
let doctor: DeskClient;
let patient: PatientId;
let consultation: ConsultationId;
beforeAll(async () => {
  desks = await openDesks({ names: ['alder'] });
  desk = desks.at('alder');
  doctor = await desk.client('doctor');
  patient = await addPatient(desk, plainPatient('L-1', 'Long'));
  const added = await desk.node.consultations.add(patient, seen('the first'));
  consultation = added.id;
}, 60_000);
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

const by = { user: 'u-1', name: 'Noor Haddad' };

function seen(reason: string) {
  return {
    at: instantOfMs(Date.parse('2026-01-02T10:30:00Z')),
    encounterClass: 'AMB',
    reason,
    diagnoses: [],
    prescriptions: [],
    practitioner: 'Dr Dora Doctor',
  } as const;
}

async function refer(from: number, to: number): Promise<void> {
  const made = Array.from({ length: to - from }, (_, i) => from + i);
  const at = (n: number): number => Date.parse('2026-01-01T00:00:00Z') + Math.floor(n / 3) * 1000;
  await makeReferrals(
    desk.node,
    made.map((n) => ({ id: referralIdOf(n), direction: 'sent', peer: 'birch.example', patient, at: at(n) })),
  );
}

async function addFiles(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) {
    const bytes = (async function* () {
      yield await Promise.resolve(utf8(`file ${n}`));
    })();
    await desk.node.attachments.add(patient, { title: `file ${n}.`, contentType: 'text/plain', bytes, consultation });
  }
}

async function writeVersions(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) {
    await desk.node.patients.change(patient, n, { ...plainPatient('L-1', 'Long'), city: `City ${n + 1}.` }, by);
    const change = { kind: 'correction', reason: 'tests' } as const;
    await desk.node.consultations.change(consultation, n, seen(`reason ${n + 1}.`), change);
  }
}

const bytesOf = async (path: string): Promise<number> => Buffer.byteLength((await doctor.open(path)).text);

/** What `form` finds on a page and on all that its "More" leads to. */
async function walk(path: string, form: RegExp): Promise<{ readonly found: string[]; readonly pages: number }> {
  const found: string[] = [];
  let next: string | undefined = path;
  let pages = 0;
  for (; next !== undefined && pages < 100; pages += 1) {
    const { text, status } = await doctor.open(next);
    expect(status).toBe(200);
    found.push(...[...text.matchAll(form)].map(([, one = '']) => one));
    next = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
  }
  return { found, pages };
}

describe('a record of many years', { timeout: 120_000 }, () => {
  test('weighs no more on any page than one that fills its pages once, and shows each thing once', async () => {
    const pages = [
      '',
      '/timeline',
      '/versions',
      '/referrals',
      '/files',
      '/print',
      `/consultations/${consultation}`,
    ].map((path) => `/patients/${patient}${path}`);
    await refer(0, 160);
    await addFiles(0, 105);
    await writeVersions(1, 25);
    const before = await Promise.all(pages.map(bytesOf));
    await refer(160, referrals);
    await addFiles(105, files);
    await writeVersions(25, versions);
    const after = await Promise.all(pages.map(bytesOf));
    const grown = pages.filter((_, i) => Math.abs((after[i] ?? 0) - (before[i] ?? 0)) > slackBytes);
    expect(grown).toEqual([]);

    const chart = await doctor.open(`/patients/${patient}`);
    expect(chart.text).toContain(`Referrals (${referrals})`);
    expect(chart.text).toContain(`>All ${referrals} referrals</a>`);
    expect(chart.text).toContain(`>All ${files} images and documents</a>`);

    const linked = await walk(`/patients/${patient}/referrals`, /href="\/sent\/[0-9-]{24}(\d{12})"/g);
    expect(linked.found.map(Number)).toEqual(Array.from({ length: referrals }, (_, i) => referrals - 1 - i));
    expect(linked.pages).toBe(referrals / 50);
    const listed = await walk(`/patients/${patient}/files`, />file (\d+)\.</g);
    expect(listed.found.toSorted()).toEqual(Array.from({ length: files }, (_, i) => String(i)).toSorted());
    const ofOne = await walk(`/patients/${patient}/files?consultation=${consultation}`, />file (\d+)\.</g);
    expect(ofOne.found).toEqual(listed.found);
    const written = await walk(`/patients/${patient}/versions`, /<h2[^>]*>Version (\d+)/g);
    expect(written.found.map(Number)).toEqual(Array.from({ length: versions }, (_, i) => versions - i));
    const said = await walk(`/patients/${patient}/consultations/${consultation}`, /Version (\d+), written/g);
    expect(said.found.map(Number)).toEqual(Array.from({ length: versions - 1 }, (_, i) => versions - 1 - i));
  });

  test('a place in a list that cannot be one begins at the newest', async () => {
    const whole = await doctor.open(`/patients/${patient}/referrals`);
    for (const before of ['x', '1.x', `1.${'0'.repeat(36)}`, '99999999999999999.x']) {
      const { status, text } = await doctor.open(`/patients/${patient}/referrals?before=${before}`);
      expect([before, status]).toEqual([before, 200]);
      expect(text.length).toBe(whole.text.length);
    }
  });

  test('the files of a consultation of another patient are not listed', async () => {
    const other = await addPatient(desk, plainPatient('L-2', 'Other'));
    const { text } = await doctor.open(`/patients/${other}/files?consultation=${consultation}`);
    expect(text).toContain('Files of one consultation (0)');
  });
});
