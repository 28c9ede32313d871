import type { Command } from 'commander';
import { callerOf, type Caller, type CommonOptions } from './caller.ts';

/** Adds a command that takes --json and --data; every command of fernpost is made here. */
export function addCommand(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option('--json', 'answer with JSON, and errors as JSON on stderr')
    .option('--data <directory>', 'the data directory of the node (or FERNPOST_DATA)');
}

/** Adds a name that only groups commands. */
export function addGroup(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description);
}

/** Runs `work` with the caller, the options and the arguments of the command. */
export function onCall<Options>(
  command: Command,
  work: (caller: Caller, options: Options, ...given: readonly string[]) => Promise<void>,
): void {
  command.action(async (...given: unknown[]) => {
    const options = command.opts<CommonOptions & Options>();
    const texts = given.slice(0, command.registeredArguments.length).flat();
    await work(callerOf(options), options, ...texts.map((text) => (typeof text === 'string' ? text : '')));
  });
}

/** For an option that may be given more than once. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
