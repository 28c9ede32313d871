import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from '../../support/axe.ts';
import { backupDirectories, type BackupDirectories } from '../../support/backed-up-desks.ts';
import { findChromium, keepPicture, launchBrowser, openPerson, signInAt, variants } from '../../support/browser.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import type { DeskClient } from '../../support/desk-client.ts';

let directories: BackupDirectories;
let desks: TestDesks;
let alder: TestDesk;
let admin: DeskClient;

beforeAll(async () => {
  directories = backupDirectories();
  desks = await openDesks({ change: directories.change });
  alder = desks.at('alder');
  admin = await alder.client('administrator');
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
  rmSync(directories.root, { recursive: true, force: true });
});

const idle = async (): Promise<void> =>
  await eventually(async () => (await alder.node.backups.standing()).running === undefined);
const press = async (action: string) => await admin.submit('/admin', action, {});
const folders = (): readonly string[] => readdirSync(directories.of('alder')).filter((name) => name.startsWith('20'));

describe('the page Health', () => {
  test('warns while there is no backup, and says what that means for patients', async () => {
    const { text } = await admin.get('/admin');
    expect(text).toMatch(/none was made yet/i);
    expect(text).toContain('every patient record and referral since the last backup is lost');
    expect(text).toContain('Back up now');
    expect(text).not.toContain('action="/admin/backups/drill"');
  });

  test('backs up when it is asked to, once for a form that is sent twice, and logs who asked', async () => {
    const before = alder.node.log.head().size;
    const page = await admin.get('/admin');
    const once = /action="\/admin\/backups"[^]*?name="once" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    expect((await admin.post('/admin/backups', { once })).location).toBe('/admin#backups');
    expect((await admin.post('/admin/backups', { once })).location).toBe('/admin#backups');
    await idle();
    expect(folders()).toHaveLength(1);
    expect(alder.node.log.head().size).toBe(before + 1);
    const changes = await admin.get('/admin/changes');
    expect(changes.text).toMatch(/backup[^]*asked[^]*Ada Admin/);
    const { text } = await admin.get('/admin');
    expect(text).toMatch(/Last backup[^]*with 0 files of patients; by[^]*Ada Admin/);
    expect(text).toMatch(/no backup was ever restored/i);
  });

  test('restores it in a drill and shows what was proven', async () => {
    await press('/admin/backups/drill');
    await idle();
    const { text } = await admin.get('/admin');
    expect(text).toMatch(/Last restored in a drill[^]*log entries under the signed root/);
    expect(text).toContain('less than an hour old');
    expect(text).toMatch(/The last one is of \d\d-\w{3}-\d{4} \d\d:\d\d UTC</);
    expect(text).toMatch(/was restored and proven at \d\d-\w{3}-\d{4} \d\d:\d\d UTC</);
  });

  test('shows a drill that failed in red, with what to do', async () => {
    const path = join(directories.of('alder'), folders().at(-1) ?? '', 'node.db');
    const sound = readFileSync(path);
    writeFileSync(path, 'other');
    await press('/admin/backups/drill');
    await idle();
    const { text } = await admin.get('/admin');
    expect(text).toContain('The last restore drill failed');
    expect(text).toContain('node.db in it is not what was written there');
    expect(text).toContain('Last restored in a drill'); // The one that went well is still told.
    writeFileSync(path, sound);
    await press('/admin/backups/drill');
    await idle();
    expect((await admin.get('/admin')).text).not.toContain('The last restore drill failed');
  });

  test('looks again by itself while something is under way, and starts nothing else', async () => {
    alder.node.backups.request('backup', 'Somebody');
    const { text } = await admin.get('/admin');
    expect(text).toContain('A backup is being made');
    expect(text).toMatch(/http-equiv="refresh" content="3/);
    expect(text).not.toContain('Back up now</button>');
    await idle();
    expect((await admin.get('/admin')).text).toMatch(/http-equiv="refresh" content="60/);
  });

  test('tells whoever presses while somebody else was faster', async () => {
    const page = await admin.get('/admin');
    const once = /action="\/admin\/backups"[^]*?name="once" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    alder.node.backups.request('drill', 'Somebody');
    const before = alder.node.log.head().size;
    expect((await admin.post('/admin/backups', { once })).location).toBe('/admin?did=busy#backups');
    expect(alder.node.log.head().size).toBe(before);
    await idle();
  });
});

describe.skipIf(findChromium() === undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => await browser?.close());

  test.each(variants)('backups hold at $name', { timeout: 120_000 }, async (variant) => {
    await using person = await openPerson(browser, alder.origin, { variant });
    const { page } = person;
    const look = async (name: string): Promise<void> => {
      expect(await axeViolations(page), name).toEqual([]);
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate(overflow), name).toBe(0);
      await keepPicture(person, `admin-${name}-${variant.name}`);
    };
    await signInAt(person, alder.users.administrator);
    await person.open('/admin');
    await look('backups');
    await page.getByRole('button', { name: 'Back up now' }).press('Enter');
    await page.getByRole('button', { name: 'Restore drill' }).waitFor(); // The page renewed itself when it was done.
    await page.getByRole('button', { name: 'Restore drill' }).press('Enter');
    await page.getByRole('button', { name: 'Restore drill' }).waitFor();
  });
});
