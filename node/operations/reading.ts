import type { DownloadName, PlainName } from './table.ts';

/**
 * What may be asked of a data directory that was restored from a backup (Node §3): it changes nothing, signs nothing and
 * speaks to nobody. What is not here is refused.
 */
const reading: ReadonlySet<PlainName | DownloadName> = new Set<PlainName | DownloadName>([
  'patient.list',
  'patient.find',
  'patient.show',
  'patient.attachment',
  'patient.export',
  'referral.list',
  'referral.find',
  'referral.show',
  'referral.outbox',
  'referral.attachment',
  'referral.document',
  'peer.list',
  'user.list',
  'token.list',
  'station.list',
  'department.list',
  'setting.list',
  'log.facts',
  'log.resource',
]);

export function onlyReads(operation: string): boolean {
  return (reading as ReadonlySet<string>).has(operation);
}
