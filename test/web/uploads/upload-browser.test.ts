import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HtmlValidate } from 'html-validate';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PatientId } from '../../../node/records/model.ts';
import { axeViolations } from '../../support/axe.ts';
import { findChromium, keepPicture, launchBrowser, openPerson, signInAt, variants } from '../../support/browser.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { htmlRules } from '../../support/html-rules.ts';
import { collect, stream } from '../../node/records/hospital.ts';
import { addPatient, sample, sha256 } from './upload-support.ts';

let desks: TestDesks;
let desk: TestDesk;
let patient: string;
let directory: string;
let screens: readonly (readonly [name: string, path: string])[];
const big = sample(40 * 1024 * 1024);
const xray = new Uint8Array(readFileSync('test/fixtures/fhir/dicom/synthetic-xray.dcm'));
const png = Uint8Array.fromHex(
  '89504e470d0a1a0a0000000d4948445200000001000000010806000000' +
    '1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082',
);

beforeAll(async () => {
  desks = await openDesks();
  desk = desks.at('alder');
  patient = await addPatient(desk, { allergies: ['Penicillin'], sex: 'female' });
  directory = mkdtempSync(join(tmpdir(), 'fernpost-upload-'));
  writeFileSync(join(directory, 'CT-head.zip'), big);
  writeFileSync(join(directory, 'x-ray.dcm'), xray);
  writeFileSync(join(directory, 'empty.txt'), '');
  screens = await makeScreens();
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await desks[Symbol.asyncDispose]();
});

/** One of every state that these pages show. */
async function makeScreens(): Promise<readonly (readonly [string, string])[]> {
  const { attachments, uploads, importDrafts } = desk.node;
  const add = async (title: string, contentType: string, bytes: Uint8Array | string): Promise<string> =>
    `/attachments/${(await attachments.add(patient as PatientId, { title, contentType, bytes: stream(bytes) })).id}`;
  const by = { user: desk.users.nurse.id, name: 'Nia Nurse' };
  const unfinished = await addPatient(desk, { csvId: 'A-2', familyName: 'Sharma' });
  const begun = await uploads.begin(unfinished as PatientId, {
    title: 'CT-head.zip',
    contentType: 'application/zip',
    size: 1_000_000,
    by,
  });
  if (begun.state === 'begun') await uploads.append(begun.upload.id, 0, stream(sample(680_000)));
  const judge = async (bytes: Uint8Array | string): Promise<string> => {
    const { id, judged } = await importDrafts.begin(stream(bytes), { name: 'patients.csv', by });
    await judged;
    return id;
  };
  const small = await judge('csv_id,family_name\r\n70,Doe\r\n71,Roe\r\n');
  const done = await importDrafts.confirm(small as never, { leaveOutErrors: true });
  if (done.state !== 'imported') throw new Error(done.state);
  const draft = await judge(new Uint8Array(readFileSync('test/fixtures/fhir/patients.csv')));
  const refused = await judge('a,b\n1,2');
  return [
    ['upload', `/patients/${patient}/uploads/new`],
    ['upload-unfinished', `/patients/${unfinished}/uploads/new`],
    ['attachment-image', await add('Photo of the wound', 'image/png', png)],
    ['attachment-dicom', await add('x-ray.dcm', 'application/dicom', xray)],
    ['attachment-other', await add('report.png', 'image/png', '<!doctype html><script>alert(1)</script>')],
    ['import', '/patients/import'],
    ['import-preview', `/patients/import/${draft}`],
    ['import-errors', `/patients/import/${draft}?verdict=error`],
    ['import-refused', `/patients/import/${refused}`],
    ['import-past', `/patients/imports/${done.id}`],
  ];
}

test('every screen of files and imports is valid HTML with one heading of the first rank', async () => {
  const validator = new HtmlValidate(htmlRules);
  const nurse = await desk.client('nurse');
  for (const [name, path] of screens) {
    const { text } = await nurse.open(path);
    const { results } = await validator.validateString(text);
    const faults = results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`));
    expect(faults, name).toEqual([]);
    expect(text.match(/<h1/g), name).toHaveLength(1);
  }
});

describe.skipIf(findChromium() === undefined)('in a real browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });

  test('a file goes on after its connection was lost, and after the page was closed', { timeout: 90_000 }, async () => {
    await using person = await openPerson(browser, desk.origin);
    await signInAt(person, desk.users.nurse);
    const { page, context } = person;
    const place = `/patients/${patient}/uploads/new`;
    const listed = async () => await desk.node.uploads.list(patient as PatientId);
    let sent = 0;
    await context.route('**/uploads/*', async (route) => {
      const isSlice = route.request().method() === 'PATCH';
      if (isSlice) sent += 1;
      if (isSlice && (sent === 2 || sent >= 4)) await route.abort('connectionreset');
      else await route.continue();
    });
    await person.open(place);
    await page.getByLabel('Year of birth of the patient').fill('1979');
    await page.getByLabel('Files', { exact: true }).setInputFiles(join(directory, 'CT-head.zip'));
    await page.getByRole('button', { name: 'Add to this patient' }).click();
    await page.getByText('waiting for network').waitFor();
    await eventually(async () => (await listed())[0]?.received === 16 * 1024 * 1024, 20_000);
    await keepPicture(person, 'upload-waiting');
    page.on('dialog', (dialog) => void dialog.accept().catch(() => undefined));
    await page.close({ runBeforeUnload: false });

    await context.unroute('**/uploads/*');
    const again = await context.newPage();
    // A slice that left while the page closed is kept as far as it came.
    await eventually(async () => {
      const received = (await listed())[0]?.received ?? 0;
      await again.goto(`${desk.origin}${place}`);
      const told = `${Math.floor((received / big.length) * 100)} % of 41.9 MB`;
      return received >= 16 * 1024 * 1024 && (await again.getByText(told).count()) === 1;
    }, 20_000);
    await again.getByLabel('Year of birth of the patient').fill('1979');
    await again
      .getByLabel('Files', { exact: true })
      .setInputFiles([join(directory, 'CT-head.zip'), join(directory, 'x-ray.dcm')]);
    await again.getByRole('button', { name: 'Add to this patient' }).click();
    await eventually(
      async () => (await again.getByRole('link', { name: 'encrypted and stored' }).count()) === 2,
      40_000,
    );
    expect(await listed()).toEqual([]);
    const files = await desk.node.attachments.list(patient as PatientId);
    const zip = files.find(({ title }) => title === 'CT-head.zip');
    if (zip === undefined) throw new Error('the file is not there');
    expect(sha256(await collect(desk.node.attachments.read(zip.id)))).toBe(sha256(big));
    expect(files.filter(({ title }) => title === 'x-ray.dcm').length).toBe(2);
    expect(person.troubles.filter((trouble) => !trouble.includes('net::ERR_CONNECTION_RESET'))).toEqual([]);
  });

  test('a wrong year and an empty file are refused in words, and Retry goes on', { timeout: 60_000 }, async () => {
    await using person = await openPerson(browser, desk.origin);
    await signInAt(person, desk.users.nurse);
    const { page } = person;
    await person.open(`/patients/${patient}/uploads/new`);
    await page.getByLabel('Year of birth of the patient').fill('1978');
    await page.getByLabel('Files', { exact: true }).setInputFiles(join(directory, 'x-ray.dcm'));
    await page.getByRole('button', { name: 'Add to this patient' }).click();
    await page.getByText('This is not the year of birth of this patient').first().waitFor();
    await keepPicture(person, 'upload-failed');
    await page.getByLabel('Year of birth of the patient').fill('1979');
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('link', { name: 'encrypted and stored' }).waitFor();
    await page.getByLabel('Files', { exact: true }).setInputFiles(join(directory, 'empty.txt'));
    await page.getByRole('button', { name: 'Add to this patient' }).click();
    await page.getByText('The file is empty').first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('link', { name: 'encrypted and stored' }).click();
    await page.getByText('What the image says').waitFor();
    expect(person.troubles.filter((trouble) => !/status of 422/.test(trouble))).toEqual([]);
  });

  test('a file that changes under the upload is refused in words', { timeout: 60_000 }, async () => {
    await using person = await openPerson(browser, desk.origin);
    await signInAt(person, desk.users.nurse);
    const { page } = person;
    await person.open(`/patients/${patient}/uploads/new`);
    await page.getByLabel('Year of birth of the patient').fill('1979');
    await page.getByLabel('Files', { exact: true }).setInputFiles(join(directory, 'x-ray.dcm'));
    // As a browser answers for a file that is not what was chosen any more.
    await page.evaluate("Blob.prototype.arrayBuffer = () => Promise.reject(new DOMException('', 'NotReadableError'))");
    await page.getByRole('button', { name: 'Add to this patient' }).click();
    await page.getByText('The file was changed or moved').first().waitFor();
  });

  test('an upload whose session ends says so, and goes on after signing in', { timeout: 60_000 }, async () => {
    await using person = await openPerson(browser, desk.origin);
    await signInAt(person, desk.users.nurse);
    const { page, context } = person;
    await person.open(`/patients/${patient}/uploads/new`);
    const cookies = await context.cookies();
    await page.getByLabel('Year of birth of the patient').fill('1979');
    await page.getByLabel('Files', { exact: true }).setInputFiles(join(directory, 'x-ray.dcm'));
    await context.clearCookies();
    await page.getByRole('button', { name: 'Add to this patient' }).click();
    await page.getByText('Your session has ended').first().waitFor();
    await context.addCookies(cookies);
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('link', { name: 'encrypted and stored' }).waitFor();
  });

  test('without scripts files are added and patients imported all the same', { timeout: 60_000 }, async () => {
    await using person = await openPerson(browser, desk.origin, { withoutScripts: true });
    await signInAt(person, desk.users.doctor); // The nurse's refused file, one of the screens, would go with her next one.
    const { page } = person;
    await person.open(`/patients/${patient}/uploads/new`);
    expect(await page.getByText('Each up to 64 MiB here').count()).toBe(1);
    await page.getByLabel('Year of birth of the patient').fill('1979');
    writeFileSync(join(directory, 'labs.txt'), 'K 4.1 mmol/l');
    await page.getByLabel('Files', { exact: true }).setInputFiles(join(directory, 'labs.txt'));
    await page.getByRole('button', { name: 'Add to this patient' }).click();
    await page.getByRole('link', { name: 'labs.txt' }).first().click();
    await page.getByRole('heading', { name: 'labs.txt' }).waitFor();

    writeFileSync(join(directory, 'new.csv'), 'csv_id,family_name,sex\nN-1,Nowak,female\nN-2,Silva,F\n');
    await person.open('/patients/import');
    await page.getByLabel('CSV file').setInputFiles(join(directory, 'new.csv'));
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('“F” is none of the words male, female, other, unknown').waitFor();
    await page.getByLabel('Leave out the 1 row with errors').check();
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('1 row was left out because of errors').waitFor();
    await page.getByRole('button', { name: 'Undo the import' }).click();
    await page.getByRole('heading', { name: 'This import was undone' }).waitFor();
    expect(person.troubles).toEqual([]);
  });

  test.each(variants)('every screen is whole at $name', { timeout: 180_000 }, async (variant) => {
    await using person = await openPerson(browser, desk.origin, { variant });
    await signInAt(person, desk.users.nurse);
    for (const [name, path] of screens) {
      await person.open(path);
      await keepPicture(person, `${name}-${variant.name}`);
      expect(await axeViolations(person.page), name).toEqual([]);
      const wide = await person.page.evaluate('document.documentElement.scrollWidth > innerWidth');
      expect(wide, `${name} scrolls sideways`).toBe(false);
    }
    expect(person.troubles.filter((trouble) => !/status of 422/.test(trouble))).toEqual([]);
  });
});
