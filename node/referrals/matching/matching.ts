import { fhirJsonRules } from '../../../protocol/bundle/fhir/check.ts';
import { utf8, parseUtf8 } from '../../../protocol/bytes.ts';
import type { NodeName, ReferralId } from '../../../protocol/ids.ts';
import { formatInstant, instantOfMs, type Instant } from '../../../protocol/instant.ts';
import { parseJsonObject, type JsonObject } from '../../../protocol/json.ts';
import { writeLocalRecord } from '../../../protocol/log/record.ts';
import type { Sequencer } from '../../exchange-log/sequencer.ts';
import type { DataKeyId, Keyring } from '../../keys/keyring.ts';
import type { Clock } from '../../platform/clock.ts';
import { OperationError } from '../../platform/operation-error.ts';
import type { Random } from '../../platform/random.ts';
import { findStoredMatches } from '../../records/matching/look-alikes.ts';
import { matchProfile, scoreMatch, type MatchResult } from '../../records/matching/score.ts';
import type { PatientDetails, PatientId, PatientRecord } from '../../records/model.ts';
import type { Patients } from '../../records/patients.ts';
import type { ReceivedPatients } from '../../records/received-patients.ts';
import type { ReferralWorkTables } from '../../store/schema/referral-work.ts';
import type { Reader, Store, Writer } from '../../store/store.ts';
import { findReferral } from '../apply-events.ts';
import type { Actor, Referrals } from '../referrals.ts';
import { matchQueries } from '../work-queries.ts';
import { receivedPerson } from './received-person.ts';

/*
 * Whether a received referral is about a patient of ours (Records §2). The program proposes; a person answers, with a
 * reason, and every answer is a `local` leaf of the log that names nobody. A link keeps both records as they are.
 */
export interface Matching {
  /** The received person beside own patients that may be the same, best first, with what people answered. */
  compare(referral: ReferralId): Promise<Comparison>;
  /** The same for one own patient that somebody looked up. */
  compareWith(referral: ReferralId, patient: PatientId): Promise<Candidate>;
  /** Fails with `linked-already` where the referral is linked to another patient. */
  answer(referral: ReferralId, given: GivenAnswer, author: Actor): Promise<void>;
  /** Whom the signed document describes, as far as a record of ours would say it. */
  personOf(referral: ReferralId): Promise<PatientDetails>;
  /** Registers the received person, or what somebody made of the description, as a new patient of ours and links it. */
  register(referral: ReferralId, why: string, author: Actor, person?: PatientDetails): Promise<PatientId>;
  unlink(referral: ReferralId, author: Actor): Promise<void>;
  linkOf(referral: ReferralId): Promise<MatchAnswer | undefined>;
  /** Received referrals that were linked to a patient of ours, newest first. */
  linkedTo(
    patient: PatientId,
  ): Promise<readonly { readonly referral: ReferralId; readonly at: Instant; readonly by: string }[]>;
}

export interface GivenAnswer {
  readonly answer: 'same' | 'other' | 'not-sure';
  /** Absent for "not sure" about nobody in particular. */
  readonly patient?: PatientId;
  readonly why: string;
}

export interface MatchAnswer {
  readonly id: string;
  readonly referral: ReferralId;
  readonly patient: PatientId | undefined;
  readonly answer: 'same' | 'other' | 'not-sure';
  readonly by: string;
  readonly at: Instant;
  readonly why: string;
  readonly undone: { readonly at: Instant; readonly by: string } | undefined;
}

export interface Candidate {
  readonly patient: PatientRecord;
  readonly result: MatchResult;
  /** The newest answer about this pair, of this referral or an earlier one about the same person of that hospital. */
  readonly answered: MatchAnswer | undefined;
}

export interface Comparison {
  readonly person: PatientDetails;
  readonly candidates: readonly Candidate[];
  readonly link: MatchAnswer | undefined;
  /** Every answer on this referral, newest first. */
  readonly answers: readonly MatchAnswer[];
}

export interface MatchingPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly log: Sequencer;
  readonly clock: Clock;
  readonly random: Random;
  readonly patients: Patients;
  readonly receivedPatients: ReceivedPatients;
  readonly referrals: Pick<Referrals, 'show' | 'document'>;
  dataKeyOf(text: string): DataKeyId;
}

const whyPurpose = 'referral_match.why';
const whyLengthMax = 2_000;
const saltBytes = 32;

export function openMatching(ports: MatchingPorts): Matching {
  return {
    compare: (referral) => compare(ports, referral),
    compareWith: async (referral, patient) => {
      const { person } = await personOf(ports, referral);
      const record = await ports.patients.get(patient);
      const answers = await earlierAnswers(ports, referral);
      return candidateOf(record, scoreMatch(matchProfile(person), matchProfile(record.details)), answers);
    },
    answer: (referral, given, author) => answer(ports, referral, given, author),
    personOf: async (referral) => (await personOf(ports, referral)).person,
    register: (referral, why, author, person) => register(ports, referral, why, author, person),
    unlink: (referral, author) => unlink(ports, referral, author),
    linkOf: (referral) =>
      ports.store.read(async (reader) => {
        const row = await reader.first(matchQueries.link, { referral });
        const held = await findReferral(reader, referral);
        return row === undefined || held === undefined ? undefined : answerOf(ports, reader, held.data_key, row);
      }),
    linkedTo: (patient) =>
      ports.store.read(async (reader) => {
        const rows = await reader.all(matchQueries.ofPatient, { patient });
        return rows.map((row) => ({
          referral: row.referral as ReferralId,
          at: instantOfMs(row.at),
          by: row.by_name,
        }));
      }),
  };
}

async function compare(ports: MatchingPorts, referral: ReferralId): Promise<Comparison> {
  const { person } = await personOf(ports, referral);
  const found = await ports.store.read((reader) => findStoredMatches(reader, ports.keyring, person));
  const earlier = await earlierAnswers(ports, referral);
  const candidates: Candidate[] = [];
  for (const { other, result } of found) {
    const record = await ports.patients.find(other.patient);
    if (record !== undefined) candidates.push(candidateOf(record, result, earlier));
  }
  const answers = earlier.filter((one) => one.referral === referral);
  const link = answers.find((one) => one.answer === 'same' && one.undone === undefined);
  const linked = link?.patient;
  if (linked !== undefined && !candidates.some((one) => one.patient.id === linked)) {
    const record = await ports.patients.find(linked);
    if (record !== undefined)
      candidates.unshift(candidateOf(record, scoreMatch(matchProfile(person), matchProfile(record.details)), earlier));
  }
  return { person, candidates, link, answers };
}

function candidateOf(patient: PatientRecord, result: MatchResult, answers: readonly MatchAnswer[]): Candidate {
  const answered = answers.find((one) => one.patient === patient.id && one.undone === undefined);
  return { patient, result, answered };
}

/** Answers on this referral and on earlier ones about the person whom that hospital calls by the same CSV id. */
async function earlierAnswers(ports: MatchingPorts, referral: ReferralId): Promise<readonly MatchAnswer[]> {
  const { peer, summary } = await ports.referrals.show(referral);
  return ports.store.read(async (reader) => {
    const found =
      summary.csvId === '' ? [] : await ports.receivedPatients.findReceived(reader, peer as NodeName, summary.csvId);
    const ids = new Set<ReferralId>([referral, ...found.map((one) => one.referral)]);
    const answers: MatchAnswer[] = [];
    for (const id of ids) {
      const held = await findReferral(reader, id);
      if (held === undefined || held.direction !== 'received') continue;
      for (const row of await reader.all(matchQueries.ofReferral, { referral: id }))
        answers.push(await answerOf(ports, reader, held.data_key, row));
    }
    return answers.toSorted((a, b) => b.at - a.at);
  });
}

async function answer(ports: MatchingPorts, referral: ReferralId, given: GivenAnswer, author: Actor): Promise<void> {
  checkWhy(given.why);
  if (given.answer !== 'not-sure' && given.patient === undefined)
    throw new OperationError('invalid', 'patient-missing', 'This answer is about one patient: choose who is meant.');
  if (given.patient !== undefined) await ports.patients.get(given.patient);
  await ports.store.write((writer) => noteAnswer(ports, writer, referral, given, author));
}

async function noteAnswer(
  ports: MatchingPorts,
  writer: Writer,
  referral: ReferralId,
  { answer: said, patient, why }: GivenAnswer,
  author: Actor,
): Promise<void> {
  const held = await getReceived(writer, referral);
  const link = await writer.first(matchQueries.link, { referral });
  if (said === 'same' && link !== undefined) {
    if (link.patient === patient) return;
    throw new OperationError(
      'conflict',
      'linked-already',
      `${link.by_name} linked this referral to another patient. Undo that link first.`,
    );
  }
  const now = ports.clock.now();
  if (said !== 'same' && link !== undefined && link.patient === (patient ?? null))
    await writer.run(matchQueries.undo, { id: link.id, now, by_name: author.name });
  await writer.run(matchQueries.insert, {
    id: ports.random.uuid(),
    referral,
    patient: patient ?? null,
    answer: said,
    by_id: author.id,
    by_name: author.name,
    at: now,
    why: await ports.keyring.seal(writer, ports.dataKeyOf(held.data_key), whyPurpose, utf8(why.trim())),
  });
  await logAnswer(ports, writer, referral, held.peer, `match-${said}`, author);
}

async function register(
  ports: MatchingPorts,
  referral: ReferralId,
  why: string,
  author: Actor,
  given?: PatientDetails,
): Promise<PatientId> {
  checkWhy(why);
  const { person, number } = await personOf(ports, referral);
  const link = await ports.store.read((reader) => reader.first(matchQueries.link, { referral }));
  if (link !== undefined)
    throw new OperationError(
      'conflict',
      'linked-already',
      `${link.by_name} linked this referral to a patient already.`,
    );
  const added = await ports.patients.add(
    { ...(given ?? person), csvId: number },
    { user: author.id, name: author.name },
  );
  const patient = added.state === 'added' ? added.record.id : added.patient;
  await ports.store.write((writer) => noteAnswer(ports, writer, referral, { answer: 'same', patient, why }, author));
  return patient;
}

async function unlink(ports: MatchingPorts, referral: ReferralId, author: Actor): Promise<void> {
  await ports.store.write(async (writer) => {
    const held = await getReceived(writer, referral);
    const link = await writer.first(matchQueries.link, { referral });
    if (link === undefined)
      throw new OperationError('conflict', 'not-linked', 'This referral is not linked to a patient of ours.');
    await writer.run(matchQueries.undo, { id: link.id, now: ports.clock.now(), by_name: author.name });
    await logAnswer(ports, writer, referral, held.peer, 'match-undone', author);
  });
}

/** The leaf says that a person answered, and how; whom it was about stands in no log (Spec §6). */
async function logAnswer(
  ports: MatchingPorts,
  writer: Writer,
  referral: ReferralId,
  peer: string,
  act: string,
  author: Actor,
): Promise<void> {
  const members = { act, by: author.id, referral, at: formatInstant(ports.clock.now()) };
  const record = writeLocalRecord({ kind: 'audit', salt: ports.random.bytes(saltBytes), members });
  await ports.log.queue(writer, { type: 'local', record, peer: peer as NodeName });
}

async function personOf(
  ports: MatchingPorts,
  referral: ReferralId,
): Promise<{ readonly person: PatientDetails; readonly number: string }> {
  const { direction, events, number } = await ports.referrals.show(referral);
  const first = events.find((event) => event.author === 'sender' && event.seq === 1);
  if (direction !== 'received' || first === undefined) throw unknownReferral();
  const bundle: JsonObject = parseJsonObject(await ports.referrals.document(referral, first.message), fhirJsonRules);
  return { person: receivedPerson(bundle), number };
}

async function getReceived(reader: Reader, referral: ReferralId) {
  const held = await findReferral(reader, referral);
  if (held === undefined || held.direction !== 'received') throw unknownReferral();
  return held;
}

async function answerOf(
  ports: MatchingPorts,
  reader: Reader,
  dataKey: string,
  row: ReferralWorkTables['referral_match'],
): Promise<MatchAnswer> {
  const why = parseUtf8(await ports.keyring.open(reader, ports.dataKeyOf(dataKey), whyPurpose, row.why));
  return {
    id: row.id,
    referral: row.referral as ReferralId,
    patient: row.patient === null ? undefined : (row.patient as PatientId),
    answer: row.answer,
    by: row.by_name,
    at: instantOfMs(row.at),
    why,
    undone: row.undone_at === null ? undefined : { at: instantOfMs(row.undone_at), by: row.undone_by ?? '' },
  };
}

function checkWhy(why: string): void {
  if (why.trim() === '')
    throw new OperationError('invalid', 'why-missing', 'Say in a few words why: others read it later.');
  if (why.length > whyLengthMax)
    throw new OperationError('invalid', 'words-too-long', `The reason has at most ${whyLengthMax} letters.`);
}

function unknownReferral(): OperationError {
  return new OperationError('not-found', 'unknown-referral', 'No received referral with this id is held here.');
}
