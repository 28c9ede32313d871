import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { axeViolations } from '../../support/axe.ts';
import { findChromium, keepPicture, launchBrowser, openPerson, signInAt, variants } from '../../support/browser.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';

const operator = { id: 'operator', name: 'operator' };

describe.skipIf(findChromium() === undefined)('administration in a browser', () => {
  let desks: TestDesks;
  let alder: TestDesk;
  let browser: Browser;

  beforeAll(async () => {
    desks = await openDesks({ names: ['alder', 'birch'] });
    alder = desks.at('alder');
    await alder.node.settings.change(operator, { callBackNumber: '+1 555 0100', latitude: '47.5', longitude: '19' });
    for (const name of ['Elm Street Police Station', 'Harbour Police Station'])
      await alder.node.stations.add(operator, {
        name,
        latitude: '47.51',
        longitude: '19',
        address: '12 Elm Street; 1010 Alder',
        telephone: '+1 555 0110',
        email: 'desk@elm.station.test',
      });
    await alder.node.departments.add(operator, { code: 'CARD', name: 'Cardiology', answer_hours: '24' });
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await desks[Symbol.asyncDispose]();
  });

  test.each(variants)('holds at $name', { timeout: 120_000 }, async (variant) => {
    await using person = await openPerson(browser, alder.origin, { variant });
    const { page } = person;
    const look = async (name: string): Promise<void> => {
      expect(await axeViolations(page), name).toEqual([]);
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate(overflow), name).toBe(0);
      await keepPicture(person, `admin-${name}-${variant.name}`);
    };
    await signInAt(person, alder.users.administrator);
    for (const [name, path] of [
      ['health', '/admin'],
      ['first-run', '/admin/first-run'],
      ['stations', '/admin/stations'],
      ['station-import', '/admin/stations/import'],
      ['departments', '/admin/departments'],
      ['settings', '/admin/settings'],
    ] as const) {
      await person.open(path);
      await look(name);
    }
    const days = nearlyFull();
    vi.spyOn(alder.node.storageSamples, 'list').mockResolvedValue(days);
    vi.spyOn(alder.node.storageSamples, 'freeNow').mockResolvedValue(days.at(-1) ?? { day: 0, freeBytes: 0 });
    await person.open('/admin');
    await page.getByText('Free space in the last 30 days').click();
    await look('health-nearly-full');
    vi.restoreAllMocks();
    await person.open('/admin/stations/new');
    await page.getByLabel('Name').fill('No comma, please');
    await page.getByRole('textbox', { name: 'Address' }).fill('x');
    await page.getByLabel('Telephone').fill('0');
    await page.getByLabel('E-mail').fill('nobody');
    await page.getByRole('button', { name: 'Save the station' }).press('Enter');
    await page.getByRole('heading', { name: 'Nothing was saved yet' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('errors');
    await look('station-refused');
    await person.open('/admin/stations/import');
    const bad = 'name,address,telephone,email\nA,1 Road,x,a@b.test\nB,"2, Road",+1 555 0110,b\n';
    const file = { name: 'stations.csv', mimeType: 'text/csv', buffer: Buffer.from(bad) };
    await page.getByLabel('CSV file').setInputFiles(file);
    await page.getByRole('button', { name: 'Import' }).press('Enter');
    await page.getByRole('heading', { name: 'Nothing was imported' }).waitFor();
    await look('station-import-refused');
    // Two forms were refused with 422 on purpose, and the console says so.
    expect(person.troubles.filter((trouble) => !trouble.includes('422'))).toEqual([]);
  });
});

/** A month of samples, less and less, with a day when a large file lay there. */
function nearlyFull() {
  const today = Math.floor(Date.now() / 86_400_000);
  const GiB = 1024 ** 3;
  return Array.from({ length: 30 }, (_, i) => ({
    day: today - 29 + i,
    freeBytes: (4_000 - 120 * i - (i === 12 ? 300 : 0)) * GiB,
    usedBytes: (200 + 30 * i) * GiB,
  }));
}
