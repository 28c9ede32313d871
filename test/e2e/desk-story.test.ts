import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, keepPicture, launchBrowser, openPerson, signInAt, type Person } from '../support/browser.ts';
import { eventually, openDesks, type TestDesks } from '../support/desk.ts';
import { leaveNow } from '../support/due-now.ts';
import { png } from '../support/populated-desks.ts';
import { openSmtpStation, type SmtpStation } from '../support/smtp.ts';

const administrator = { id: 'tests', name: 'Ada Admin' };
const liveMs = 2_000;
const undoAndWayMs = 30_000;
const bytes = png(200, 150);

/** What the whole software is for, lived by two doctors at two hospitals, from an empty record to the police. */
describe.skipIf(findChromium() === undefined).each([
  ['with scripts', false],
  ['without scripts', true],
])('%s', (words, withoutScripts) => {
  let browser: Browser;
  let desks: TestDesks;
  let police: SmtpStation;
  let amina: Person;
  let bela: Person;

  beforeAll(async () => {
    browser = await launchBrowser();
    police = await openSmtpStation();
    const mail = { host: '127.0.0.1', port: police.port, tls: 'none', from: 'alerts@alder.example' } as const;
    desks = await openDesks({ names: ['alder', 'birch'], change: (config) => ({ ...config, mail }) });
    await prepareStations();
    amina = await openPerson(browser, desks.at('alder').origin, { withoutScripts });
    bela = await openPerson(browser, desks.at('birch').origin, { withoutScripts });
    await signInAt(amina, desks.at('alder').users.doctor);
    await signInAt(bela, desks.at('birch').users.doctor);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await desks[Symbol.asyncDispose]();
    await police[Symbol.asyncDispose]();
  });

  async function prepareStations(): Promise<void> {
    const { settings, stations } = desks.at('alder').node;
    await settings.change(administrator, { callBackNumber: '+90 312 555 0000', latitude: '39.93', longitude: '32.85' });
    const common = { address: '1 Station Road', telephone: '+90 312 555 0100', active: 'yes' };
    await stations.add(administrator, {
      ...common,
      name: 'Far Police',
      email: 'far@police.example',
      latitude: '41',
      longitude: '29',
    });
    await stations.add(administrator, {
      ...common,
      name: 'Near Police',
      email: 'near@police.example',
      latitude: '39.94',
      longitude: '32.86',
    });
  }

  const picture = (person: Person, name: string) =>
    keepPicture(person, `story-${withoutScripts ? 'plain-' : ''}${name}`);
  let chart = '';
  let sent = '';

  test('a doctor registers a patient with everything that the paper asks for', async () => {
    const { page } = amina;
    await amina.open('/patients/new');
    await page.getByLabel('Family name').fill('Demir');
    await page.getByLabel('Given names').fill('Elif');
    await page.getByLabel('Sex').selectOption('female');
    await page.getByLabel('Birth date').fill('1984-05-06');
    await page.getByLabel('Telephone', { exact: false }).first().fill('+90 312 555 1234');
    await page.getByLabel('Bystander’s name').fill('Deniz Demir');
    await page.getByLabel('Relation to the patient').fill('sister');
    await page.getByLabel('Insurer').fill('Sample Insurance');
    await page.getByLabel('Policy number').fill('POL-1');
    await page.getByLabel('Allergies').fill('Penicillin');
    await page.getByLabel('Conditions').fill('Asthma');
    await page.getByLabel(/This is a police case/).check();
    await page.getByLabel('Police case number').fill('PC-2026-4711');
    await page.getByRole('button', { name: 'Register' }).click();
    await page.waitForURL(/\/patients\/[0-9a-f-]{36}/);
    chart = new URL(page.url()).pathname;
    await expectText(page, 'DEMIR, Elif', 'Penicillin', 'Deniz Demir', 'Sample Insurance', 'PC-2026-4711');
    await picture(amina, 'registered');
  });

  test('she records a consultation and adds an image', async () => {
    const { page } = amina;
    await amina.open(`${chart}/consultations/new`);
    await page.getByLabel('Emergency').check();
    await page.getByLabel('Why the patient came').fill('Stab wound of the left flank');
    await page.getByLabel('Findings').fill('Free fluid on ultrasound');
    await page.getByLabel('Diagnoses').fill('Open wound of the flank');
    await page.getByRole('button', { name: 'Save the consultation' }).click();
    await expectText(page, 'Stab wound of the left flank', 'Free fluid on ultrasound');

    await amina.open(`${chart}/uploads/new`);
    await page.getByLabel('Year of birth').fill('1984');
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'flank.png', mimeType: 'image/png', buffer: Buffer.from(bytes) });
    await page.getByRole('button', { name: 'Add to this patient' }).click();
    await eventually(async () => (await attachmentsAtAlder()) === 1);
    if (!withoutScripts) await page.getByText('encrypted and stored').first().waitFor();
    await amina.open(chart);
    await expectText(page, 'flank');
    await picture(amina, 'chart');
  });

  async function attachmentsAtAlder(): Promise<number> {
    const { node } = desks.at('alder');
    const { records } = await node.patients.search('Demir', { limit: 1 });
    const [patient] = records;
    return patient === undefined ? 0 : (await node.attachments.list(patient.id)).length;
  }

  test('she refers the patient in four steps and signs what the other hospital will see', async () => {
    const { page } = amina;
    await bela.open('/');
    await page
      .getByRole('link', { name: /^Refer/ })
      .first()
      .click();
    await page.getByLabel(/Birch Hospital/).check();
    await page.getByLabel('Department or specialty').fill('General surgery');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByLabel(/Emergency/).check();
    await page.getByLabel('Question').fill('Please take over for emergency laparotomy');
    await page.getByLabel('Reason').fill('Stab wound, haemodynamically unstable');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('button', { name: 'Everything' }).click();
    await page.getByRole('button', { name: 'Go on' }).click();
    await expectText(page, 'Please take over for emergency laparotomy', 'DEMIR', 'Stab wound of the left flank');
    await page.getByRole('radio', { name: /^Consent/ }).check();
    await page.getByRole('radio', { name: 'The patient' }).check();
    await page.getByLabel(/have read what will be seen/).check();
    await picture(amina, 'sign');
    await page.getByRole('button', { name: 'Sign and send' }).click();
    await page.waitForURL((url) => !url.pathname.includes('/drafts/'));
    const { node } = desks.at('alder');
    const [line] = await node.referrals.list('sent', { limit: 1 });
    sent = `/sent/${String(line?.id)}`;
  });

  test('Birch sees it, with scripts within two seconds and without a reload, and reads it', async () => {
    const { page } = bela;
    const { node } = desks.at('birch');
    await eventually(async () => (await node.referrals.list('received', { limit: 5 })).length === 1);
    if (withoutScripts) await bela.open('/');
    await page
      .getByText(/new emergency referral/i)
      .first()
      .waitFor({ timeout: liveMs });
    await picture(bela, 'arrived');
    await page
      .getByRole('link', { name: /from Alder Hospital/ })
      .first()
      .click();
    await expectText(
      page,
      'DEMIR',
      'Please take over for emergency laparotomy',
      'Penicillin',
      'Verified',
      'Alder Hospital signed',
    );
    const image = page.locator('main img').first();
    const width = await image.evaluate(async (element) => {
      const picture = element as unknown as { decode(): Promise<void>; readonly naturalWidth: number };
      await picture.decode();
      return picture.naturalWidth;
    });
    expect(width).toBe(200);
    await picture(bela, 'review');
  });

  test('Birch asks, and Alder answers where it looks', async () => {
    await amina.open(sent);
    const { page } = bela;
    if (withoutScripts) await page.getByText('Ask a question').click();
    else await page.keyboard.press('q');
    await page.getByLabel('Question').fill('Which side is it, and when did she last eat?');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await expectText(page, 'You asked about', 'The signed question leaves');
    await leaveNow(desks.at('birch'));
    await eventually(async () => (await stateAtAlder()) === 'info-requested');
    if (withoutScripts) await amina.open(sent);
    await amina.page.getByText('Which side is it').first().waitFor({ timeout: liveMs });
    await picture(amina, 'question');
    await amina.page.getByLabel('Answer', { exact: true }).fill('The left. At noon.');
    await amina.page.getByRole('button', { name: 'Sign and send the answer' }).click();
    await eventually(async () => (await stateAtAlder()) === 'received');
    if (withoutScripts) await bela.open(new URL(page.url()).pathname);
    await page.getByText('The left. At noon.').first().waitFor({ timeout: liveMs });
    await picture(bela, 'question-answered');
  });

  const stateAtAlder = async () => (await desks.at('alder').node.referrals.list('sent', { limit: 1 }))[0]?.state;

  test('Birch accepts, and Alder sees the answer where it looks', async () => {
    await amina.open(sent);
    await expectText(amina.page, 'Delivered');
    await bela.page.getByLabel('Note to the sender').fill('Theatre is ready');
    await bela.page.getByRole('button', { name: 'Accept', exact: true }).click();
    await expectText(bela.page, 'Undo');
    await eventually(async () => (await stateAtAlder()) === 'accepted', undoAndWayMs);
    if (withoutScripts) await amina.open(sent);
    await amina.page.getByText('Theatre is ready').first().waitFor({ timeout: liveMs });
    await expectText(amina.page, 'Accepted');
    await picture(amina, 'answer');
  }, 60_000);

  test('the nearest station gets exactly the mail that was shown, with nobody in it', async () => {
    const { page } = amina;
    await amina.open(chart);
    await page.getByRole('link', { name: 'Tell the police' }).first().click();
    expect(await page.getByLabel(/Near Police/).isChecked()).toBe(true);
    await page.getByLabel('Why the police is told').fill('Injury by another person');
    await page.getByRole('button', { name: 'Show the mail' }).click();
    const shown = await page.locator('pre').first().innerText();
    expect(shown).not.toMatch(/Demir|Elif|flank|wound/i);
    expect(police.taken).toHaveLength(0);
    await picture(amina, 'mail-preview');
    await page.getByRole('button', { name: 'Send this mail to the police' }).click();
    await eventually(() => police.taken.length === 1);
    const [mail] = police.taken;
    expect(mail?.to).toEqual(['near@police.example']);
    expect(mail?.text.trimEnd()).toBe(shown.trimEnd());
    expect(mail?.raw).not.toMatch(/Demir|Elif|flank|wound/i);
    await page.reload();
    await expectText(page, 'Sent');
    await picture(amina, 'alert');
  });

  test(`nothing went wrong in either browser, ${words}`, () => {
    expect([...amina.troubles, ...bela.troubles]).toEqual([]);
  });
});

async function expectText(page: Page, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await page.getByText(text).first().waitFor({ state: 'attached', timeout: 10_000 });
}
