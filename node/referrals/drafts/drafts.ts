import type { ReferralId } from '../../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../../protocol/instant.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Clock } from '../../platform/clock.ts';
import { OperationError } from '../../platform/operation-error.ts';
import type { Random } from '../../platform/random.ts';
import type { PatientId } from '../../records/model.ts';
import type { Patients } from '../../records/patients.ts';
import type { Reader, Store } from '../../store/store.ts';
import type { Actor, Referrals, SendReferral } from '../referrals.ts';
import { draftQueries } from '../work-queries.ts';
import { parseDraftFields, writeDraftFields, type DraftFields } from './draft-fields.ts';

/*
 * A referral that is being written lies on the server, sealed under its patient's key: a closed browser loses nothing,
 * the back button and a second tab see the same draft, and one draft becomes one referral, however often it is sent.
 */
export interface ReferralDrafts {
  /** Under `id`, which the form brought, so that a form that is sent again goes on with the draft that it began. */
  begin(patient: PatientId, author: Actor, id?: string): Promise<string>;
  /** Only its own author sees a draft. Fails with `unknown-draft`. */
  get(id: string, author: Actor): Promise<ReferralDraft>;
  /** Joins `fields` with what is held. */
  save(id: string, author: Actor, fields: DraftFields): Promise<ReferralDraft>;
  /**
   * Sends what the author was shown: fails with `draft-changed` when it is another version by now. A draft that was sent
   * already gives its referral again.
   */
  send(id: string, author: Actor, version: number, sending: SendReferral): Promise<ReferralId>;
  /** Those that were not sent, the one touched last first. */
  list(author: Actor): Promise<readonly Omit<ReferralDraft, 'fields' | 'version' | 'sent'>[]>;
  discard(id: string, author: Actor): Promise<void>;
}

export interface ReferralDraft {
  readonly id: string;
  readonly patient: PatientId;
  readonly version: number;
  readonly changedAt: Instant;
  readonly fields: DraftFields;
  readonly sent: ReferralId | undefined;
}

export interface DraftsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly patients: Patients;
  readonly referrals: Pick<Referrals, 'send'>;
}

const savesMax = 5;
const purposeOf = (id: string): string => `referral_draft/${id}`;

export function openDrafts(ports: DraftsPorts): ReferralDrafts {
  const { store, clock, random } = ports;
  return {
    begin: async (patient, author, id = random.uuid()) => {
      const now = clock.now();
      await store.write(async (writer) => {
        if ((await writer.first(draftQueries.get, { id, by_id: author.id })) !== undefined) return;
        const dataKey = await ports.patients.dataKeyOf(writer, patient);
        const token = await ports.keyring.seal(writer, dataKey, purposeOf(id), writeDraftFields({}));
        await writer.run(draftQueries.insert, { id, patient, by_id: author.id, now, token });
      });
      return id;
    },
    get: (id, author) => store.read((reader) => getDraft(ports, reader, id, author)),
    save: (id, author, fields) => save(ports, id, author, fields),
    send: (id, author, version, sending) => send(ports, id, author, version, sending),
    list: (author) =>
      store.read(async (reader) => {
        const rows = await reader.all(draftQueries.openOf, { by_id: author.id });
        return rows.map((row) => ({
          id: row.id,
          patient: row.patient as PatientId,
          changedAt: instantOfMs(row.changed_at),
        }));
      }),
    discard: async (id, author) => {
      await store.write((writer) => writer.run(draftQueries.forget, { id, by_id: author.id }));
    },
  };
}

/** Two tabs may save at once: each joins its own fields to what the other one wrote. */
async function save(ports: DraftsPorts, id: string, author: Actor, fields: DraftFields): Promise<ReferralDraft> {
  for (let tries = 1; tries <= savesMax; tries += 1) {
    const saved = await ports.store.write(async (writer) => {
      const held = await getDraft(ports, writer, id, author);
      if (held.sent !== undefined) throw sentAlready();
      const joined = { ...held.fields, ...fields };
      const dataKey = await ports.patients.dataKeyOf(writer, held.patient);
      const token = await ports.keyring.seal(writer, dataKey, purposeOf(id), writeDraftFields(joined));
      const now = ports.clock.now();
      const next = held.version + 1;
      const { changes } = await writer.run(draftQueries.save, { id, version: held.version, next, token, now });
      return changes === 0 ? undefined : { ...held, version: next, changedAt: now, fields: joined };
    });
    if (saved !== undefined) return saved;
  }
  throw new OperationError('conflict', 'changed-meanwhile', 'The draft is being changed elsewhere. Try again.');
}

async function send(
  ports: DraftsPorts,
  id: string,
  author: Actor,
  version: number,
  sending: SendReferral,
): Promise<ReferralId> {
  const held = await ports.store.read((reader) => getDraft(ports, reader, id, author));
  if (held.sent !== undefined) return held.sent;
  if (held.version !== version) throw changed();
  try {
    const { id: referral } = await ports.referrals.send(
      { ...sending, patient: held.patient, author },
      async (writer, made) => {
        const { changes } = await writer.run(draftQueries.sent, { id, version, referral: made });
        if (changes === 0) throw changed();
      },
    );
    return referral;
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== 'draft-changed') throw error;
    const again = await ports.store.read((reader) => getDraft(ports, reader, id, author));
    if (again.sent === undefined) throw error;
    return again.sent;
  }
}

async function getDraft(ports: DraftsPorts, reader: Reader, id: string, author: Actor): Promise<ReferralDraft> {
  const row = await reader.first(draftQueries.get, { id, by_id: author.id });
  if (row === undefined)
    throw new OperationError('not-found', 'unknown-draft', 'There is no draft of yours with this address.');
  const patient = row.patient as PatientId;
  const dataKey = await ports.patients.dataKeyOf(reader, patient);
  const fields = parseDraftFields(await ports.keyring.open(reader, dataKey, purposeOf(id), row.token));
  return {
    id,
    patient,
    version: row.version,
    changedAt: instantOfMs(row.changed_at),
    fields,
    sent: row.sent === null ? undefined : (row.sent as ReferralId),
  };
}

function changed(): OperationError {
  return new OperationError(
    'conflict',
    'draft-changed',
    'The draft was changed after this preview was made, perhaps in another tab. Nothing was sent: look at it again.',
  );
}

function sentAlready(): OperationError {
  return new OperationError('conflict', 'draft-sent', 'This draft was sent already: it cannot be changed any more.');
}
