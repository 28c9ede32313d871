import { HtmlValidate } from 'html-validate';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from '../../support/axe.ts';
import {
  findChromium,
  keepPicture,
  launchBrowser,
  openPerson,
  signInAt,
  variants,
  type Person,
} from '../../support/browser.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { htmlRules } from '../../support/html-rules.ts';
import { openSmtpStation, type SmtpStation } from '../../support/smtp.ts';
import { patient } from '../../node/records/hospital.ts';

const operator = { id: 'operator', name: 'operator' };
const validator = new HtmlValidate(htmlRules);

describe.skipIf(findChromium() === undefined)('a police case in a browser', () => {
  let smtp: SmtpStation;
  let desks: TestDesks;
  let alder: TestDesk;
  let browser: Browser;
  let newAlert: string;

  beforeAll(async () => {
    smtp = await openSmtpStation();
    const mail = { host: '127.0.0.1', port: smtp.port, tls: 'none', from: 'alerts@alder.example' } as const;
    desks = await openDesks({ change: (config) => ({ ...config, mail }) });
    alder = desks.at('alder');
    await alder.node.settings.change(operator, { callBackNumber: '+1 555 0100', latitude: '47.5', longitude: '19' });
    for (const [name, latitude] of [
      ['Elm Street Police Station', '47.51'],
      ['Harbour Police Station', '47.9'],
    ] as const)
      await alder.node.stations.add(operator, {
        name,
        latitude,
        longitude: '19',
        address: '12 Elm Street; 1010 Alder',
        telephone: '+1 555 0110',
        email: 'desk@elm.station.test',
      });
    const details = patient({ csvId: 'A-77', familyName: 'Okafor', givenNames: 'Amina', policeCase: true });
    const added = await alder.node.patients.add({ ...details, policeCaseNumber: 'FIR 12/2026' });
    if (added.state !== 'added') throw new Error('no patient');
    newAlert = `/alerts/new?patient=${added.record.id}`;
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await desks[Symbol.asyncDispose]();
    await smtp[Symbol.asyncDispose]();
  });

  async function look(person: Person, name: string): Promise<void> {
    expect(await axeViolations(person.page), name).toEqual([]);
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await person.page.evaluate(overflow), name).toBe(0);
    const { results } = await validator.validateString(await person.page.content());
    expect(
      results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`)),
      name,
    ).toEqual([]);
    await keepPicture(person, `police-${name}`);
  }

  test.each(variants)('is seen, previewed, refused and answered at $name', { timeout: 120_000 }, async (variant) => {
    await using person = await openPerson(browser, alder.origin, { variant });
    const { page } = person;
    await signInAt(person, alder.users.doctor);
    await person.open(newAlert);
    await look(person, `form-${variant.name}`);
    await page.getByLabel('Case number').fill('OKAFOR 1');
    await page.getByLabel('Why the police is told').fill('Stab wound; the neighbour called');
    await page.getByRole('button', { name: 'Show the mail' }).press('Enter');
    await page.getByRole('heading', { name: 'There is no preview yet' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('errors');
    await look(person, `refused-${variant.name}`);
    await page.getByLabel('Case number').fill('FIR 12/2026');
    await page.getByRole('button', { name: 'Show the mail' }).press('Enter');
    await page.getByRole('heading', { name: 'Check the mail to the police' }).waitFor();
    await look(person, `preview-${variant.name}`);
    smtp.become('refuses the recipient');
    await page.getByRole('button', { name: 'Send this mail to the police' }).press('Enter');
    await page.getByRole('heading', { name: 'Police case' }).waitFor();
    await eventually(async () => (await alder.node.alerts.loud()).length === 1);
    await page.reload();
    await page.getByText('Telephone the station now').waitFor();
    await look(person, `failed-${variant.name}`);
    await page.getByRole('button', { name: 'The station has answered' }).press('Enter');
    await page.getByText('not by mail: reached by telephone').waitFor();
    await look(person, `answered-${variant.name}`);
    await person.open('/alerts');
    await look(person, `list-${variant.name}`);
    // The form that was refused on purpose is the only thing that the console speaks of.
    expect(person.troubles.filter((trouble) => !trouble.includes('422'))).toEqual([]);
  });

  test('that fails is told on an open page without a reload, and so is the answer', { timeout: 60_000 }, async () => {
    smtp.become('refuses the recipient');
    await using person = await openPerson(browser, alder.origin);
    const { page } = person;
    await signInAt(person, alder.users.coordinator);
    await person.open('/alerts');
    await page.getByText(/^Live/).or(page.locator('#unsent-alerts')).first().waitFor({ state: 'attached' });
    const doctor = { id: alder.users.doctor.id, name: 'Dr Dora Doctor' };
    const [station] = await alder.node.stations.list();
    const request = {
      by: doctor,
      station: station?.id ?? '',
      caseNumber: 'PC-1',
      reason: 'Assault',
      about: {},
      recordTexts: [],
    };
    const previewed = await alder.node.alerts.preview(request);
    if (previewed.state !== 'shown') throw new Error('no preview');
    const { id } = await alder.node.alerts.confirm(doctor, previewed.preview.token);
    await page.getByText('An alert to the police needs you').waitFor();
    await keepPicture(person, 'police-banner-live');
    await alder.node.alerts.acknowledge(doctor, id);
    await page.getByText('An alert to the police needs you').waitFor({ state: 'detached' });
    expect(person.troubles).toEqual([]);
  });

  test('is sent by keyboard alone, without scripts, and the station has the mail of the preview', async () => {
    smtp.become('takes');
    const before = smtp.taken.length;
    await using person = await openPerson(browser, alder.origin, { withoutScripts: true });
    const { page } = person;
    await signInAt(person, alder.users.doctor);
    await person.open(newAlert);
    await page.getByLabel('Why the police is told').focus();
    await page.keyboard.type('Assault');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const shown = (await page.getByLabel('Text of the mail').textContent()) ?? '';
    await page.getByRole('button', { name: 'Send this mail to the police' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Police case' }).waitFor();
    await eventually(() => smtp.taken.length > before);
    expect(smtp.taken.at(-1)?.text.trim()).toBe(shown.trim());
    const sent = page.url();
    await page.goBack();
    expect((await page.getByLabel('Text of the mail').textContent())?.trim()).toBe(shown.trim());
    await page.getByRole('button', { name: 'Send this mail to the police' }).press('Enter');
    await page.getByRole('heading', { name: 'Police case' }).waitFor();
    expect(page.url()).toBe(sent);
    expect(smtp.taken).toHaveLength(before + 1);
    expect(person.troubles).toEqual([]);
  });
});
