import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statement } from '../../../node/store/statement.ts';
import { axeViolations } from '../../support/axe.ts';
import { findChromium, keepPicture, launchBrowser, openPerson, signInAt, variants } from '../../support/browser.ts';
import { openDesks, testPassword, type TestDesk, type TestDesks } from '../../support/desk.ts';

const twelveHoursMs = 12 * 3_600_000;
const aged = statement<{ at: number }>()((db, values) =>
  db.updateTable('account_session').set({ created_at: values.at }),
);
const chromium = findChromium();

describe.skipIf(chromium === undefined)('accounts in a browser', () => {
  let desks: TestDesks;
  let desk: TestDesk;
  let browser: Browser;
  beforeAll(async () => {
    desks = await openDesks({ names: ['alder'], jobs: false });
    desk = desks.at('alder');
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await desks[Symbol.asyncDispose]();
  });

  test.each(variants)('have pages that hold at $name', { timeout: 90_000 }, async (variant) => {
    await using person = await openPerson(browser, desk.origin, { variant });
    const { page } = person;
    const look = async (name: string): Promise<void> => {
      expect(await axeViolations(page), name).toEqual([]);
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate(overflow), name).toBe(0);
      await keepPicture(person, `accounts-${name}-${variant.name}`);
    };
    await person.open('/sign-in');
    await look('sign-in');
    await page.getByLabel('Login').fill(`nobody.${variant.name}`);
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor();
    await page.locator('#errors:focus').waitFor();
    await look('sign-in-refused');
    await signInAt(person, desk.users.administrator);
    await person.open('/account');
    await look('my-security');
    await person.open('/account/password');
    await look('password');
    await person.open('/admin/users');
    await look('users');
    await person.open('/admin/users/new');
    await look('user-new');
    await page.getByLabel('Name').fill(`Pat ${variant.name}`);
    await page.getByRole('textbox', { name: 'Login' }).fill('Not A Login');
    await page.getByRole('button', { name: 'Add the user' }).press('Enter');
    await page.getByRole('heading', { name: 'The user was not added' }).waitFor();
    await look('user-new-refused');
    await page.getByRole('textbox', { name: 'Login' }).fill(`pat.${variant.name}`);
    await page.getByLabel('Nurse or laboratory').check();
    await page.getByRole('button', { name: 'Add the user' }).press('Enter');
    await page.locator('#temporary-password').waitFor();
    await look('user');
    // What went wrong on purpose: two forms were refused with 422, and the console says so.
    expect(person.troubles.filter((trouble) => !trouble.includes('422'))).toEqual([]);
  });

  test('begin with the sign-up of the first administrator', { timeout: 60_000 }, async () => {
    await using fresh = await openDesks({ names: ['birch'], jobs: false, users: false, paired: false });
    await using person = await openPerson(browser, fresh.at('birch').origin);
    const { page } = person;
    await person.open('/');
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(person, 'accounts-setup-desktop');
    await page.getByLabel('Your name').fill('Ada Moore');
    await page.getByLabel('Login').fill('ada');
    await page.getByLabel('Password', { exact: true }).fill(testPassword);
    await page.getByLabel('Password, once more').fill(testPassword);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/admin/first-run');
    expect(person.troubles).toEqual([]);
  });

  test(
    'are walked through by keyboard alone: sign in with two keys more than the words',
    { timeout: 60_000 },
    async () => {
      await using person = await openPerson(browser, desk.origin);
      const { page } = person;
      await person.open('/sign-in');
      await page.locator('input[name=login]:focus').waitFor(); // The browser gives it after the page has loaded.
      await page.keyboard.type(desk.users.doctor.login);
      await page.keyboard.press('Tab');
      await page.keyboard.type(desk.users.doctor.password);
      await page.keyboard.press('Enter');
      await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
      await person.open('/account');
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('My security');
    },
  );

  test('take a pasted password', { timeout: 60_000 }, async () => {
    await using person = await openPerson(browser, desk.origin);
    await person.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: desk.origin });
    await person.open('/sign-in');
    await person.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(testPassword)})`);
    await person.page.getByLabel('Login').fill(desk.users.nurse.login);
    await person.page.getByLabel('Password', { exact: true }).focus();
    await person.page.keyboard.press('Control+V');
    await person.page.keyboard.press('Enter');
    await person.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  });

  test('work without scripts: sign in, add a user, hand the password over, sign out', { timeout: 60_000 }, async () => {
    await using person = await openPerson(browser, desk.origin, { withoutScripts: true });
    const { page } = person;
    await signInAt(person, desk.users.administrator);
    await page.getByRole('link', { name: 'Users', exact: true }).click();
    await page.getByRole('link', { name: 'Add a user' }).click();
    await page.getByLabel('Name').fill('Without Scripts');
    await page.getByRole('textbox', { name: 'Login' }).fill('without.scripts');
    await page.getByLabel('Doctor').check();
    await page.getByRole('button', { name: 'Add the user' }).click();
    await page.locator('#temporary-password').waitFor();
    await page.getByRole('button', { name: 'I have handed it over' }).click();
    await page.getByRole('button', { name: 'Deactivate' }).click();
    await page.getByText('Every session has ended').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You have signed out').waitFor();
  });

  test('keep what is typed, and offer it again after the window was closed', { timeout: 60_000 }, async () => {
    await using person = await openPerson(browser, desk.origin);
    const { page } = person;
    await signInAt(person, desk.users.administrator);
    await page.clock.install();
    await person.open('/admin/users/new');
    await page.getByLabel('Name').fill('Half a name');
    await page.clock.fastForward(10_000);
    await page.getByText(/Draft kept at \d\d:\d\d:\d\d UTC/).waitFor();
    await person.open('/admin/users/new');
    await page
      .locator('main')
      .getByText(/You typed something here on \d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d UTC/)
      .waitFor();
    await page.getByRole('link', { name: 'Restore it' }).click();
    await page.waitForURL(/draft=1/);
    expect(await page.getByLabel('Name').inputValue()).toBe('Half a name');
    expect(person.troubles).toEqual([]);
  });

  test(
    'warn before a session ends, keep it for whoever says so, and say when it is over',
    { timeout: 60_000 },
    async () => {
      await using person = await openPerson(browser, desk.origin);
      const { page } = person;
      await signInAt(person, desk.users.doctor);
      await page.clock.install();
      await person.open('/account');
      // The node's clock goes on as it is: asked, it says that there is time, and the page believes the node.
      await page.clock.fastForward(14 * 60_000);
      expect(await page.locator('#session-end').count()).toBe(0);
      const near = desk.node.clock.now() - twelveHoursMs + 100_000;
      await desk.node.store.write((writer) => writer.run(aged, { at: near }));
      await page.clock.fastForward(14 * 60_000);
      await page.getByRole('button', { name: 'Stay signed in' }).press('Enter');
      await page.locator('#session-end').getByText('Twelve hours are the longest').waitFor();
      await keepPicture(person, 'accounts-session-ends');
      await desk.node.accounts.users.endSessions('operator', desk.users.doctor.id);
      await page.clock.fastForward(14 * 60_000);
      await page.locator('#session-end').getByText('Your session has ended').waitFor();
      await keepPicture(person, 'accounts-session-ended');
      await page.getByRole('link', { name: 'Sign in again' }).click();
      await page.waitForURL(/\/sign-in\?next=/);
    },
  );
});
