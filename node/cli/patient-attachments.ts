import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import { addCommand, onCall } from './command.ts';
import { openInput, writeOutput } from './files.ts';
import { counted, withProgress } from './progress.ts';
import { bytesText } from '../operations/bytes-text.ts';

/** What a file's ending says; everything else is bytes, and --type says it better. */
const contentTypes: Readonly<Record<string, string>> = {
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.dcm': 'application/dicom',
  '.txt': 'text/plain',
  '.csv': 'text/csv',
  '.json': 'application/json',
  '.xml': 'application/xml',
  '.mp4': 'video/mp4',
  '.zip': 'application/zip',
};

interface AttachOptions {
  readonly title?: string;
  readonly type?: string;
  readonly consultation?: string;
}

export function addPatientAttachments(group: Command): void {
  const attach = addCommand(group, 'attach', 'add a file of any type and size to a patient')
    .argument('<patient>', 'id or CSV id')
    .argument('<file>', 'the file; - for stdin')
    .option('--title <text>', 'as people see it; the name of the file without it')
    .option('--type <type/subtype>', 'content type; by the ending of the file without it')
    .option('--consultation <id>', 'to which consultation it belongs');
  onCall<AttachOptions>(attach, async (caller, options, patient = '', file = '') => {
    await using session = await caller.openSession();
    const { bytes, size } = await openInput(caller, file);
    const named = file === '-' ? 'stdin' : basename(file);
    const input = {
      patient,
      title: options.title ?? named,
      contentType: options.type ?? contentTypes[extname(file).toLowerCase()] ?? 'application/octet-stream',
      ...(options.consultation === undefined ? {} : { consultation: options.consultation }),
    };
    const added = await withProgress(caller, 'Sealing', (progress) =>
      session.upload('patient.attach', input, counted(bytes, progress, size)),
    );
    caller.answer(added, [`Added attachment ${added.attachment.id}, ${bytesText(added.attachment.size)}.`]);
  });

  const attachment = addCommand(group, 'attachment', 'write an attachment of a patient to a file')
    .argument('<attachment>', 'id')
    .option('--out <file>', 'a new file; stdout without it');
  onCall<{ out?: string }>(attachment, async (caller, { out }, id = '') => {
    await using session = await caller.openSession();
    const size = await withProgress(caller, 'Opening', (progress) =>
      writeOutput(
        caller,
        out,
        counted(session.download('patient.attachment', { attachment: id }), progress, undefined),
      ),
    );
    if (out !== undefined && out !== '-') caller.answer({ file: out, size }, [`Wrote ${bytesText(size)} to ${out}.`]);
  });
}
