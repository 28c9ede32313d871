import { statement } from '../../store/statement.ts';

export const insertAttachment = statement<{
  id: string;
  patient: string;
  consultation: string | null;
  size: number;
  chunks: number;
  now: number;
  token: Uint8Array;
}>()((db, values) =>
  db.insertInto('attachment').values({
    id: values.id,
    patient: values.patient,
    consultation: values.consultation,
    size: values.size,
    chunks: values.chunks,
    created_at: values.now,
    token: values.token,
  }),
);

export const insertChunk = statement<{ attachment: string; i: number; blob: string; size: number }>()((db, values) =>
  db.insertInto('attachment_chunk').values({
    attachment: values.attachment,
    i: values.i,
    blob: values.blob,
    size: values.size,
  }),
);

const shown = ['id', 'patient', 'consultation', 'size', 'chunks', 'created_at', 'token'] as const;

export interface AttachmentRow {
  readonly id: string;
  readonly patient: string;
  readonly consultation: string | null;
  readonly size: number;
  readonly chunks: number;
  readonly created_at: number;
  readonly token: Uint8Array;
}

export const attachmentById = statement<{ id: string }>()((db, values) =>
  db.selectFrom('attachment').select(shown).where('id', '=', values.id),
);

export const attachmentsOf = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('attachment')
    .select(shown)
    .where('patient', '=', values.patient)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc'),
);

type Range = { patient: string; at: number; id: string; limit: number };

/** The newest first, from a key on, by keyset. */
export const attachmentsBefore = statement<Range>()((db, values) =>
  db
    .selectFrom('attachment')
    .select(shown)
    .where('patient', '=', values.patient)
    .where((row) => row(row.refTuple('created_at', 'id'), '<', row.tuple(values.at, values.id)))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(values.limit),
);

/** The same, of one consultation. */
export const attachmentsOfConsultation = statement<Range & { consultation: string }>()((db, values) =>
  db
    .selectFrom('attachment')
    .select(shown)
    .where('patient', '=', values.patient)
    .where('consultation', '=', values.consultation)
    .where((row) => row(row.refTuple('created_at', 'id'), '<', row.tuple(values.at, values.id)))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(values.limit),
);

export const countAttachments = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('attachment')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('patient', '=', values.patient),
);
export const countOfConsultation = statement<{ patient: string; consultation: string }>()((db, values) =>
  db
    .selectFrom('attachment')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('patient', '=', values.patient)
    .where('consultation', '=', values.consultation),
);

export const chunkBlob = statement<{ attachment: string; i: number }>()((db, values) =>
  db
    .selectFrom('attachment_chunk')
    .select(['blob', 'size'])
    .where('attachment', '=', values.attachment)
    .where('i', '=', values.i),
);

export const chunksOfUpload = statement<{ attachment: string }>()((db, values) =>
  db.selectFrom('attachment_chunk').select(['blob', 'size']).where('attachment', '=', values.attachment).orderBy('i'),
);

/** Chunks from the i-th on: of a file that comes in pieces, noted but not counted when the line broke. */
export const chunksFrom = statement<{ attachment: string; i: number }>()((db, values) =>
  db
    .selectFrom('attachment_chunk')
    .select(['i', 'blob'])
    .where('attachment', '=', values.attachment)
    .where('i', '>=', values.i),
);

export const deleteChunk = statement<{ attachment: string; i: number }>()((db, values) =>
  db.deleteFrom('attachment_chunk').where('attachment', '=', values.attachment).where('i', '=', values.i),
);

export const deleteChunks = statement<{ attachment: string }>()((db, values) =>
  db.deleteFrom('attachment_chunk').where('attachment', '=', values.attachment),
);

/** Chunks without their attachment, and of no upload that may go on. */
export const unfinishedUploads = statement<Record<never, never>>()((db) =>
  db
    .selectFrom('attachment_chunk')
    .select('attachment')
    .distinct()
    .where((row) =>
      row.not(
        row.exists(
          row
            .selectFrom('attachment')
            .select('attachment.id')
            .whereRef('attachment.id', '=', 'attachment_chunk.attachment'),
        ),
      ),
    )
    .where((row) =>
      row.not(
        row.exists(
          row
            .selectFrom('upload')
            .select('upload.id')
            .whereRef('upload.id', '=', 'attachment_chunk.attachment')
            .where('upload.attachment', 'is', null),
        ),
      ),
    ),
);

export const consultationOfPatient = statement<{ id: string; patient: string }>()((db, values) =>
  db.selectFrom('consultation').select('id').where('id', '=', values.id).where('patient', '=', values.patient),
);
