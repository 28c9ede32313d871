import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PeerHttpError } from '../../../node/platform/peer-http.ts';
import { openDiagnostics, type ClosableDiagnostics } from '../../../node/platform/pino-diagnostics.ts';
import { testDirectory } from '../../support/test-directory.ts';

function recording(): { diagnostics: ClosableDiagnostics; lines: () => Record<string, unknown>[]; text: () => string } {
  const written: string[] = [];
  const diagnostics = openDiagnostics({ node: 'alder.example', destination: { write: (line) => written.push(line) } });
  return {
    diagnostics,
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => written.join(''),
  };
}

test('an event is one JSON line with time, level, node and its fields', () => {
  const { diagnostics, lines } = recording();
  diagnostics.info('bundle-received', { bundle: 'b-1', size: 12 });
  expect(lines()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-/) as unknown,
      node: 'alder.example',
      event: 'bundle-received',
      bundle: 'b-1',
      size: 12,
    },
  ]);
});

test('an error of another library leaves its class, code and place, but not its message, however deep it lies', () => {
  const { diagnostics, lines, text } = recording();
  const foreign = Object.assign(new TypeError('cannot parse "Asha Sharma"\n    at row "Asha Sharma"'), {
    code: 'ERR_X',
  });
  const own = new PeerHttpError('broken-off', 'the connection to the peer broke off', { cause: foreign });
  diagnostics.error('delivery-failed', own);
  diagnostics.error('delivery-failed', new AggregateError([foreign], 'Asha Sharma'));
  diagnostics.error('delivery-failed', 'Asha Sharma');
  diagnostics.error('delivery-failed', new Error('outer', { cause: 'Asha Sharma' }));
  expect(text()).not.toContain('Asha');
  expect(lines()[0]).toMatchObject({
    causes: [
      { class: 'PeerHttpError', code: 'broken-off', message: 'the connection to the peer broke off' },
      { class: 'TypeError', code: 'ERR_X' },
    ],
  });
  const [, inner] = (lines()[0]?.['causes'] ?? []) as { at: string[] }[];
  expect(inner?.at[0]).toContain('diagnostics.test.ts');
});

test.each(['password', 'passphrase', 'token', 'key', 'secret', 'seed', 'authorization', 'cookie', 'patient'])(
  'a field named %s is hidden',
  (name) => {
    const { diagnostics, text } = recording();
    diagnostics.warn('oops', { [name]: 'canary-77' });
    expect(text()).toContain('[hidden]');
    expect(text()).not.toContain('canary-77');
  },
);

test('a field cannot begin a second line, and a long one is clipped', () => {
  const { diagnostics, lines, text } = recording();
  diagnostics.info('x', { detail: 'a\n{"level":"error"}', long: 'y'.repeat(10_000) });
  expect(lines().length).toBe(1);
  expect(text().length).toBeLessThan(1000);
});

test('lines go to a private file when one is named, and later runs add to it', () => {
  using directory = testDirectory();
  for (const event of ['first', 'second']) {
    const diagnostics = openDiagnostics({ file: directory.file('node.log') });
    diagnostics.info(event);
    diagnostics.close();
  }
  const lines = readFileSync(directory.file('node.log'), 'utf8').trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['first', 'second']);
  expect(statSync(directory.file('node.log')).mode & 0o777).toBe(0o600);
});
