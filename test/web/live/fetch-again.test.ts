import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, launchBrowser, openPerson, signInAt } from '../../support/browser.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { syntheticPatient } from '../../support/paired-hospitals.ts';

const agains = 2;
/** Two pauses that double, on a machine that is busy. */
const againMsMax = 30_000;

describe.skipIf(findChromium() === undefined)('a page that could not fetch what it was told of', () => {
  let browser: Browser;
  let desks: TestDesks;
  let alder: TestDesk;
  let birch: TestDesk;
  beforeAll(async () => {
    desks = await openDesks({ names: ['alder', 'birch'] });
    [alder, birch] = [desks.at('alder'), desks.at('birch')];
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await desks[Symbol.asyncDispose]();
  });

  async function referEmergency(): Promise<void> {
    const added = await alder.node.patients.add(syntheticPatient('alder', 1));
    if (added.state !== 'added') throw new Error('the patient is there already');
    await alder.node.referrals.send({
      to: birch.node.own.name,
      patient: added.record.id,
      reason: 'Chest pain',
      question: 'See',
      priority: 'stat',
      author: { id: alder.users.doctor.id, name: 'Dr Dora Doctor' },
    });
  }

  test('fetches it again: the list and the banner of an emergency', async () => {
    await using doctor = await openPerson(browser, birch.origin);
    await signInAt(doctor, birch.users.doctor);
    const { page } = doctor;
    await page.waitForSelector('[data-live="yes"]');
    const failed = { news: 0, banner: 0 };
    await page.route('**/inbox/news*', (route) =>
      failed.news++ < agains ? route.abort('connectionreset') : route.continue(),
    );
    await page.route('**/inbox/emergencies*', (route) =>
      failed.banner++ < agains ? route.fulfill({ status: 503, body: 'The node is busy.' }) : route.continue(),
    );

    await referEmergency();

    await page.locator('#emergencies').getByText('A new emergency referral').waitFor({ timeout: againMsMax });
    await page.locator('#list-fresh').getByText('1 new referral. Show').waitFor({ timeout: againMsMax });
    expect(failed.news).toBeGreaterThan(agains);
    expect(failed.banner).toBeGreaterThan(agains);
  }, 90_000);
});
