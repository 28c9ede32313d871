import type { Command } from 'commander';
import { loadConfig } from '../config/config.ts';
import type { OperationOutput } from '../operations/table.ts';
import type { Caller } from './caller.ts';
import { addCommand, onCall } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { shown } from './text.ts';

type Checked = OperationOutput<'first-run.check'>;
type Check = Checked['checks'][number];

interface FirstRunOptions {
  readonly keysInSafe?: string;
}

/** What to do now, and the exact command or address for it. */
interface NextStep {
  readonly what: string;
  readonly how: readonly string[];
}

const marks: Readonly<Record<Check['state'], string>> = { ok: 'ok', warn: 'WARN', fail: 'FAIL' };
const plainWord = /^[\w@%+=:,./-]+$/;
const anywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::', '127.0.0.1', '::1']);

/** Screen 13 in the terminal: the six checks in the words of the page, and the next step. */
export function addFirstRunCommand(program: Command): void {
  const command = addCommand(
    program,
    'first-run',
    'six checks of a new node, each failure with its fix, and the next step: exit code 1 when one fails',
  ).option(
    '--keys-in-safe <your name>',
    'confirm that a copy of the root key lies in a safe; your name goes into the log',
  );
  onCall<FirstRunOptions>(command, async (caller, { keysInSafe }) => {
    const config = await loadConfig(caller.dataDirectory, caller.environment, caller.files);
    await using session = await caller.openSession();
    if (keysInSafe !== undefined) await session.plain('first-run.confirm-keys', { by: keysInSafe });
    const checked = await session.plain('first-run.check', {});
    const { holdWords, isReady, readyWords } = await import('../operations/first-run-answer.ts');
    const next = nextStep(caller, checked, { isRunning: session.running, desk: deskAddress(config.desk) });
    const ready = isReady(checked.checks);
    caller.answer({ ready, running: session.running, ...checked, next }, [
      ...checked.checks.flatMap((check, i) => checkLines(check, i + 1)),
      ...(checked.keysConfirmed ? [] : confirmLines(caller, checked)),
      '',
      holdWords(checked.checks),
      `${readyWords(checked.checks)}.`,
      '',
      `Next: ${next.what}`,
      ...next.how.map((line) => `  ${shown(line)}`),
    ]);
    if (!ready) caller.endWith(exitCodes.no);
  });
}

function checkLines({ title, state, findings }: Check, number: number): readonly string[] {
  const lines = findings.flatMap(({ heading, detail, toDo }) => [
    `   ${heading === '' ? '' : `${heading}: `}${shown(detail)}`,
    ...(toDo === null ? [] : [`   To do (${toDo.side}): ${shown(toDo.fix)}`, `   ${toDo.meaning}`]),
  ]);
  return [`${number}. ${title}: ${marks[state]}`, ...lines];
}

function confirmLines(caller: Caller, { rootKeyFile }: Checked): readonly string[] {
  return [
    '',
    `When a copy of ${shown(rootKeyFile)} lies in a safe, apart from every backup, confirm it with your name:`,
    `  ${shown(commandOf(caller, 'first-run', '--keys-in-safe', 'YOUR NAME'))}`,
  ];
}

function nextStep(
  caller: Caller,
  { hasUsers, peers }: Checked,
  { isRunning, desk }: { readonly isRunning: boolean; readonly desk: string },
): NextStep {
  if (!isRunning) return { what: 'start the node', how: [commandOf(caller, 'serve')] };
  if (!hasUsers)
    return {
      what: 'make the first administrator, in a browser of this machine or here',
      how: [
        `${desk}/setup`,
        commandOf(caller, 'user', 'add', 'LOGIN', '--name', 'YOUR NAME', '--role', 'administrator', '--ask'),
      ],
    };
  if (peers === 0)
    return {
      what: 'pair with the first hospital: one of you makes an invitation, the other opens it',
      how: [commandOf(caller, 'peer', 'invite'), commandOf(caller, 'peer', 'accept', 'LINK')],
    };
  return { what: 'look after the node, daily', how: [commandOf(caller, 'doctor')] };
}

/** As one types it: what a shell would take apart stands in quotes. */
function commandOf({ dataDirectory }: Caller, ...words: readonly string[]): string {
  return ['fernpost', ...words, '--data', dataDirectory]
    .map((word) => (plainWord.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');
}

/** A new node is set up at its own machine under the name localhost, which browsers trust without TLS. */
function deskAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  const name = anywhere.has(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
