import { HtmlValidate } from 'html-validate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { unescape, type DeskClient } from '../../support/desk-client.ts';
import { htmlRules } from '../../support/html-rules.ts';

let desks: TestDesks;
let alder: TestDesk;
let birch: TestDesk;
let atAlder: DeskClient;
let atBirch: DeskClient;

beforeAll(async () => {
  desks = await openDesks({ names: ['alder', 'birch'], paired: false });
  [alder, birch] = [desks.at('alder'), desks.at('birch')];
  [atAlder, atBirch] = [await alder.client('administrator'), await birch.client('administrator')];
});

afterAll(async () => desks[Symbol.asyncDispose]());

const validator = new HtmlValidate(htmlRules);
async function expectValid(html: string): Promise<void> {
  const { results } = await validator.validateString(html);
  expect(results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`))).toEqual([]);
}

const linkIn = (html: string) => unescape(/id="own-link">\s*([^<]+?)\s*</.exec(html)?.[1] ?? '');
const wordsIn = (html: string) => {
  const list = /<ol class="six-words">([^]*?)<\/ol>/.exec(html)?.[1] ?? '';
  return [...list.matchAll(/<li>([a-z]+)<\/li>/g)].map(([, word = '']) => word);
};
const askedIn = (html: string) => [...html.matchAll(/name="word-(\d)"/g)].map(([, place]) => Number(place));
const stepsIn = (html: string) =>
  [...html.matchAll(/<li class="(done|current|waiting|failed)"/g)].map(([, state]) => state);

/** Opens an invitation of Birch at Alder; both pages, once both show words. */
async function meet() {
  const invited = await atBirch.submit('/peers/add', '/peers/invite', {});
  const birchPage = invited.location ?? '';
  const link = linkIn((await atBirch.get(birchPage)).text);
  const opened = await atAlder.submit('/peers/add', '/peers/open', {
    link: `  ${link.slice(0, 40)}\r\n${link.slice(40)}`,
  });
  const alderPage = opened.location ?? '';
  await eventually(async () => wordsIn((await atAlder.get(alderPage)).text).length === 6);
  await eventually(async () => wordsIn((await atBirch.get(birchPage)).text).length === 6);
  return { link, alderPage, birchPage };
}

async function type(client: DeskClient, page: string, change: (word: string) => string = (word) => word) {
  const { text } = await client.get(page);
  const words = wordsIn(text);
  const fields = Object.fromEntries(askedIn(text).map((place) => [`word-${place}`, change(words[place - 1] ?? '')]));
  return await client.submit(page, `${page}/words`, fields);
}

describe('a pairing without scripts', () => {
  test('begins with an invitation as link and code, and with a page that explains', async () => {
    expect((await atAlder.get('/peers')).text).toContain('No peers yet');
    const invited = await atBirch.submitAndOpen('/peers/add', '/peers/invite', {});
    expect(linkIn(invited.text)).toMatch(/^fernpost:pair\?u=http/);
    expect(invited.text).toMatch(/<svg class="qr"[^>]*>\s*<rect[^>]*><\/rect>\s*<path d="M[^"]{500,}"/);
    expect(invited.text).toContain('http-equiv="refresh"');
    expect((await atBirch.get('/peers')).text).toContain('Invitation that nobody has opened');
    await expectValid(invited.text);
  });

  test.each([
    ['', 'Paste the invitation first'],
    ['https://birch.example/', 'not an invitation'],
    ['fernpost:pair?u=x', 'not an invitation'],
  ])('the link %j is told apart', async (link, words) => {
    const answer = await atAlder.submit('/peers/add', '/peers/open', { link });
    expect([answer.status, answer.text.includes(words)]).toEqual([422, true]);
  });

  test('an invitation that is cut, of this node or expired leaves the link in its form, with what is wrong', async () => {
    const invited = await atBirch.submit('/peers/add', '/peers/invite', {});
    const link = linkIn((await atBirch.get(invited.location ?? '')).text);
    const expired = link.replace(/\d+$/, (seconds) => String(Number(seconds) - 2 * 86_400));
    for (const [by, given, words] of [
      [atAlder, link.slice(0, -3), 'not whole'],
      [atBirch, link, 'of this node itself'],
      [atAlder, expired, 'has expired'],
    ] as const) {
      const answer = await by.submit('/peers/add', '/peers/open', { link: given });
      expect([answer.status, answer.text.includes(words)], answer.text).toEqual([422, true]);
      const [, kept = ''] = /<textarea[^>]*name="link"[^>]*>([^<]*)</.exec(answer.text) ?? [];
      expect(unescape(kept).trim()).toBe(given);
    }
  });

  test('shows the same six words on both sides and asks for three; a misspelt word ends nothing', async () => {
    const { alderPage, birchPage } = await meet();
    const [a, b] = [await atAlder.get(alderPage), await atBirch.get(birchPage)];
    expect(wordsIn(a.text)).toEqual(wordsIn(b.text));
    expect(askedIn(a.text)).toHaveLength(3);
    expect(a.text).not.toContain('http-equiv="refresh"');
    const misspelt = await type(atAlder, alderPage, (word) => `${word}zz`);
    await expectValid(a.text);
    await expectValid(misspelt.text);
    expect([misspelt.status, misspelt.text.includes('in no list of words')]).toEqual([422, true]);
    const wrong = await type(atAlder, alderPage, (word) => (word === 'zoo' ? 'zone' : 'zoo'));
    expect([wrong.status, wrong.text.includes('nothing is trusted')]).toEqual([422, true]);
    expect((await atAlder.get(alderPage)).text).toContain('Begin again');
    expect(alder.node.directory.list()).toEqual([]);
  });

  test('ends in two peers whose cards, map and table say the same', async () => {
    const { alderPage, birchPage } = await meet();
    const first = await type(atAlder, alderPage);
    expect([first.status, first.location]).toEqual([303, alderPage]);
    expect((await atAlder.get(alderPage)).text).toContain('Waiting for the other administrator');
    await type(atBirch, birchPage);
    await eventually(async () => (await atAlder.get(alderPage)).text.includes('✓ Paired'));
    expect(stepsIn((await atAlder.get(alderPage)).text)).toEqual(['done', 'done', 'done', 'done', 'done', 'done']);
    const { text } = await atBirch.get('/peers');
    expect(text.match(/Alder Hospital/g)?.length).toBeGreaterThanOrEqual(3);
    expect(text).toContain('No independent witness yet');
    const live = await atBirch.get(`${birchPage}/live`);
    expect(live.text).toMatch(/^<div data-state="paired/);
  });

  test('that fails says which step, whose matter, and what to do', async () => {
    const invited = await atBirch.submit('/peers/add', '/peers/invite', {});
    const page = invited.location ?? '';
    const link = linkIn((await atBirch.get(page)).text);
    await atBirch.submit(page, `${page}/withdraw`, {});
    expect((await atBirch.get(page)).text).toContain('Withdrawn by the administrator');
    const opened = await atAlder.submit('/peers/add', '/peers/open', { link });
    await eventually(async () => (await atAlder.get(opened.location ?? '')).text.includes('NET_UNSIGNED'));
    const { text } = await atAlder.get(opened.location ?? '');
    expect(stepsIn(text).filter((state) => state === 'failed')).toHaveLength(1);
    expect(text).toContain('to be mended at the other hospital');
    await expectValid(text);
    expect(text).toContain('Ask for a new invitation');
  });
});

describe('a peer', () => {
  const name = '/peers/at/birch.example';

  test('is paused, resumed and blocked after a page that says what that means', async () => {
    const { text } = await atAlder.get(name);
    expect(text).toContain('Safety number');
    for (const [act, state] of [
      ['pause', 'paused'],
      ['resume', 'paired'],
      ['block', 'blocked'],
      ['resume', 'paired'],
    ] as const) {
      const answer = await atAlder.submitAndOpen(`${name}/${act}`, `${name}/${act}`, {});
      expect([act, answer.status, alder.node.directory.get('birch.example').state]).toEqual([act, 200, state]);
    }
    expect((await atAlder.get(`${name}/forget`)).status).toBe(404);
    expect((await atAlder.get('/peers/at/nobody.example')).status).toBe(404);
  });

  test('has one safety number, the same at both ends', async () => {
    const numberIn = (html: string) => /(?:\d{5} ){11}\d{5}/.exec(html)?.[0];
    const here = numberIn((await atAlder.get(name)).text);
    expect(here).toBeDefined();
    expect(numberIn((await atBirch.get('/peers/at/alder.example')).text)).toBe(here);
  });

  test('whose key has changed is told as a sentence, and asks for new pairing', async () => {
    const peer = alder.node.directory.get('birch.example');
    await alder.node.directory.change(peer.name, (current) => ({
      ...current,
      state: 'key-changed',
      detail: 'Its address now answers with a card under another identity key. Pair again if it was replaced.',
    }));
    const { text } = await atAlder.get(name);
    expect((await atAlder.get('/admin/auditors')).text).toContain('has changed');
    expect(text).toContain('nothing is sent and nothing taken');
    expect(text).toContain('Pair again');
    expect(text).not.toContain(`${name}/resume`);
    expect((await atAlder.submit(`${name}/resume`, `${name}/resume`, {})).status).toBe(409);
  });
});
