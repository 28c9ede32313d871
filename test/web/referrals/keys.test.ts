import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, launchBrowser, openPerson, signInAt, type Person } from '../../support/browser.ts';
import { eventually } from '../../support/desk.ts';
import { addPatient, openTwoDesks, refer, type TwoDesks } from './two-desks.ts';

const referrals = 4;

describe.skipIf(findChromium() === undefined)('without a mouse', () => {
  let browser: Browser;
  let desks: TwoDesks;
  beforeAll(async () => {
    desks = await openTwoDesks();
    for (let n = 1; n <= referrals; n += 1)
      await refer(desks, { patient: await addPatient(desks.alder, { csvId: `K-${n}`, familyName: `Key${n}` }) });
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await desks[Symbol.asyncDispose]();
  });

  const focused = ({ page }: Person): Promise<string> => page.evaluate('document.activeElement.id');
  const decided = async (): Promise<number> =>
    (await desks.birch.node.referrals.list('received', { limit: 100 })).filter(({ state }) => state !== 'received')
      .length;
  const main = ({ page }: Person) => page.locator('#state');

  test('a doctor searches, decides each referral in three keys, takes one back, and goes on to the next', async () => {
    await using person = await openPerson(browser, desks.birch.origin);
    const { page } = person;
    const { keyboard } = page;
    await signInAt(person, desks.birch.users.doctor);

    await keyboard.press('/');
    await page.waitForURL(/\/patients/);
    await page.locator('main input[type="search"]:focus').waitFor();
    await person.open('/');

    for (const key of ['j', 'a']) await keyboard.press(key);
    await page.waitForURL(/\/received\//);
    await page.locator('#accept:focus').waitFor();
    const first = page.url();
    await keyboard.press('Enter');
    await page.locator('[data-undo-until]').waitFor();
    expect(await main(person).textContent()).toContain('Accepted by Dr Dora Doctor');

    await keyboard.press('u');
    await keyboard.press('Enter');
    await page.locator('[data-undo-until]').waitFor({ state: 'detached' });
    await page.locator('#accept').waitFor();

    await keyboard.press('q');
    await page.locator('#ask textarea:focus').waitFor();
    await keyboard.type('Which arm?');
    expect(await page.textContent('#ask-preview')).toBe('Which arm?');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await page.locator('[data-undo-until]').waitFor();
    expect(await main(person).textContent()).toContain('Asked by Dr Dora Doctor');
    await keyboard.press('u');
    await keyboard.press('Enter');
    await page.locator('[data-undo-until]').waitFor({ state: 'detached' });
    await page.locator('#accept').waitFor();

    await keyboard.press('n');
    expect(await focused(person)).toBe('accept-next');
    await keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname.startsWith('/received/') && url.href !== first.replace('#accept', ''));

    await keyboard.press('d');
    await page.locator('#decline textarea[name="reason"]:focus').waitFor();
    await keyboard.type('No bed until Monday');
    for (const _ of ['advice', 'decline', 'decline and next']) await keyboard.press('Tab');
    await keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname.startsWith('/received/'));
    await eventually(async () => (await decided()) === 2, 30_000);
    expect(person.troubles).toEqual([]);
  }, 90_000);

  test('whoever asks for the keys reads each of them, in the page and in the help', async () => {
    await using person = await openPerson(browser, desks.birch.origin);
    const { page } = person;
    await signInAt(person, desks.birch.users.doctor);
    const keysOf = (place: string) => page.locator(`${place} kbd`).allTextContents();
    await page.keyboard.press('?');
    expect(await keysOf('#keys-help')).toEqual(['/', 'J', 'K', 'Enter', 'A', 'N', 'Q', 'D', 'U', '?']);
    await page.keyboard.press('Escape');
    await person.open('/help');
    expect(await keysOf('#keys')).toEqual(['/', 'J, K', 'Enter', 'A', 'N', 'Q', 'D', 'U', '?']);
  }, 60_000);
});
