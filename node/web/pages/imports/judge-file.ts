import type { Acts } from '../../../accounts/once.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { writerOf } from '../patients/patient-author.ts';
import { titleOfFile } from '../uploads/file-title.ts';
import { SentBefore, unlessSentBefore } from '../uploads/sent-before.ts';

/** A small file is judged by then; of a larger one the preview page tells how far it is. */
const patienceMs = 2_000;

/** The same file sent twice leads to one preview; another one, from a page that was gone back to, to its own. */
export async function judgeFile(visit: Visit, desk: DeskServices, acts: Acts): Promise<string> {
  let begun: Awaited<ReturnType<DeskServices['importDrafts']['begin']>> | undefined;
  let mark = '';
  try {
    await visit.parts(async ({ name, bytes }) => {
      if (name === '' || begun !== undefined) {
        for await (const piece of bytes) void piece; // What is not asked for is read to its end and left.
        return;
      }
      const fresh = unlessSentBefore(bytes, (sha256) => acts.find((mark = sha256)));
      begun = await desk.importDrafts.begin(fresh, { name: titleOfFile(name), by: writerOf(visit) });
      acts.note(mark, url('import-draft', { draft: begun.id }));
    });
  } catch (error) {
    if (error instanceof SentBefore) return error.location;
    throw error;
  }
  if (begun === undefined) throw new OperationError('invalid', 'no-file', 'choose a CSV file');
  const late = new AbortController();
  await Promise.race([begun.judged, desk.clock.sleep(patienceMs, late.signal)]);
  late.abort();
  return url('import-draft', { draft: begun.id });
}
