import * as v from 'valibot';
import { OperationError } from '../platform/operation-error.ts';
import type { ByteStream } from '../platform/files.ts';
import type { NodeServices } from './node-services.ts';

/**
 * One thing that an administrator, a clerk or a program can ask of a node, by name. The command line runs it in its own
 * process where no node is running, and else asks the running node for it through its control door: one definition, so
 * both do the same. What goes in and comes out is JSON, so that it can cross the door; bytes of files cross as streams.
 */
export type Operation<Input, Output> = Plain<Input, Output> | Upload<Input, Output> | Download<Input>;

export interface Plain<Input, Output> {
  readonly form: 'plain';
  readonly schema: v.GenericSchema<Input, unknown>;
  run(services: NodeServices, given: unknown): Promise<Output>;
}

/** Takes the bytes of a file beside its input. */
export interface Upload<Input, Output> {
  readonly form: 'upload';
  readonly schema: v.GenericSchema<Input, unknown>;
  run(services: NodeServices, given: unknown, bytes: ByteStream): Promise<Output>;
}

/** Gives bytes; what is wrong with the request fails before the first of them. */
export interface Download<Input> {
  readonly form: 'download';
  readonly schema: v.GenericSchema<Input, unknown>;
  run(services: NodeServices, given: unknown): ByteStream;
}

export type InputOf<Of> = Of extends Operation<infer Input, unknown> ? Input : never;
export type OutputOf<Of> = Of extends { run(...given: never[]): Promise<infer Output> } ? Output : never;

export function plain<Input, Parsed, Output>(
  schema: v.GenericSchema<Input, Parsed>,
  run: (services: NodeServices, input: Parsed) => Promise<Output>,
): Plain<Input, Output> {
  return { form: 'plain', schema, run: async (services, given) => run(services, read(schema, given)) };
}

export function upload<Input, Parsed, Output>(
  schema: v.GenericSchema<Input, Parsed>,
  run: (services: NodeServices, input: Parsed, bytes: ByteStream) => Promise<Output>,
): Upload<Input, Output> {
  return {
    form: 'upload',
    schema,
    run: async (services, given, bytes) => run(services, read(schema, given), bytes),
  };
}

export function download<Input, Parsed>(
  schema: v.GenericSchema<Input, Parsed>,
  run: (services: NodeServices, input: Parsed) => ByteStream | Promise<ByteStream>,
): Download<Input> {
  return {
    form: 'download',
    schema,
    run: async function* (services, given) {
      yield* await run(services, read(schema, given));
    },
  };
}

/** Says where the input is wrong and what was expected there; valibot's own words would quote what was received. */
function read<Parsed>(schema: v.GenericSchema<unknown, Parsed>, given: unknown): Parsed {
  const result = v.safeParse(schema, given);
  if (result.success) return result.output;
  throw new OperationError('invalid', 'bad-input', `${faultWords(result.issues[0])}. Nothing was changed.`);
}

/** Names only members that the schema knows: what somebody else wrote in their place may be anything. */
function faultWords(issue: v.BaseIssue<unknown>): string {
  const path = issue.path ?? [];
  const isMember = path.at(-1)?.origin === 'key';
  const isMissing = isMember && issue.expected?.startsWith('"') === true;
  const isStray = isMember && !isMissing;
  const known = (isStray ? path.slice(0, -1) : path).map(({ key }) => String(key)).join('.');
  const where = known === '' ? 'the input' : known;
  if (isStray) return `${where}: has a member that does not belong there`;
  if (isMissing) return `${where}: is missing`;
  const expected = issue.expected ?? 'another kind of value';
  return `${where}: ${issue.kind === 'schema' ? `expected ${expected}` : ownWords(issue)}`;
}

function ownWords({ type, message, requirement }: v.BaseIssue<unknown> & { readonly requirement?: unknown }): string {
  if (type === 'min_value') return `expected ${String(requirement)} or more`;
  if (type === 'max_value') return `expected ${String(requirement)} or less`;
  if (type === 'integer') return 'expected a whole number';
  return message.startsWith('Invalid') ? 'not in the expected form' : message;
}
