import { afterEach, beforeEach, expect, test } from 'vitest';
import { hiddenFields, unescape, type DeskAnswer, type DeskClient } from '../../support/desk-client.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { textOf } from '../referrals/two-desks.ts';

let desks: TestDesks;
let alder: TestDesk;
let birch: TestDesk;
let atAlder: DeskClient;
let atBirch: DeskClient;

beforeEach(async () => {
  desks = await openDesks({ names: ['alder', 'birch'], paired: false });
  [alder, birch] = [desks.at('alder'), desks.at('birch')];
  [atAlder, atBirch] = [await alder.client('administrator'), await birch.client('administrator')];
});
afterEach(async () => await desks[Symbol.asyncDispose]());

const linkIn = (html: string): string => unescape(/id="own-link">\s*([^<]+?)\s*</.exec(html)?.[1] ?? '');
const wordsIn = (html: string): readonly string[] => {
  const list = /<ol class="six-words">([^]*?)<\/ol>/.exec(html)?.[1] ?? '';
  return [...list.matchAll(/<li>([a-z]+)<\/li>/g)].map(([, word = '']) => word);
};

async function invite(): Promise<string> {
  return (await atBirch.submit('/peers/add', '/peers/invite', {})).location ?? '';
}

async function type(client: DeskClient, page: string): Promise<DeskAnswer> {
  const { text } = await client.get(page);
  const places = [...text.matchAll(/name="word-(\d)"/g)].map(([, place]) => Number(place));
  const fields = Object.fromEntries(places.map((place) => [`word-${place}`, wordsIn(text)[place - 1] ?? '']));
  return await client.submit(page, `${page}/words`, fields);
}

/** Says what happened and leads on: no fault of the program, and not the same page without a word. */
function expectTold(answer: DeskAnswer): void {
  expect([303, 409, 422]).toContain(answer.status);
  if (answer.status !== 303) expect(textOf(answer.text)).toMatch(/[.!]/);
}

test('one invitation opened in two tabs is one pairing, and both tabs lead to it', async () => {
  const invited = await invite();
  const link = linkIn((await atBirch.get(invited)).text);
  const open = () => atAlder.submit('/peers/add', '/peers/open', { link });
  const [one, other] = await Promise.all([open(), open()]);
  expectTold(one);
  expectTold(other);
  expect([one.status, other.status]).toContain(303);
  const page = one.location ?? other.location ?? '';
  await eventually(async () => wordsIn((await atAlder.get(page)).text).length === 6);
  await eventually(async () => wordsIn((await atBirch.get(invited)).text).length === 6);
  for (const answer of await Promise.all([type(atAlder, page), type(atAlder, page)])) expectTold(answer);
  for (const answer of await Promise.all([type(atBirch, invited), type(atBirch, invited)])) expectTold(answer);
  await eventually(() => alder.node.directory.list().length === 1 && birch.node.directory.list().length === 1);
  await eventually(async () => (await atAlder.get(page)).text.includes('✓ Paired'));
  expectTold(await atAlder.submit('/peers/add', '/peers/open', { link }));
  expect(alder.node.directory.list().map(({ state }) => state)).toEqual(['paired']);
}, 30_000);

test('two invitations to one hospital in two tabs: the first that is done holds, and the second breaks nothing', async () => {
  const [first, second] = [await invite(), await invite()];
  const links = await Promise.all([first, second].map(async (page) => linkIn((await atBirch.get(page)).text)));
  expect(new Set(links).size).toBe(2);
  const opened = [];
  for (const link of links) opened.push(await atAlder.submit('/peers/add', '/peers/open', { link }));
  for (const answer of opened) expectTold(answer);
  const pages = opened.flatMap(({ location }) => location ?? []);
  const words = async (client: DeskClient, page: string) => wordsIn((await client.get(page)).text).length === 6;
  await eventually(async () => (await Promise.all(pages.map((page) => words(atAlder, page)))).includes(true));
  for (const [client, all] of [
    [atAlder, pages],
    [atBirch, [first, second]],
  ] as const)
    for (const page of all) if (await words(client, page)) expectTold(await type(client, page));
  await eventually(() => alder.node.directory.list()[0]?.state === 'paired');
  await eventually(() => birch.node.directory.list()[0]?.state === 'paired');
  expect(alder.node.directory.list()).toHaveLength(1);
  for (const page of pages) expect((await atAlder.get(page)).status).toBe(200);
}, 30_000);

test('who signs out in one tab is led to the sign-in by the other, and back', async () => {
  const doctor = await alder.client('doctor');
  await doctor.get('/patients/new');
  await doctor.post('/sign-out', {});
  const sent = await doctor.post('/patients/new', {
    csv_id: 'X-1',
    family_name: 'Other tab',
    once: crypto.randomUUID(),
  });
  expect([sent.status, sent.text.includes('You were signed out before this was sent')]).toEqual([401, true]);
  const kept = hiddenFields(sent.text, '/sign-in');
  const entered = await doctor.post('/sign-in', { ...kept, ...alder.users.doctor });
  expect((await doctor.open(entered.location ?? '')).text).toContain('value="Other tab"');
  expect(await alder.node.patients.findByCsvId('X-1')).toBeUndefined();
});
