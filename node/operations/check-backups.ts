import { formatInstant } from '../../protocol/instant.ts';
import type { BackupStanding } from '../backups/backups.ts';
import { bad, good, type Finding } from './finding.ts';
import type { NodeServices } from './node-services.ts';

const hourMs = 3_600_000;
/** A backup that is so many intervals old is late. */
const intervalsLate = 2;
/** Without a backup for so long, something is broken; longer intervals have three. */
const daysWithoutBackup = 7;
const intervalsWithout = 3;
/** A drill proves one backup; the disk goes on ageing. */
export const drillDaysMax = 35;

/** Whether backups are made, and whether one was restored lately: a backup that nobody restored is a hope. */
export async function checkBackups({ backups, clock }: NodeServices): Promise<readonly Finding[]> {
  const standing = await backups.standing();
  if (standing.config === undefined)
    return [
      bad(
        'backup',
        'warn',
        'this node',
        'this node makes no backups',
        'add "backups": { "directory": "/a/directory/on/another/disk" } to fernpost.json and start the node again',
      ),
    ];
  return [checkBackup(standing, clock.now()), checkDrill(standing, clock.now())];
}

function checkBackup({ config, backup, goodBackup }: BackupStanding, now: number): Finding {
  const everyMs = (config?.everyHours ?? 0) * hourMs;
  const again = 'do that, then back up again: on the page Health, or with fernpost backup create';
  const ageMs = goodBackup === undefined ? Number.POSITIVE_INFINITY : now - goodBackup.startedAt;
  const isOut = ageMs > Math.max(daysWithoutBackup * 24 * hourMs, intervalsWithout * everyMs);
  const last =
    goodBackup === undefined ? 'none was made yet' : `the last one is of ${formatInstant(goodBackup.startedAt)}`;
  if (backup?.state === 'failed')
    return bad('backup', isOut ? 'fail' : 'warn', 'this node', `${last}; then it failed: ${backup.message}`, again);
  if (goodBackup === undefined)
    return bad('backup', 'warn', 'this node', last, 'back up now: on the page Health, or with fernpost backup create');
  const damaged = goodBackup.facts['damaged'] ?? 0;
  if (damaged > 0)
    return bad(
      'backup',
      'fail',
      'this node',
      `${last}; ${damaged} files of patients could not be read on this node and are not in it`,
      'look at this disk: the diagnostics say blob-damaged-here',
    );
  if (ageMs > intervalsLate * everyMs)
    return bad('backup', isOut ? 'fail' : 'warn', 'this node', `${last}, which is too long ago`, again);
  return good('backup', last);
}

function checkDrill({ drill, goodDrill }: BackupStanding, now: number): Finding {
  const how = 'start a restore drill: on the page Health, or with fernpost backup drill';
  if (drill?.state === 'failed')
    return bad('restore drill', 'fail', 'this node', `the last one failed: ${drill.message}`, how);
  if (goodDrill === undefined)
    return bad('restore drill', 'warn', 'this node', 'no backup was ever restored to see whether it is whole', how);
  const last = `the backup ${goodDrill.backup} was restored and proven at ${formatInstant(goodDrill.endedAt)}`;
  if (now - goodDrill.endedAt <= drillDaysMax * 24 * hourMs) return good('restore drill', last);
  return bad('restore drill', 'warn', 'this node', `${last}, more than ${drillDaysMax} days ago`, how);
}
