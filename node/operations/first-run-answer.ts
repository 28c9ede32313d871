import * as v from 'valibot';
import { formatInstant } from '../../protocol/instant.ts';
import { OperationError } from '../platform/operation-error.ts';
import { atTheMachine } from './administration.ts';
import { text } from './fields.ts';
import type { Finding } from './finding.ts';
import { backupCheck, checkFirstRun, firstRunTitles, worstOf, type FirstRunCheck } from './first-run.ts';
import { begun, meaningOf, titleOf } from './meanings.ts';
import { plain } from './operation.ts';

/** A finding in the words that page and terminal share. */
export interface ToldFinding {
  readonly state: Finding['state'];
  /** What was looked at; empty where the check looks at one thing alone. */
  readonly heading: string;
  readonly detail: string;
  /** Where it is not good: whose matter it is, the fix, and what it means for patients. */
  readonly toDo: { readonly side: string; readonly fix: string; readonly meaning: string } | null;
}

export interface ToldCheck {
  readonly name: FirstRunCheck['name'];
  readonly title: string;
  readonly state: Finding['state'];
  readonly findings: readonly ToldFinding[];
}

/** One of the six as people read it (screen 13). */
export function tellCheck(check: FirstRunCheck): ToldCheck {
  const isOneOfMany = check.findings.length > 1;
  const findings = check.findings.map((finding) => ({
    state: finding.state,
    heading: isOneOfMany ? titleOf(finding) : '',
    detail: isOneOfMany ? finding.detail : begun(finding.detail),
    toDo: finding.state === 'ok' ? null : { side: finding.side, fix: begun(finding.fix), meaning: meaningOf(finding) },
  }));
  return { name: check.name, title: firstRunTitles[check.name], state: worstOf(check), findings };
}

export function holdWords(checks: readonly Pick<ToldCheck, 'state'>[]): string {
  const [held, warned] = ['ok', 'warn'].map((word) => checks.filter(({ state }) => state === word).length);
  const look = warned === 0 ? '' : `, ${warned} ${warned === 1 ? 'wants' : 'want'} a look`;
  return `${held} of ${checks.length} hold${look}.`;
}

export function readyWords(checks: readonly Pick<ToldCheck, 'state'>[]): string {
  return isReady(checks) ? 'This node is ready for its first peer' : 'You may pair a peer before everything holds';
}

export function isReady(checks: readonly Pick<ToldCheck, 'state'>[]): boolean {
  return checks.every(({ state }) => state !== 'fail');
}

/** Nobody has said yet that a copy of the root key lies in a safe. */
export function needsConfirmation({ findings }: FirstRunCheck): boolean {
  return findings.some(({ check, state }) => check === backupCheck && state !== 'ok');
}

/** The six checks for whoever is at the node's machine. */
export const firstRunOperations = {
  'first-run.check': plain(v.strictObject({}), async (services) => {
    const [checks, users] = await Promise.all([checkFirstRun(services), services.accounts.isEmpty()]);
    return {
      checks: checks.map(tellCheck),
      keysConfirmed: !checks.some(needsConfirmation),
      rootKeyFile: services.config.rootKey.path,
      hasUsers: !users,
      peers: services.directory.list().length,
    };
  }),

  /** A person vouches for the safe: the node cannot look into it. Who it was stands in the log. */
  'first-run.confirm-keys': plain(v.strictObject({ by: text }), async ({ settings, clock }, { by }) => {
    const keysBackedUp = `${formatInstant(clock.now())} by ${by} at the machine`;
    const changed = await settings.change(atTheMachine, { keysBackedUp });
    if (changed.state === 'changed') return { keysBackedUp };
    throw new OperationError(
      'invalid',
      'bad-name',
      'The name of who confirms is one line of at most 60 letters. Nothing was confirmed.',
    );
  }),
};
