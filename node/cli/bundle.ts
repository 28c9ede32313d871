import { InvalidArgumentError, Option, type Command } from 'commander';
import { documentBytesMax } from '../../protocol/bundle/limits.ts';
import { checkBundle, type Checked } from '../../protocol/bundle/fhir/check.ts';
import type { Layer } from '../../protocol/bundle/fhir/check-options.ts';
import { operationOutcome, type Issue } from '../../protocol/bundle/fhir/issue.ts';
import { parseNodeName, type NodeName } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { readMoment } from '../operations/fields.ts';
import { presentIssues } from './bundle-present.ts';
import type { Caller } from './caller.ts';
import { addCommand, addGroup, onCall } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { readInput } from './files.ts';
import { shown } from './text.ts';

interface CheckOptionsGiven {
  readonly layer: Layer;
  readonly as?: NodeName;
  readonly at?: Instant;
}

export function addBundleCommands(program: Command): void {
  const group = addGroup(program, 'bundle', 'judge FHIR bundles; needs no node');
  const check = addCommand(group, 'check', 'judge a FHIR bundle as a node would: exit code 0 or 1')
    .argument('<file>', 'the JSON of the bundle; - for stdin')
    .addOption(
      new Option('--layer <layer>', 'base: FHIR R4; profile: what a node takes')
        .choices(['base', 'profile'])
        .default('profile'),
    )
    .option('--as <name>', 'judge as the node of this name, which must be the receiver', asNodeName)
    .option('--at <time>', 'judge as of this moment: consent and deadline must hold then', asMoment);
  onCall<CheckOptionsGiven>(check, runCheck);
}

async function runCheck(caller: Caller, options: CheckOptionsGiven, file = ''): Promise<void> {
  const bytes = await readInput(caller, file, documentBytesMax);
  const { layer, as: receiver, at } = options;
  const issues = issuesOf(checkBundle(bytes, { layer, ...(receiver === undefined ? {} : { receiver }) }), at);
  const faults = issues.filter(({ severity }) => severity === 'error');
  const told = issues.length === 0 ? [allGood] : issues;
  caller.answer(operationOutcome(told as readonly Issue[]), [
    ...issues.map(
      (issue) => `${issue.severity === 'error' ? '' : 'warning: '}${issue.expression}: ${shown(issue.diagnostics)}`,
    ),
    faults.length === 0 ? 'The bundle keeps the rules.' : `The bundle is refused: ${counted(faults.length)}.`,
  ]);
  if (faults.length > 0) caller.endWith(exitCodes.no);
}

function issuesOf(checked: Checked, at: Instant | undefined): readonly Issue[] {
  if (checked.ok) return [...checked.warnings, ...(at === undefined ? [] : presentIssues(checked.bundle, at))];
  if (checked.left === 0) return checked.issues;
  const more = `${checked.left} more faults are not listed`;
  return [...checked.issues, { severity: 'error', code: 'too-long', expression: 'Bundle', diagnostics: more }];
}

/** FHIR asks for at least one issue in an OperationOutcome; `informational` is its word for "all well". */
const allGood = {
  severity: 'information',
  code: 'informational',
  expression: 'Bundle',
  diagnostics: 'the bundle keeps the rules',
} as const;

function counted(faults: number): string {
  return faults === 1 ? 'one fault' : `${faults} faults`;
}

function asNodeName(given: string): NodeName {
  try {
    return parseNodeName(given);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new InvalidArgumentError('Expected the name of a node, such as birch.example.');
  }
}

function asMoment(given: string): Instant {
  const at = readMoment(given);
  if (at === undefined) throw new InvalidArgumentError('Expected a time with zone, such as 2026-11-20T19:14:00Z.');
  return at;
}
