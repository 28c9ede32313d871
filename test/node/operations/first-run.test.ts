import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkFirstRun, checkOwnUrl, firstRunNames, worstOf } from '../../../node/operations/first-run.ts';
import { checkJobs } from '../../../node/operations/health.ts';
import type { NodeServices } from '../../../node/operations/node-services.ts';
import { MailError, type MailPort } from '../../../node/platform/mail.ts';
import { TransportError } from '../../../node/peers/transport.ts';
import { administrator, openAlertNode, type AlertNode } from '../alerts/alert-node.ts';

const goodMail: MailPort = { verify: async () => undefined, send: async () => undefined, close: async () => undefined };
let alder: AlertNode;
beforeEach(async () => {
  alder = await openAlertNode(goodMail);
});
afterEach(async () => {
  await alder[Symbol.asyncDispose]();
});

/** The node with an answer at its own address. */
function reached(status: number, body: Uint8Array): NodeServices {
  const transport = { ...alder.node.transport, plain: async () => ({ status, headers: {}, body }) };
  return { ...alder.node, transport, isRunning: () => true };
}

function ownCard(): Uint8Array {
  return new TextEncoder().encode(alder.node.own.card().note);
}

test('a node that can be reached, with its keys in a safe, has six good checks', async () => {
  await alder.node.settings.change(administrator, { keysBackedUp: '2026-09-14 by Ada Admin' });
  const checks = await checkFirstRun(reached(200, ownCard()));
  expect(checks.map(({ name }) => name)).toEqual(firstRunNames);
  expect(checks.map(worstOf)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok']);
});

test('keys that nobody has confirmed to be in a safe fail, and the fix says what to do', async () => {
  const keys = (await checkFirstRun(reached(200, ownCard())))[1];
  expect(keys?.findings).toContainEqual(
    expect.objectContaining({ state: 'fail', fix: expect.stringContaining('safe') as string }),
  );
});

test.each([
  ['a proxy that answers 502', () => reached(502, new Uint8Array()), 'fail'],
  ['a page that is no card', () => reached(200, new TextEncoder().encode('<html>')), 'fail'],
  ['our card', () => reached(200, ownCard()), 'ok'],
])('at the public url %s is judged', async (_, services, state) => {
  expect((await checkOwnUrl(services())).state).toBe(state);
});

test.each([
  ['NET_UNREACHABLE', 'fail'],
  ['NET_ADDRESS', 'warn'],
] as const)('the public url with %s is %s', async (code, state) => {
  const plain = async () => {
    throw new TransportError(code, 'no answer');
  };
  const services = { ...alder.node, transport: { ...alder.node.transport, plain }, isRunning: () => true };
  expect(await checkOwnUrl(services)).toMatchObject({ state, fix: expect.any(String) as string });
});

test.each([
  ['no job', [], 'warn'],
  ['jobs that run', [0, 0], 'ok'],
  ['a job that failed twice', [0, 2], 'warn'],
  ['a job that failed three times in a row', [0, 3], 'fail'],
] as const)('%s is judged', (_, failures, state) => {
  const jobStanding = () =>
    failures.map((failuresInARow, i) => ({ name: `job-${i}`, succeededAt: undefined, failuresInARow }));
  expect(checkJobs({ jobStanding }).state).toBe(state);
});

test('a mail server that refuses us fails, none at all is a warning', async () => {
  const verify = async () => {
    throw new MailError('login-refused', 'no');
  };
  const mailOf = async (mail: MailPort | undefined) =>
    (await checkFirstRun({ ...reached(200, ownCard()), mail })).find(({ name }) => name === 'mail and clock');
  expect((await mailOf({ ...goodMail, verify }))?.findings[0]?.state).toBe('fail');
  expect((await mailOf(undefined))?.findings[0]?.state).toBe('warn');
});
