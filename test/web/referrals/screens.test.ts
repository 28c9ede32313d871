import { HtmlValidate } from 'html-validate';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from '../../support/axe.ts';
import { findChromium, keepPicture, launchBrowser, openPerson, signInAt, variants } from '../../support/browser.ts';
import type { TestDesk } from '../../support/desk.ts';
import { htmlRules } from '../../support/html-rules.ts';
import { openPopulatedDesks, sharma, type PopulatedDesks } from '../../support/populated-desks.ts';
import { addPatient, writeDraft } from './two-desks.ts';

let world: PopulatedDesks;
let alder: TestDesk;
let birch: TestDesk;
/** Name and path of each screen at each hospital, seen by a doctor. */
let screens: readonly { readonly name: string; readonly desk: TestDesk; readonly path: string }[];

beforeAll(async () => {
  world = await openPopulatedDesks();
  [alder, birch] = [world.at('alder'), world.at('birch')];
  const { patient, undecided } = world;
  await addPatient(birch, { ...sharma, csvId: 'B-17', mrn: 'B-MRN-5', givenNames: 'Aisha', phone: '+91 11 5550 0000' });
  await addPatient(birch, { ...sharma, csvId: 'B-18', mrn: 'B-MRN-6', sex: 'male' });
  const client = await alder.client('doctor');
  const files = await alder.node.attachments.list(patient);
  const consultations = await alder.node.consultations.list(patient);
  const sign = await writeDraft(client, {
    patient,
    attachments: files.map(({ id }) => id),
    consultations: consultations.map(({ id }) => id),
  });
  const at = (step: string): string => sign.replace('/sign', `/${step}`);
  screens = [
    { name: 'refer-whom', desk: alder, path: '/referrals/new?q=sharma' },
    { name: 'refer-to', desk: alder, path: `/referrals/new?patient=${patient}` },
    { name: 'refer-why', desk: alder, path: at('why') },
    { name: 'refer-what', desk: alder, path: at('what') },
    { name: 'refer-sign', desk: alder, path: sign },
    { name: 'sent-waiting', desk: alder, path: `/sent/${undecided}` },
    { name: 'sent-print', desk: alder, path: `/sent/${undecided}/print` },
    { name: 'review-doctor', desk: birch, path: `/received/${undecided}` },
    { name: 'review-print', desk: birch, path: `/received/${undecided}/print` },
    { name: 'match-doctor', desk: birch, path: `/received/${undecided}/match?q=tester` },
    { name: 'lookup-doctor', desk: birch, path: '/lookup?peer=alder.example&id=A-000001' },
  ];
});
afterAll(async () => await world[Symbol.asyncDispose]());

test('every screen of referring is valid HTML with one heading of its own', async () => {
  const validator = new HtmlValidate(htmlRules);
  const wrong: string[] = [];
  for (const { name, desk, path } of screens) {
    const { text, status } = await (await desk.client('doctor')).get(path);
    expect(status, name).toBe(200);
    const { results } = await validator.validateString(text);
    for (const { messages } of results)
      for (const { ruleId, message, selector } of messages) wrong.push(`${name}: ${ruleId}: ${message} at ${selector}`);
    expect(text.match(/<h1[ >]/g), name).toHaveLength(1);
  }
  expect(wrong).toEqual([]);
});

describe.skipIf(findChromium() === undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => await browser.close());

  test('every screen × every variant: no fault of axe, no error, nothing from elsewhere, nothing cut off', async () => {
    const faults: string[] = [];
    for (const desk of [alder, birch]) {
      await using person = await openPerson(browser, desk.origin);
      await signInAt(person, desk.users.doctor);
      for (const { name, path } of screens.filter((one) => one.desk === desk)) {
        await person.open(path);
        for (const variant of variants) {
          const { page } = person;
          await page.setViewportSize({ width: variant.width, height: variant.height });
          await page.emulateMedia({
            colorScheme: variant.dark === true ? 'dark' : 'light',
            forcedColors: variant.forced === true ? 'active' : 'none',
          });
          const where = `${name} (${variant.name})`;
          await keepPicture(person, `${name}-${variant.name}`);
          for (const violation of await axeViolations(page)) faults.push(`${where}: ${violation}`);
          const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
          if (width > variant.width) faults.push(`${where}: ${width} pixels wide`);
        }
      }
      faults.push(...person.troubles);
    }
    expect(faults).toEqual([]);
  }, 300_000);

  test('what somebody types stays while a colleague answers, and is not sent after it', async () => {
    const author = { id: 'tests', name: 'Dr Dora Doctor' };
    await using person = await openPerson(browser, alder.origin);
    const { page } = person;
    await signInAt(person, alder.users.doctor);
    await person.open(`/sent/${world.asked}`);
    await page.getByLabel('Answer', { exact: true }).fill('Since Monday');
    await page.locator('h1').click();
    await alder.node.referrals.answer(world.asked, { text: 'Since Sunday', author });
    await page.locator('#tracking-live').getByText('Since Sunday').waitFor();
    expect(await page.getByLabel('Answer', { exact: true }).inputValue()).toBe('Since Monday');
    await page.getByRole('button', { name: 'Sign and send the answer' }).click();
    await page.getByText('No question is open: the referral is accepted.').waitFor();
    expect(await page.locator('#questions').textContent()).toContain('Since Monday');
    expect(person.troubles.filter((trouble) => !trouble.includes('status of 409'))).toEqual([]);
  }, 60_000);

  test('a decision takes two keys, its undo one, and the sender’s page renews itself', async () => {
    await using sender = await openPerson(browser, alder.origin);
    await signInAt(sender, alder.users.doctor);
    await sender.open(`/sent/${world.undecided}`);
    await using receiver = await openPerson(browser, birch.origin);
    await signInAt(receiver, birch.users.doctor);
    await receiver.open(`/received/${world.undecided}`);
    await receiver.page.keyboard.press('d');
    await receiver.page.keyboard.type('No bed today');
    expect(await receiver.page.textContent('#decline-preview')).toBe('No bed today');
    await receiver.page.keyboard.press('Tab');
    await receiver.page.locator('body').press('Escape');
    await receiver.page.locator('h1').click();
    await receiver.page.keyboard.press('a');
    expect(await receiver.page.evaluate('document.activeElement.id')).toBe('accept');
    await receiver.page.keyboard.press('Enter');
    await receiver.page.getByText('The signed answer leaves in').waitFor();
    await keepPicture(receiver, 'review-undo');
    await receiver.page.getByRole('button', { name: 'Undo' }).press('Enter');
    await receiver.page.locator('#accept').waitFor();
    await receiver.page.waitForLoadState(); // The keys come with the page's scripts.
    await receiver.page.keyboard.press('a');
    await receiver.page.keyboard.press('Enter');
    await sender.page
      .locator('#tracking-live')
      .getByText('Accepted', { exact: true })
      .first()
      .waitFor({ timeout: 30_000 });
    await keepPicture(sender, 'sent-answered');
    expect([...sender.troubles, ...receiver.troubles]).toEqual([]);
  }, 90_000);
});
