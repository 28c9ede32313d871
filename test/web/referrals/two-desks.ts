import { streamOnce } from '../../../node/platform/files.ts';
import type { PatientDetails, PatientId } from '../../../node/records/model.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { addPatientTo } from '../../support/patients.ts';
import { hiddenFields, type DeskAnswer, type DeskClient, type Fields } from '../../support/desk-client.ts';

export interface TwoDesks extends AsyncDisposable {
  readonly alder: TestDesk;
  readonly birch: TestDesk;
  readonly atAlder: DeskClient;
  readonly atBirch: DeskClient;
}

/** Two paired hospitals with a doctor at each desk. */
export async function openTwoDesks(): Promise<TwoDesks> {
  const desks: TestDesks = await openDesks({ names: ['alder', 'birch'] });
  const [alder, birch] = [desks.at('alder'), desks.at('birch')];
  return {
    alder,
    birch,
    atAlder: await alder.client('doctor'),
    atBirch: await birch.client('doctor'),
    [Symbol.asyncDispose]: () => desks[Symbol.asyncDispose](),
  };
}

export function addPatient({ node }: TestDesk, details: Partial<PatientDetails>): Promise<PatientId> {
  return addPatientTo(node, details);
}

export async function addFile(
  { node }: TestDesk,
  patient: PatientId,
  file: { readonly title: string; readonly contentType: string; readonly bytes: Uint8Array },
): Promise<string> {
  const { title, contentType, bytes } = file;
  return (await node.attachments.add(patient, { title, contentType, bytes: streamOnce(bytes) })).id;
}

/** Posts the form of a page with its hidden fields, as a person without scripts does. */
export async function submitAt(
  client: DeskClient,
  page: DeskAnswer,
  action: string,
  fields: Fields,
): Promise<DeskAnswer> {
  return client.post(action, { ...hiddenFields(page.text, action), ...fields });
}

export interface Wanted {
  readonly patient: PatientId;
  readonly to?: string;
  readonly department?: string;
  readonly priority?: string;
  readonly question?: string;
  readonly reason?: string;
  readonly note?: string;
  readonly consultations?: readonly string[];
  readonly attachments?: readonly string[];
  readonly policeCase?: boolean;
}

/** Walks the first three steps and gives back the address of the fourth. */
export async function writeDraft(client: DeskClient, wanted: Wanted): Promise<string> {
  const first = `/referrals/new?patient=${wanted.patient}`;
  const begun = await submitAt(client, await client.get(first), '/referrals/new', {
    to: wanted.to ?? 'birch.example',
    department: wanted.department ?? 'Cardiology',
  });
  const draft = /drafts\/([0-9a-f-]{36})\//.exec(begun.location ?? '')?.[1];
  if (draft === undefined) throw new Error(`no draft was begun: ${begun.status} ${begun.text.slice(0, 2000)}`);
  const at = (step: string): string => `/referrals/drafts/${draft}/${step}`;
  await submitAt(client, await client.get(at('why')), at('why'), {
    priority: wanted.priority ?? 'urgent',
    question: wanted.question ?? 'Coronary angiography?',
    reason: wanted.reason ?? 'Chest pain since the morning',
    note: wanted.note ?? '',
    ...(wanted.policeCase === true ? { policeCase: 'yes' } : {}),
  });
  await submitAt(client, await client.get(at('what')), at('what'), {
    consultations: wanted.consultations ?? [],
    attachments: wanted.attachments ?? [],
  });
  return at('sign');
}

/** What the fourth step would post as it stands, signed. */
export function signedFields(html: string): Fields {
  const value = (name: string): string => new RegExp(`name="${name}"[^>]*value="([^"]*)"`).exec(html)?.[1] ?? '';
  return {
    ground: 'consent',
    givenBy: 'patient',
    consentFrom: value('consentFrom'),
    consentTo: value('consentTo'),
    breakGlassReason: '',
    signed: 'yes',
  };
}

/** The whole way: written, signed, sent; gives back the referral once the receiver has it. */
export async function refer(desks: TwoDesks, wanted: Wanted): Promise<string> {
  const sign = await writeDraft(desks.atAlder, wanted);
  const page = await desks.atAlder.get(sign);
  const sent = await submitAt(desks.atAlder, page, sign, signedFields(page.text));
  const id = /^\/sent\/([0-9a-f-]{36})$/.exec(sent.location ?? '')?.[1];
  if (id === undefined) throw new Error(`it was not sent: ${sent.status} ${sent.text.slice(0, 3000)}`);
  await eventually(async () =>
    (await desks.birch.node.referrals.list('received', { limit: 100 })).some((one) => one.id === id),
  );
  return id;
}

/** The text of a part of a page, without its markup; `from` and `to` are texts of the page. */
export function textOf(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
