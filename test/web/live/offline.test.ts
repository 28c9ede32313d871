import type { Browser, Page, Response } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streamsMax } from '../../../node/web/pages/live/open-streams.ts';
import { axeViolations } from '../../support/axe.ts';
import { openBreakableLine, type BreakableLine } from '../../support/breakable-line.ts';
import { findChromium, keepPicture, launchBrowser, openPerson, signInAt, variants } from '../../support/browser.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';

const wayBackMsMax = 30_000;

describe.skipIf(findChromium() === undefined)('a page that does not reach its node', () => {
  let browser: Browser;
  let desks: TestDesks;
  let desk: TestDesk;
  let line: BreakableLine;
  beforeAll(async () => {
    desks = await openDesks({ jobs: false });
    desk = desks.at('alder');
    await desk.node.settings.change({ id: 'operator', name: 'operator' }, { timeZone: 'Asia/Kolkata' });
    line = await openBreakableLine(desk.origin);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await line[Symbol.asyncDispose]();
    await desks[Symbol.asyncDispose]();
  });

  const banner = (page: Page) => page.locator('#offline');
  const gone = (page: Page) => banner(page).waitFor({ state: 'detached', timeout: wayBackMsMax });

  test('says so on every screen, says what is safe, and is well again by itself', async () => {
    await using doctor = await openPerson(browser, line.origin);
    await using administrator = await openPerson(browser, line.origin);
    await using stranger = await openPerson(browser, line.origin);
    await signInAt(doctor, desk.users.doctor);
    await signInAt(administrator, desk.users.administrator);
    await stranger.open('/sign-in');
    const tab = await doctor.context.newPage(); // Hears of changes over the first page's line.
    await tab.goto(`${line.origin}/help`);
    const pages = [doctor.page, tab, administrator.page, stranger.page];
    await doctor.page.waitForSelector('[data-live="yes"]');

    await line.cut();
    await stranger.page.evaluate("dispatchEvent(new Event('offline'))"); // Nothing else speaks on that page.
    for (const page of pages) {
      await banner(page).waitFor();
      expect(await banner(page).textContent()).toMatch(
        /^No connection to the node since \d\d:\d\d UTC\+05:30What was saved is safe/,
      );
    }
    await line.mend();
    for (const page of pages) await gone(page);
    await doctor.page.waitForSelector('[data-live="yes"]', { timeout: wayBackMsMax });
  }, 120_000);

  test('keeps a form that is sent into nothing, and its draft and the form go when the node is back', async () => {
    await using nurse = await openPerson(browser, line.origin);
    await signInAt(nurse, desk.users.nurse);
    await nurse.open('/patients/new');
    const { page } = nurse;
    await page.waitForSelector('[data-live="yes"]');
    await line.cut();
    await banner(page).waitFor();
    await page.getByLabel('Family name').fill('Waits');
    await page.getByRole('button', { name: 'Register' }).first().click();
    await page.locator('#assertive', { hasText: /^Not sent/ }).waitFor({ state: 'attached' });
    expect(await page.getByLabel('Family name').inputValue()).toBe('Waits');
    await line.mend();
    await gone(page);
    await page.locator('[data-draft-state]', { hasText: /^Draft kept/ }).waitFor();
    await page.getByRole('button', { name: 'Register' }).first().click();
    await page.waitForURL(/\/patients\/[0-9a-f-]{36}/);
    expect(await page.textContent('main h1, .patient-banner h1')).toContain('WAITS');
  }, 120_000);

  test('hears of its own computer’s network, and believes only the node', async () => {
    await using auditor = await openPerson(browser, line.origin);
    await signInAt(auditor, desk.users.auditor);
    const { page, context } = auditor;
    await context.setOffline(true);
    await banner(page).waitFor();
    await context.setOffline(false);
    await gone(page);
    const answered = page.waitForResponse((answer) => answer.request().method() === 'HEAD');
    await page.evaluate("dispatchEvent(new Event('offline'))"); // Another network went; the node is still there.
    expect((await answered).status()).toBe(200);
    expect(await banner(page).count()).toBe(0);
  }, 60_000);

  test('is not told that the node is away when the node only has no line left', async () => {
    const coordinator = await desk.client('coordinator');
    const held = new AbortController();
    const { signal } = held;
    const lines = await Promise.all(Array.from({ length: streamsMax }, () => coordinator.fetch('/live', { signal })));
    expect(lines.map(({ status }) => status)).toEqual(lines.map(() => 200));
    await using person = await openPerson(browser, line.origin);
    await signInAt(person, desk.users.coordinator);
    const isProbe = { predicate: (answer: Response) => answer.request().method() === 'HEAD', timeout: wayBackMsMax };
    expect((await person.page.waitForEvent('response', isProbe)).status()).toBe(200);
    expect(await banner(person.page).count()).toBe(0);
    held.abort();
  }, 60_000);

  test.each(variants)(
    'can be read and heard: $name',
    async (variant) => {
      await using nurse = await openPerson(browser, line.origin, { variant });
      await signInAt(nurse, desk.users.nurse);
      await nurse.open('/patients/new');
      await nurse.page.waitForSelector('[data-live="yes"]');
      await line.cut();
      await banner(nurse.page).waitFor();
      expect(await axeViolations(nurse.page)).toEqual([]);
      await keepPicture(nurse, `offline-${variant.name}`);
      await line.mend();
      await gone(nurse.page);
    },
    60_000,
  );
});
