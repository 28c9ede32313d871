import { expect, test } from 'vitest';
import { systemRandom } from '../../../node/platform/random.ts';
import {
  KeptPages,
  keptBytesMax,
  keptPageBytesMax,
  keptPageMsMax,
  keptPagesMax,
} from '../../../node/web/kept-pages.ts';

function openKept() {
  const time = { ms: 0 };
  const clock = {
    now: () => {
      throw new Error('wall time is not asked');
    },
    elapsedMs: () => time.ms,
    sleep: async () => {},
  };
  const kept = new KeptPages(clock, systemRandom);
  const keep = async (body: string | Uint8Array<ArrayBuffer>, session = 'one') => {
    const headers = { 'content-type': 'text/html', 'set-cookie': 'a=b' };
    const form = { session, access: 'signed-in', target: '/form?x=1&kept=before' } as const;
    return await kept.keep(form, new Response(body, { status: 422, headers }));
  };
  const find = (answer: Response, session = 'one') =>
    kept.find(session, answer.headers.get('location') ?? '', (access) => access === 'signed-in');
  return { kept, time, keep, find };
}

test('a kept page comes back with its status, and the cookie has gone out before', async () => {
  const { keep, find } = openKept();
  const answer = await keep('<p>typed');
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([303, ['a=b']]);
  expect(answer.headers.get('location')).toMatch(/^\/form\?x=1&kept=[\w-]{22}$/);
  const found = find(answer);
  expect([found?.status, await found?.text(), found?.headers.getSetCookie()]).toEqual([422, '<p>typed', []]);
  expect(find(answer, 'other')).toBeUndefined();
});

test('it ends with its time, and with the right to post that form', async () => {
  const { kept, keep, find, time } = openKept();
  const answer = await keep('page');
  expect(kept.find('one', answer.headers.get('location') ?? '', () => false)).toBeUndefined();
  time.ms = keptPageMsMax - 1;
  expect(find(answer)).toBeDefined();
  time.ms = keptPageMsMax;
  expect(find(answer)).toBeUndefined();
});

test('of each session so many are kept, the newest; others lose none by it', async () => {
  const { keep, find } = openKept();
  const other = await keep('other', 'two');
  const answers = [];
  for (let at = 0; at <= keptPagesMax; at += 1) answers.push(await keep(`page ${at}`));
  expect(answers.map((answer) => find(answer) !== undefined)).toEqual([
    false,
    ...Array.from({ length: keptPagesMax }, () => true),
  ]);
  expect(find(other, 'two')).toBeDefined();
});

test('a page at the limit is kept, one byte more answers by itself, and all together stay within theirs', async () => {
  const { keep, find } = openKept();
  const long = await keep(new Uint8Array(keptPageBytesMax + 1));
  expect([long.status, (await long.arrayBuffer()).byteLength]).toEqual([422, keptPageBytesMax + 1]);
  const room = keptBytesMax / keptPageBytesMax;
  const answers = [];
  for (let at = 0; at <= room; at += 1) answers.push(await keep(new Uint8Array(keptPageBytesMax), `session ${at}`));
  expect(answers.map((answer, at) => find(answer, `session ${at}`) !== undefined)).toEqual([
    false,
    ...Array.from({ length: room }, () => true),
  ]);
});
