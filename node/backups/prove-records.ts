import { KeyError, parseDataKeyId, type Keyring } from '../keys/keyring.ts';
import { liveDataKeys } from '../keys/key-queries.ts';
import { nextTurn } from '../platform/turn.ts';
import type { DatabaseCopy } from '../store/copy.ts';
import type { SealedValue } from '../store/sealed-rows.ts';
import type { Reader } from '../store/store.ts';
import { anotherBackup, DrillFault } from './drill-fault.ts';
import type { Progress } from './progress.ts';

export interface ProvenRecords {
  /** Keys of patients and referrals that unwrap, and sealed values that open. */
  readonly keys: number;
  readonly values: number;
}

const keysAtOnce = 128;

/**
 * Unwraps every data key of a copy and opens everything that is sealed: all of it, with a turn for others between pages.
 * What lies under a destroyed key is meant to stay shut. Nothing that was opened is kept.
 */
export async function proveRecords(copy: DatabaseCopy, keyring: Keyring, progress: Progress): Promise<ProvenRecords> {
  progress.enter('records');
  const damage = new Map<string, number>();
  const keys = await copy.read((reader) => unwrapAll(reader, keyring, damage, progress));
  const total = copy.countSealed();
  let values = 0;
  for (const page of copy.sealed()) {
    await copy.read(async (reader) => {
      for (const value of page)
        if (!(await opens(reader, keyring, value))) damage.set(value.table, (damage.get(value.table) ?? 0) + 1);
    });
    values += page.length;
    progress.reached(values, total);
    await nextTurn();
  }
  if (damage.size === 0) return { keys, values };
  const words = [...damage].map(([table, count]) => `${count} of ${table}`).join(', ');
  throw new DrillFault(
    'records-damaged',
    `sealed values in it do not open with this node's root key (${words}): ${anotherBackup}; if it stays, search the database for damage`,
  );
}

async function unwrapAll(
  reader: Reader,
  keyring: Keyring,
  damage: Map<string, number>,
  progress: Progress,
): Promise<number> {
  let keys = 0;
  for (let after = ''; ;) {
    const rows = await reader.all(liveDataKeys, { after, limit: keysAtOnce });
    for (const { id } of rows)
      if (!(await isWhole(keyring.check(reader, parseDataKeyId(id))))) damage.set('key', (damage.get('key') ?? 0) + 1);
    keys += rows.length;
    progress.assertGoing();
    if (rows.length < keysAtOnce) return keys;
    after = rows.at(-1)?.id ?? '';
    await nextTurn();
  }
}

async function opens(reader: Reader, keyring: Keyring, { key, token }: SealedValue): Promise<boolean> {
  if (key === '') return false;
  if (key === 'own') return await isWhole(Promise.try(() => keyring.checkOwn(token)));
  return await isWhole(keyring.check(reader, parseDataKeyId(key), token));
}

async function isWhole(check: Promise<void>): Promise<boolean> {
  try {
    await check;
    return true;
  } catch (error) {
    if (error instanceof KeyError) return error.code === 'shredded';
    throw error;
  }
}
