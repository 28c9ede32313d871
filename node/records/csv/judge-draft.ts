import type { DataKeyId } from '../../keys/keyring.ts';
import { RecordsError } from '../errors.ts';
import { finishJudging, insertDraftRow, setDraftState } from './draft-queries.ts';
import type { DraftId, DraftPorts, DraftWork } from './drafts.ts';
import type { ImportPlan } from './plan.ts';
import { sealRecord, sealSummary, type DraftRecord } from './sealed-draft.ts';

const rowsPerTransaction = 200;

/** The process ends: what was begun is begun anew by its person. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Judges a file and keeps what was found; never fails: the draft says what went wrong. */
export async function judgeDraft(
  ports: DraftPorts & { readonly work: DraftWork },
  draft: { readonly id: DraftId; readonly name: string; readonly dataKey: DataKeyId },
  file: Uint8Array,
): Promise<void> {
  const { imports, work } = ports;
  const { id } = draft;
  try {
    const plan = await imports.dryRun(once(file), ({ done }) => {
      if (work.stopped) throw new Stopped();
      work.done.set(id, done);
    });
    await keepPlan(ports, draft, plan);
  } catch (error) {
    if (error instanceof Stopped || work.stopped) return; // The next start takes the rest away.
    const failure =
      error instanceof RecordsError
        ? error.message
        : 'the node could not judge the file; nothing was stored. Try again';
    const to = { id, from: 'judging', to: 'failed', importId: null, failure } as const;
    await ports.store.write((w) => w.run(setDraftState, to), { essential: true });
  }
}

async function keepPlan(
  { store, keyring, work }: DraftPorts & { readonly work: DraftWork },
  { id, name, dataKey }: { readonly id: DraftId; readonly name: string; readonly dataKey: DataKeyId },
  plan: ImportPlan,
): Promise<void> {
  const { records, rejected, ...facts } = plan;
  const cells = new Map(rejected.map((row) => [row.number, row.fields]));
  for (let from = 0; from < records.length; from += rowsPerTransaction) {
    if (work.stopped) throw new Stopped();
    await store.write(async (w) => {
      for (const record of records.slice(from, from + rowsPerTransaction)) {
        const fields = cells.get(record.number);
        const kept: DraftRecord = fields === undefined ? record : { ...record, fields };
        const token = await sealRecord(w, keyring, dataKey, id, kept);
        await w.run(insertDraftRow, { draft: id, number: record.number, verdict: record.verdict, token });
      }
    });
  }
  await store.write(async (w) => {
    const token = await sealSummary(w, keyring, dataKey, id, { ...facts, name });
    await w.run(finishJudging, { id, token, records: records.length });
  });
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}
