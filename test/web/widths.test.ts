import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streamOnce } from '../../node/platform/files.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { url } from '../../node/web/urls.ts';
import { findChromium, keepPicture, launchBrowser, openPerson, signInAt, type Person } from '../support/browser.ts';
import { openPopulatedDesks, sharma, type PopulatedDesks } from '../support/populated-desks.ts';
import { everyScreen, type Screen } from './screens.ts';

const chromium = findChromium();
/** Between the widths of a telephone and of a desk, where tables still lie flat, and at the edges of the style sheets. */
const widths = [320, 390, 640, 704, 706, 800, 960, 1024] as const;
const letters = 'Anaphylaktoidereaktionnachkontrastmittelgabebeiniereninsuffizienz';
const measured = `(() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const out = [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > root.clientWidth + 1);
  return [root.scrollWidth - root.clientWidth + ' px', ...out.slice(-3).map((each) => each.tagName + '.' + each.className)];
})()`;

describe.skipIf(chromium === undefined)('no page is wider than its window', () => {
  let desks: PopulatedDesks;
  let browser: Browser;
  beforeAll(async () => {
    desks = await openPopulatedDesks();
    const longTimes = { timeZone: 'Asia/Kolkata' };
    for (const name of ['alder', 'birch'] as const)
      await desks.at(name).node.settings.change({ id: 'operator', name: 'operator' }, longTimes);
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await desks[Symbol.asyncDispose]();
  });

  /** What is too wide, page by page and width by width. */
  async function tooWide(person: Person, pages: readonly Pick<Screen, 'name' | 'path'>[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const { name, path } of pages) {
      await person.open(path);
      for (const width of widths) {
        await person.page.setViewportSize({ width, height: 768 });
        const over = await person.page.evaluate<readonly string[]>(measured);
        if (over.length > 0) found.push(`${name} at ${width}: ${over.join(' ')}`);
      }
    }
    return found;
  }

  test.each(['doctor', 'administrator', 'auditor'] as const)(
    'whatever its width, for a %s',
    async (role) => {
      const pages = everyScreen(desks).filter((each) => each.role === role);
      const found: string[] = [];
      for (const name of ['alder', 'birch'] as const) {
        const desk = desks.at(name);
        await using person = await openPerson(browser, desk.origin);
        await signInAt(person, desk.users[role]);
        found.push(
          ...(await tooWide(
            person,
            pages.filter((each) => each.at === name),
          )),
        );
      }
      expect(found).toEqual([]);
    },
    120_000,
  );

  /** Whoever has many allergies is named on the page all the same, and does not cover it. */
  async function expectBannerBeside({ page }: Person): Promise<void> {
    await page.setViewportSize({ width: 1024, height: 600 });
    await page.getByRole('button', { name: 'Save' }).first().click({ trial: true });
    await page.getByLabel('City').focus();
    const banner = await page.locator('.patient-banner').boundingBox();
    const field = await page.getByLabel('City').boundingBox();
    expect(field?.y).toBeGreaterThan((banner?.y ?? 0) + (banner?.height ?? 0));
    expect(banner?.y).toBe(0);
  }

  test('whatever words somebody writes', async () => {
    const { node, origin, users } = desks.at('alder');
    const added = await node.patients.add({
      ...sharma,
      csvId: `LONG-${letters}`,
      mrn: letters,
      familyName: letters,
      givenNames: letters,
      email: `${letters}@example.org`,
      addressLine: letters,
      city: letters,
      bystander: { name: letters, relation: letters, phone: '+91 11 5550 9999' },
      allergies: [letters],
      conditions: [letters],
      medications: [letters],
      procedures: [letters],
      policeCaseNumber: letters,
      notes: letters,
    });
    if (added.state !== 'added') throw new Error('the patient is there already');
    const patient = added.record.id;
    await node.consultations.add(patient, {
      at: node.clock.now(),
      encounterClass: 'AMB',
      reason: letters,
      findings: letters,
      diagnoses: [letters],
      prescriptions: [letters],
      practitioner: letters,
    });
    await node.attachments.add(patient, {
      title: letters.repeat(3),
      contentType: 'text/plain',
      bytes: streamOnce(utf8(letters)),
    });
    const author = { id: users.doctor.id, name: 'Dr Dora Doctor' };
    const draft = await node.referralDesk.drafts.begin(patient, author);
    await node.referralDesk.drafts.save(draft, author, {
      to: 'birch.example',
      priority: 'urgent',
      reason: letters,
      question: letters,
      department: letters.slice(0, 60),
    });
    await using person = await openPerson(browser, origin);
    await signInAt(person, users.doctor);
    const paths = {
      chart: url('patient', { patient }),
      print: url('patient-print', { patient }),
      edit: url('patient-edit', { patient }),
      timeline: url('patient-timeline', { patient }),
      consultations: url('consultations', { patient }),
      patients: url('patients'),
      refer: url('referral-new', {}, { patient }),
      why: url('referral-why', { draft }),
      what: url('referral-what', { draft }),
      sign: url('referral-sign', { draft }),
    };
    const pages = Object.entries(paths).map(([name, path]) => ({ name, path }));
    expect(await tooWide(person, pages)).toEqual([]);

    const allergies = Array.from({ length: 60 }, (_, i) => `${letters} ${i}`);
    await node.patients.change(patient, added.record.version, { ...added.record.details, allergies });
    await person.open(paths.edit);
    await expectBannerBeside(person);
    await person.open(paths.chart);
    await keepPicture(person, 'chart-long-words');
    await person.open(paths.patients);
    await keepPicture(person, 'patients-long-words');
  }, 120_000);
});
