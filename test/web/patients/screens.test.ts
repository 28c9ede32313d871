import { HtmlValidate } from 'html-validate';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from '../../support/axe.ts';
import { findChromium, keepPicture, launchBrowser, openPerson, signInAt, variants } from '../../support/browser.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import type { DeskClient } from '../../support/desk-client.ts';
import { htmlRules } from '../../support/html-rules.ts';
import { addConsultations, addPatient, plainPatient, wholePatient } from './sample-patient.ts';

let desks: TestDesks;
let desk: TestDesk;
let doctor: DeskClient;
/** Path and name of every screen, once there is somebody to show. */
let screens: readonly (readonly [name: string, path: string])[];
beforeAll(async () => {
  desks = await openDesks({ names: ['alder'] });
  desk = desks.at('alder');
  doctor = await desk.client('doctor');
  for (let i = 0; i < 12; i += 1) await addPatient(desk, plainPatient(`B-${i}`, `Sample${i}`));
  const patient = await addPatient(desk, wholePatient);
  const [newest = ''] = await addConsultations(desk, patient, 25);
  const bytes = new TextEncoder().encode('a letter');
  await desk.node.attachments.add(patient, {
    title: 'Letter of the general practitioner.txt',
    contentType: 'text/plain',
    bytes: (async function* () {
      yield bytes;
    })(),
  });
  const change = `/patients/${patient}/consultations/${newest}/change`;
  await doctor.submit(change, change, {
    kind: 'correction',
    why: 'the saturation was measured again',
    at: '2026-01-02 10:30',
    class: 'EMER',
    reason: 'Shortness of breath',
    findings: 'Saturation 97 %.',
    practitioner: 'Dr Dora Doctor',
  });
  const restricted = await addPatient(desk, plainPatient('R-1', 'Closed'));
  await doctor.submit(`/patients/${restricted}/restriction`, `/patients/${restricted}/restriction`, {
    reason: 'staff',
  });
  const voided = await addPatient(desk, plainPatient('V-1', 'Mistake'));
  await doctor.submit(`/patients/${voided}/void`, `/patients/${voided}/void`, { reason: 'typed twice' });
  screens = [
    ['patients', '/patients'],
    ['patients-found', '/patients?q=had'],
    ['patients-nobody', '/patients?q=zz'],
    ['patient-new', '/patients/new'],
    ['patient', `/patients/${patient}`],
    ['patient-edit', `/patients/${patient}/edit`],
    ['patient-versions', `/patients/${patient}/versions`],
    ['patient-timeline', `/patients/${patient}/timeline`],
    ['patient-print', `/patients/${patient}/print`],
    ['patient-restriction', `/patients/${patient}/restriction`],
    ['patient-void', `/patients/${patient}/void`],
    ['patient-voided', `/patients/${voided}`],
    ['consultations', `/patients/${patient}/consultations`],
    ['consultation-new', `/patients/${patient}/consultations/new`],
    ['consultation', `/patients/${patient}/consultations/${newest}`],
    ['consultation-change', change],
    ['patient-restricted', `/patients/${restricted}`],
  ];
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

test('every screen of a patient is valid HTML with one heading of the first rank', async () => {
  const validator = new HtmlValidate(htmlRules);
  const nurse = await desk.client('nurse');
  for (const [name, path] of screens) {
    const { text } = await (name === 'patient-restricted' ? nurse : doctor).open(path);
    const { results } = await validator.validateString(text);
    const faults = results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`));
    expect([name, ...faults]).toEqual([name]);
    expect([name, text.match(/<h1\b/g)?.length]).toEqual([name, 1]);
  }
});

describe.skipIf(findChromium() === undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });

  test.each(variants)(
    'every screen of a patient can be seen, heard and used: $name',
    async (variant) => {
      await using person = await openPerson(browser, desk.origin, { variant });
      await signInAt(person, desk.users.doctor);
      const faults: string[] = [];
      for (const [name, path] of screens) {
        await person.open(path);
        await keepPicture(person, `${name}-${variant.name}`);
        faults.push(...(await axeViolations(person.page)).map((fault) => `${name}: ${fault}`));
        const width = Number(await person.page.evaluate('document.documentElement.scrollWidth'));
        if (width > variant.width) faults.push(`${name}: ${width} px wide`);
      }
      expect(faults).toEqual([]);
      expect(person.troubles.filter((trouble) => !/status of (?:403|404)/.test(trouble))).toEqual([]);
    },
    120_000,
  );
});
