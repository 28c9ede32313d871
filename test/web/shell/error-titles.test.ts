import { expect, test } from 'vitest';
import { htmlOf } from '../../../node/web/answer.ts';
import { errorPage } from '../../../node/web/error-page.tsx';

const titleOf = async (code: string): Promise<string | undefined> => {
  const failure = { kind: 'conflict', code, message: 'What happened.' } as const;
  const { body } = errorPage(failure, 'AB12', { home: '/', unsaved: undefined });
  return /<h1>(.*?)<\/h1>/.exec(await htmlOf(body))?.[1];
};

test('somebody was faster only where somebody was', async () => {
  expect(await titleOf('changed-meanwhile')).toBe('Somebody was faster');
  expect(await titleOf('last-administrator')).toBe('This does not fit what is there now');
  expect(await titleOf('invitation-used')).toBe('This does not fit what is there now');
});
