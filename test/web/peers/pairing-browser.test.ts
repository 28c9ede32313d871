import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
import { openDesks, pair, type TestDesks } from '../../support/desk.ts';

describe.runIf(findChromium() !== undefined)('peers in a real browser', () => {
  let browser: Browser;
  let desks: TestDesks;

  beforeAll(async () => {
    [browser, desks] = [await launchBrowser(), await openDesks({ names: ['alder', 'birch'], paired: false })];
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await desks[Symbol.asyncDispose]();
  });

  const administratorOf = async (short: string, options = {}): Promise<Person> => {
    const person = await openPerson(browser, desks.at(short).origin, options);
    await signInAt(person, desks.at(short).users.administrator);
    return person;
  };

  /** So that each test can be run alone. */
  async function paired(): Promise<void> {
    const [alder, birch] = [desks.at('alder').node, desks.at('birch').node];
    if (alder.directory.list().length === 0) await pair(birch, alder);
  }

  async function typeWordsOf(here: Person, there: Person): Promise<void> {
    const words = await there.page.locator('.six-words li').allInnerTexts();
    const asked = await here.page.locator('#typing input[type=text]').all();
    for (const input of asked) {
      const place = Number((await input.getAttribute('name'))?.replace('word-', ''));
      await input.fill(words[place - 1] ?? '');
    }
    await here.page.keyboard.press('Enter');
  }

  test('two fresh nodes pair: the words are read from one page and typed in the other', async () => {
    await using alder = await administratorOf('alder');
    await using birch = await administratorOf('birch');
    await birch.open('/peers');
    await keepPicture(birch, '14-peers-empty');
    await birch.page.getByRole('link', { name: 'Add a peer' }).first().click();
    expect(await axeViolations(birch.page)).toEqual([]);
    await keepPicture(birch, '14-add-peer');
    await birch.page.getByRole('button', { name: 'Make an invitation' }).click();
    await birch.page.getByRole('heading', { name: 'Your invitation' }).waitFor();
    expect(await axeViolations(birch.page)).toEqual([]);
    await keepPicture(birch, '14-invitation');
    const link = await birch.page.locator('#own-link').innerText();

    await alder.open('/peers/add');
    await alder.page.getByRole('textbox', { name: 'Invitation' }).fill(link.trim());
    await alder.page.getByRole('button', { name: 'Open it' }).click();
    // Neither page is loaded again by hand: both come to the words by themselves.
    await alder.page.locator('.six-words').waitFor();
    await birch.page.locator('.six-words').waitFor();
    const wordsOf = (person: Person) => person.page.locator('.six-words li').allInnerTexts();
    expect(await wordsOf(alder)).toEqual(await wordsOf(birch));
    expect(await axeViolations(alder.page)).toEqual([]);
    await keepPicture(alder, '14-words');

    await typeWordsOf(alder, birch);
    await alder.page.getByText('Waiting for the other administrator').waitFor();
    await birch.page.getByRole('listitem').filter({ hasText: 'Three words typed there' }).getByText('✓ done').waitFor();
    await typeWordsOf(birch, alder);
    await birch.page.getByText('✓ Paired').waitFor();
    await alder.page.getByText('✓ Paired').waitFor({ timeout: 15_000 });
    expect(await axeViolations(alder.page)).toEqual([]);
    await keepPicture(alder, '14-paired');
    expect([...alder.troubles, ...birch.troubles]).toEqual([]);
  }, 60_000);

  test.each(variants.map((variant) => [variant.name, variant] as const))(
    'peers look right: %s',
    async (name, variant) => {
      await paired();
      await using person = await administratorOf('alder', { variant });
      for (const [screen, path] of [
        ['peers', '/peers'],
        ['peer', '/peers/at/birch.example'],
        ['peer-block', '/peers/at/birch.example/block'],
        ['add-peer', '/peers/add'],
        ['tokens', '/admin/auditors'],
      ] as const) {
        await person.open(path);
        expect([screen, await axeViolations(person.page)]).toEqual([screen, []]);
        const overflow = await person.page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect([screen, overflow]).toEqual([screen, 0]);
        await keepPicture(person, `14-${screen}-${name}`);
      }
      expect(person.troubles).toEqual([]);
    },
    60_000,
  );

  test('a walk by keyboard alone pauses a peer and resumes it', async () => {
    await paired();
    await using person = await administratorOf('alder');
    await person.open('/peers');
    const press = async (name: string) => {
      for (let steps = 0; steps < 60; steps += 1) {
        await person.page.keyboard.press('Tab');
        const text = await person.page.evaluate('document.activeElement?.textContent?.trim()');
        if (text === name) return await person.page.keyboard.press('Enter');
      }
      throw new Error(`the keyboard does not come to ${name}`);
    };
    await press('Birch Hospital');
    await person.page.waitForURL(/at\/birch/);
    for (const act of ['Pause', 'Resume']) {
      await press(act);
      await person.page.getByRole('heading', { name: `${act} Birch Hospital?` }).waitFor();
      await press(act);
      await person.page.waitForURL(/birch\.example$/);
    }
    expect(desks.at('alder').node.directory.get('birch.example').state).toBe('paired');
    expect(person.troubles).toEqual([]);
  }, 60_000);
});
