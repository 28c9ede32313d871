import { HtmlValidate } from 'html-validate';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streamOnce } from '../../../node/platform/files.ts';
import type { ConsultationId } from '../../../node/records/model.ts';
import { axeViolations } from '../../support/axe.ts';
import { findChromium, keepPicture, launchBrowser, openPerson, signInAt, variants } from '../../support/browser.ts';
import type { TestDesk } from '../../support/desk.ts';
import type { DeskClient } from '../../support/desk-client.ts';
import { htmlRules } from '../../support/html-rules.ts';
import { openPopulatedDesks, png, type PopulatedDesks } from '../../support/populated-desks.ts';
import { addConsultations, addPatient, plainPatient, wholePatient } from './sample-patient.ts';

let desks: PopulatedDesks;
let desk: TestDesk;
let doctor: DeskClient;
/** Path and name of every screen, once there is somebody to show. */
let screens: readonly (readonly [name: string, path: string])[];
/** A record that the nurse may not open. */
let closed: string;
beforeAll(async () => {
  desks = await openPopulatedDesks();
  desk = desks.at('birch');
  doctor = await desk.client('doctor');
  for (let i = 0; i < 12; i += 1) await addPatient(desk, plainPatient(`B-${i}`, `Sample${i}`));
  const patient = await addPatient(desk, wholePatient);
  const [newest = ''] = await addConsultations(desk, patient, 25);
  const [image, letter] = [png(320, 200), new TextEncoder().encode('a letter')];
  const consultation = newest as ConsultationId;
  const { attachments, referralDesk } = desk.node;
  await attachments.add(patient, {
    title: 'Photo of the chest',
    contentType: 'image/png',
    consultation,
    bytes: streamOnce(image),
  });
  await attachments.add(patient, { title: 'Letter.txt', contentType: 'text/plain', bytes: streamOnce(letter) });
  const link = { answer: 'same', patient, why: 'same birth date' } as const;
  await referralDesk.matching.answer(desks.accepted, link, { id: 'tests', name: 'Dr Bela Birch' });
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
  ];
  closed = `/patients/${restricted}`;
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

test('every screen of a patient is valid HTML with one heading of the first rank', async () => {
  const validator = new HtmlValidate(htmlRules);
  const nurse = await desk.client('nurse');
  const all = [
    ...screens.map((screen) => [...screen, doctor] as const),
    ['patient-restricted', closed, nurse] as const,
  ];
  for (const [name, path, client] of all) {
    const { text } = await client.open(path);
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
      await using nurse = await openPerson(browser, desk.origin, { variant });
      await signInAt(nurse, desk.users.nurse);
      await nurse.open(closed);
      await keepPicture(nurse, `patient-restricted-${variant.name}`);
      faults.push(...(await axeViolations(nurse.page)).map((fault) => `patient-restricted: ${fault}`));
      expect(faults).toEqual([]);
      expect(person.troubles.filter((trouble) => !/status of (?:403|404)/.test(trouble))).toEqual([]);
    },
    120_000,
  );

  test('by keyboard alone: search, open, register, and the first fault has the focus', async () => {
    await using person = await openPerson(browser, desk.origin);
    const { page } = person;
    await signInAt(person, desk.users.doctor);
    await person.open('/patients');
    await page.keyboard.press('/');
    await page.keyboard.type('haddad');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=haddad/);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/patients\/[0-9a-f-]{36}$/);
    expect(await page.locator('h1').innerText()).toContain('HADDAD, Rahma');

    await person.open('/patients/new');
    await page.getByLabel('Birth date').focus();
    await page.keyboard.type('03/04/1979');
    await page.keyboard.press('Enter');
    await page.locator('#errors:focus').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.name')).toBe('family_name');
    await page.keyboard.type('Keyboard');
    await page.getByLabel('Birth date').fill('1979');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/patients\/[0-9a-f-]{36}$/);
    expect(await page.locator('h1').innerText()).toContain('KEYBOARD');
    expect(person.troubles.filter((trouble) => !trouble.includes('status of 422'))).toEqual([]);
  }, 60_000);

  test('hostile text runs nothing: no dialog, no error of the policy', async () => {
    const text = `"><img src=x onerror=alert(1)><script>alert(2)</script></textarea><svg onload=alert(3)>\u202Eabc`;
    const hostile = await addPatient(desk, {
      ...wholePatient,
      csvId: 'XSS-1',
      familyName: text,
      notes: text,
      allergies: [text],
    });
    await using person = await openPerson(browser, desk.origin);
    await signInAt(person, desk.users.doctor);
    for (const page of ['', '/edit', '/print', '/versions', '/timeline'])
      await person.open(`/patients/${hostile}${page}`);
    expect(person.troubles).toEqual([]);
  });

  test('on paper there is the record alone: no navigation, no button, no form', async () => {
    await using person = await openPerson(browser, desk.origin);
    await signInAt(person, desk.users.doctor);
    const [, place = ''] = screens.find(([name]) => name === 'patient-print') ?? [];
    await person.open(place);
    await person.page.emulateMedia({ media: 'print' });
    await keepPicture(person, 'patient-print-paper');
    const seen = await person.page.evaluate(
      `[...document.querySelectorAll('nav, form, .button')].filter((one) => one.checkVisibility()).length`,
    );
    expect(seen).toBe(0);
    const [, chart = ''] = screens.find(([name]) => name === 'patient') ?? [];
    await person.open(chart);
    const shut = await person.page.evaluate(
      `[...document.querySelectorAll('.events .disclosed')].filter((one) => !one.checkVisibility()).length`,
    );
    expect(shut).toBe(0);
    expect(await axeViolations(person.page)).toEqual([]);
  });

  test('pages that a form leads to when it cannot be saved as it is can be seen and heard as well', async () => {
    const id = await addPatient(desk, { ...wholePatient, csvId: 'W-1', familyName: 'Warned', phone: '+961 7 000 111' });
    await using person = await openPerson(browser, desk.origin);
    const { page } = person;
    await signInAt(person, desk.users.doctor);
    await person.open(`/patients/${id}/edit`);
    const edit = `/patients/${id}/edit`;
    const whole = { csv_id: 'W-1', family_name: 'Warned', given_names: 'Rahma', birth_date: '1979-03-14' };
    await doctor.submit(edit, edit, { ...whole, city: 'Sidon', notes: 'theirs' });
    await page.getByLabel('City').fill('Beirut');
    await page.getByLabel('E-mail').fill('mine@example.org');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForSelector('text=Nothing of yours is lost');
    await keepPicture(person, 'patient-conflict-desktop');
    expect(await axeViolations(page)).toEqual([]);

    await person.open('/patients/new');
    await page.getByLabel('Family name').fill('Warned');
    await page.getByLabel('Given names').fill('Rahma');
    await page.getByLabel('Birth date').fill('1979-03-14');
    await page.getByRole('button', { name: 'Register' }).click();
    await page.waitForSelector('text=Somebody like this');
    await keepPicture(person, 'patient-look-alike-desktop');
    expect(await axeViolations(page)).toEqual([]);
    await page.getByLabel('Birth date').fill('tomorrow');
    await page.getByRole('button', { name: 'Register' }).click();
    await page.waitForSelector('#errors');
    await keepPicture(person, 'patient-errors-desktop');
    expect(await axeViolations(page)).toEqual([]);
  }, 60_000);
});
