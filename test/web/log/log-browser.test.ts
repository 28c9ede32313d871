import { randomBytes } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeLocalRecord } from '../../../protocol/log/record.ts';
import { askWitnesses } from '../../../node/jobs/witnessing.ts';
import { axeViolations } from '../../support/axe.ts';
import {
  findChromium,
  keepPicture,
  launchBrowser,
  openPerson,
  signInAt,
  variants,
  type Person,
} from '../../support/browser.ts';
import { openDesks, type TestDesks } from '../../support/desk.ts';

describe.runIf(findChromium() !== undefined)('the log in an auditor’s browser', () => {
  let browser: Browser;
  let desks: TestDesks;

  beforeAll(async () => {
    browser = await launchBrowser();
    desks = await openDesks({ names: ['alder', 'birch', 'cedar'], jobs: false });
    const { node } = desks.at('alder');
    await node.store.write(async (writer) => {
      for (let n = 0; n < 300; n += 1) {
        const record = writeLocalRecord({ kind: 'noop', salt: new Uint8Array(randomBytes(32)), members: { n } });
        await node.log.queue(writer, { type: 'noop', record });
      }
    });
    await askWitnesses(node);
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await desks[Symbol.asyncDispose]();
  });

  const auditor = async (options = {}): Promise<Person> => {
    const person = await openPerson(browser, desks.at('alder').origin, options);
    await signInAt(person, desks.at('alder').users.auditor);
    return person;
  };
  const everyStep = [
    'record holds',
    'leaf holds',
    'path holds',
    'checkpoint holds',
    'cosignature birch.example/witness holds',
    'cosignature cedar.example/witness holds',
  ];
  const stepsOf = async ({ page }: Person): Promise<string[]> => {
    const items = await page.locator('#checks > li').all();
    return await Promise.all(
      items.map(
        async (item) => `${(await item.getAttribute('data-check')) ?? ''} ${(await item.getAttribute('class')) ?? ''}`,
      ),
    );
  };
  const checked = (person: Person) => person.page.getByText('Checked in this browser').waitFor();

  test('an entry is checked by the browser itself, each step ticked', async () => {
    await using person = await auditor();
    await person.open('/log/entries/42');
    await checked(person);
    expect(await stepsOf(person)).toEqual(everyStep);
    expect(await person.page.locator('#checks .verdict').allInnerTexts()).toEqual(everyStep.map(() => '✓ holds'));
    expect(await axeViolations(person.page)).toEqual([]);
    expect(person.troubles).toEqual([]);
  }, 60_000);

  test.each<[string, RegExp, (body: Buffer) => Buffer, string[]]>([
    ['the record', /\/record$/, (body) => flip(body, 12), ['record broken']],
    ['the leaf', /\/leaf$/, (body) => flip(body, 40), ['leaf broken']],
    ['the path', /\/proof$/, (body) => flipIn(body, /\nindex \d+\n/), ['path broken']],
    ['the log’s signature', /\/proof$/, (body) => flipIn(body, /— alder\.example\/log .{20}/), ['checkpoint broken']],
    [
      'a witness’s signature',
      /\/proof$/,
      (body) => flipIn(body, /— cedar\.example\/witness .{30}/),
      ['cosignature cedar.example/witness broken'],
    ],
  ])(
    'one byte of %s that changes on the way turns its step red and no other',
    async (what, path, change, expected) => {
      await using person = await auditor();
      await person.page.route(path, async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, body: change(await answer.body()) });
      });
      await person.open('/log/entries/42');
      await checked(person);
      expect((await stepsOf(person)).filter((step) => !step.endsWith('holds'))).toEqual(expected);
      expect(await person.page.locator('#checks .broken').count()).toBe(1);
      expect(await person.page.getByText('it does not hold').first().isVisible()).toBe(true);
      if (what === 'the path') await keepPicture(person, '20-entry-tampered');
    },
    60_000,
  );

  test('bytes may be changed in the page and checked again; the server is not asked', async () => {
    await using person = await auditor();
    await person.open('/log/entries/42');
    await checked(person);
    const record = person.page.getByLabel('Record (hex)');
    const good = await record.inputValue();
    await record.fill(`ff${good.slice(2)}`);
    const asked: string[] = [];
    person.page.on('request', (request) => asked.push(request.url()));
    await person.page.getByRole('button', { name: 'Check again' }).click();
    await person.page.locator('#checks .broken').waitFor();
    expect((await stepsOf(person)).filter((step) => !step.endsWith('holds'))).toEqual(['record broken']);
    await record.fill(good);
    await person.page.getByRole('button', { name: 'Check again' }).click();
    await person.page.getByText('everything holds').waitFor();
    await record.fill('no hex');
    await person.page.getByRole('button', { name: 'Check again' }).click();
    await person.page.getByText('could not check').waitFor();
    expect(asked).toEqual([]);
    expect(person.troubles).toEqual([]);
  }, 60_000);

  test('a walk by keyboard alone filters the log, opens an entry, changes its leaf and checks again', async () => {
    await using person = await auditor();
    const { page } = person;
    const focus = async (label: string) => {
      for (let steps = 0; steps < 120; steps += 1) {
        await page.keyboard.press('Tab');
        const found = await page.evaluate(
          'document.activeElement?.labels?.[0]?.textContent ?? document.activeElement?.textContent',
        );
        if (String(found).trim() === label) return;
      }
      throw new Error(`the keyboard does not come to ${label}`);
    };
    await person.open('/log');
    await focus('Kind (optional)');
    await page.keyboard.type('key');
    await focus('Show');
    await page.keyboard.press('Enter');
    await page.waitForURL(/kind=key/);
    await focus('0');
    await page.keyboard.press('Enter');
    await checked(person);
    await focus('Leaf (hex)');
    await page.keyboard.press('Control+End');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('e');
    await focus('Check again');
    await page.keyboard.press('Enter');
    await page.locator('#checks .broken').waitFor();
    expect((await stepsOf(person)).filter((step) => step.endsWith('broken'))).toEqual(['leaf broken']);
    expect(person.troubles).toEqual([]);
  }, 60_000);

  test('without scripts the server checks, says that it did, and judges changed bytes as well', async () => {
    await using person = await auditor({ withoutScripts: true });
    await person.open('/log/entries/42');
    expect(await person.page.getByText('Checked by the server, not by you').isVisible()).toBe(true);
    expect(await stepsOf(person)).toEqual(everyStep);
    const leaf = person.page.getByLabel('Leaf (hex)');
    const good = await leaf.inputValue();
    await leaf.fill(`${good.slice(0, -20)}41${good.slice(-18)}`);
    await person.page.getByRole('button', { name: 'Check again' }).click();
    expect((await stepsOf(person)).filter((step) => !step.endsWith('holds'))).toEqual(['leaf broken']);
    await keepPicture(person, '20-entry-no-script');
  }, 60_000);

  test.each(variants.map((variant) => [variant.name, variant] as const))(
    'the log looks right: %s',
    async (name, variant) => {
      await using person = await auditor({ variant });
      for (const [screen, path] of [
        ['19-log', '/log'],
        ['19-files', '/log/files'],
        ['20-entry', '/log/entries/42'],
        ['21-consistency', '/log/consistency'],
      ] as const) {
        await person.open(path);
        if (screen === '20-entry') await checked(person);
        expect([screen, await axeViolations(person.page)]).toEqual([screen, []]);
        const overflow = await person.page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect([screen, overflow]).toEqual([screen, 0]);
        await keepPicture(person, `${screen}-${name}`);
      }
      expect(person.troubles).toEqual([]);
    },
    60_000,
  );
});

function flip(body: Buffer, at: number): Buffer {
  const changed = Buffer.from(body);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** Another letter behind what the pattern finds. */
function flipIn(body: Buffer, pattern: RegExp): Buffer {
  const text = body.toString('utf8');
  const found = pattern.exec(text);
  if (found === null) throw new Error(`there is no ${pattern.source}`);
  const at = found.index + found[0].length;
  return Buffer.from(`${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`);
}
