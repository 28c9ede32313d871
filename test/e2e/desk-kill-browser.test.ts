import { rmSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, launchBrowser, openPerson, signInAt, type Person } from '../support/browser.ts';
import { fastDirectory } from '../support/hospital.ts';
import { makeHospitalProcess, type HospitalProcess } from './hospital-process.ts';

const user = { login: 'nurse.alder', password: 'quiet-lantern-meadow-47' };
const lineMsMax = 20_000;
const directory = fastDirectory();

describe.skipIf(findChromium() === undefined)('a node killed under the pages of a browser', () => {
  let alder: HospitalProcess;
  let browser: Browser;
  let nurse: Person;

  beforeAll(async () => {
    alder = await makeHospitalProcess(directory, 'alder');
    {
      await using node = await alder.open();
      await node.accounts.users.add('operator', { ...user, name: 'Nia Nurse', roles: ['nurse'], department: '' });
    }
    await alder.start();
    browser = await launchBrowser();
    nurse = await openPerson(browser, alder.desk);
    await signInAt(nurse, user);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await alder[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  test('the list says that it is not live, and is live again after the start, without a reload', async () => {
    const { page } = nurse;
    await nurse.open('/');
    const state = page.locator('[data-live-state]').first();
    await state.filter({ hasText: /^Live\. Updated/ }).waitFor();
    await page.evaluate("document.body.dataset.same = 'yes'");
    await alder.kill();
    await state.filter({ hasText: /^Not live: no line to the node/ }).waitFor({ timeout: lineMsMax });
    await alder.start();
    await state.filter({ hasText: /^Live\. Updated/ }).waitFor({ timeout: lineMsMax });
    expect(await page.locator('body').getAttribute('data-same')).toBe('yes');
  }, 60_000);

  test('a form that was open is saved after the start, with everything typed and the same session', async () => {
    const { page } = nurse;
    await nurse.open('/patients/new');
    await page.getByLabel('Family name').fill('Survivor');
    await alder.kill();
    await page.getByLabel('Given names').fill('Sam');
    await alder.start();
    await page
      .getByRole('button', { name: /^Register/ })
      .first()
      .click();
    await page.waitForURL(/\/patients\/[0-9a-f-]{36}/);
    await page.getByText('SURVIVOR').first().waitFor();
  }, 60_000);

  test('a form that was sent while the node was down comes back as typed with the draft', async () => {
    const { page } = nurse;
    await nurse.open('/patients/new');
    await page.getByLabel('Family name').fill('Late');
    await page.getByText(/^Draft kept at/).waitFor({ timeout: 15_000 });
    await alder.kill();
    await page
      .getByRole('button', { name: /^Register/ })
      .first()
      .click();
    await page.waitForTimeout(500);
    await alder.start();
    await nurse.open('/patients/new');
    await page.getByRole('link', { name: 'Restore it' }).click();
    await page.getByText('What you had typed is here again').waitFor();
    expect(await page.getByLabel('Family name').inputValue()).toBe('Late');
  }, 60_000);

  test('none of it was an error of a script', () => {
    expect(nurse.troubles.filter((trouble) => !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/.test(trouble))).toEqual([]);
  });
});
