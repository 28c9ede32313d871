import { isUuid } from '../../../../protocol/ids.ts';
import type { PeerReach } from '../../../referrals/peer-reach.ts';
import { specialties } from '../../../referrals/review/missing.ts';
import type { PatientId, PatientRecord } from '../../../records/model.ts';
import { page, seeOther, type Answer } from '../../answer.ts';
import { Field, Hidden, Radios, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { EmptyState, Notice } from '../../components/panel.tsx';
import { BirthDate, Foreign, PersonName, spanWords, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { draftKeyOf } from '../../draft-key.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { forgetDraft } from '../patients/draft-notice.tsx';
import { stepPage, stepUrl, withDraft, type OpenedDraft } from './draft-steps.tsx';
import { actorOf } from './referral-of.ts';

const foundMax = 20;

/** The first step, before there is a draft; without a patient, whom it is about. */
export async function newReferral(visit: Visit, desk: DeskServices): Promise<Answer> {
  const id = visit.query.get('patient') ?? '';
  if (!isUuid(id)) return choosePatient(visit, desk);
  await desk.access.note(visit.user, { kind: 'patient', id }, 'view');
  const record = await desk.patients.get(id as PatientId);
  return toPage(visit, desk, { record, draft: undefined }, visit.draft, []);
}

export async function beginReferral(visit: Visit, desk: DeskServices): Promise<Answer> {
  const form = await visit.form();
  const id = form.get('patient');
  if (!isUuid(id)) return choosePatient(visit, desk);
  await desk.access.note(visit.user, { kind: 'patient', id }, 'view');
  const record = await desk.patients.get(id as PatientId);
  const errors = await faultsOf(desk, form);
  if (errors.length > 0) return toPage(visit, desk, { record, draft: undefined }, form, errors);
  const { drafts } = desk.referralDesk;
  const once = form.get('once');
  const draft = await drafts.begin(record.id, actorOf(visit), isUuid(once) ? once : undefined);
  await drafts.save(draft, actorOf(visit), fieldsOf(form));
  await desk.drafts.remove(visit.user.id, draftKeyOf(url('referral-new', {}, { patient: id })));
  return seeOther(stepUrl('why', draft));
}

export function toStep(visit: Visit, desk: DeskServices): Promise<Answer> {
  return withDraft(visit, desk, (opened) => toPage(visit, desk, opened, visit.draft, []));
}

export function saveTo(visit: Visit, desk: DeskServices): Promise<Answer> {
  return withDraft(visit, desk, async (opened) => {
    const form = await visit.form();
    const errors = await faultsOf(desk, form);
    if (errors.length > 0) return toPage(visit, desk, opened, form, errors);
    await desk.referralDesk.drafts.save(opened.draft.id, actorOf(visit), fieldsOf(form));
    await forgetDraft(visit, desk);
    return seeOther(stepUrl('why', opened.draft.id));
  });
}

function fieldsOf(form: FormFields): { to: string; department: string } {
  return { to: form.get('to'), department: form.get('department').trim() };
}

async function faultsOf(desk: DeskServices, form: FormFields): Promise<FormErrors> {
  const peers = await desk.referralDesk.peers();
  const isThere = peers.some(({ name, state }) => name === form.get('to') && state === 'paired');
  return isThere ? [] : [{ field: 'to', message: 'Choose the hospital that is asked' }];
}

async function toPage(
  visit: Visit,
  desk: DeskServices,
  { record, draft }: Pick<OpenedDraft, 'record'> & { readonly draft: OpenedDraft['draft'] | undefined },
  given: FormFields | undefined,
  errors: FormErrors,
): Promise<Answer> {
  const peers = await desk.referralDesk.peers();
  const open = peers.filter(({ state }) => state === 'paired');
  const closed = peers.filter(({ state }) => state !== 'paired');
  const chosen = given?.get('to') ?? draft?.fields.to ?? (open.length === 1 ? open[0]?.name : undefined);
  const action = draft === undefined ? url('referral-begin') : url('referral-to-save', { draft: draft.id });
  return stepPage({
    visit,
    desk,
    step: 'to',
    record,
    draft,
    errors,
    ...(errors.length > 0 ? { status: 422 as const } : {}),
    children: (
      <>
        {draft === undefined ? <OpenDrafts visit={visit} desk={desk} record={record} /> : null}
        {open.length === 0 ? <NoPeers /> : null}
        <form method="post" action={action} class="measure" data-draft>
          {draft === undefined ? <Once token={given?.get('once') || desk.random.uuid()} /> : null}
          <Hidden name="patient" value={record.id} />
          <Radios
            name="to"
            label="Hospital"
            required
            errors={errors}
            values={chosen === undefined ? [] : [chosen]}
            choices={open.map((peer) => ({
              value: peer.name,
              label: <Foreign text={peer.title} />,
              hint: <Reach peer={peer} now={visit.now} />,
            }))}
          />
          {closed.map((peer) => (
            <p class="quiet">
              <Foreign text={peer.title} /> cannot be chosen now: {closedWords[peer.state]} since{' '}
              <When at={peer.since} show="date" />.
            </p>
          ))}
          <Field
            name="department"
            label="Department or specialty"
            hint="The other hospital sorts by it, and what it usually needs is checked before sending."
            list="specialties"
            maxlength={200}
            value={given?.get('department') ?? draft?.fields.department ?? ''}
          />
          <datalist id="specialties">
            {specialties.map((specialty) => (
              <option value={specialty}></option>
            ))}
          </datalist>
          <Submit>Go on</Submit>
        </form>
      </>
    ),
  });
}

const closedWords: Readonly<Record<PeerReach['state'], string>> = {
  invited: 'not paired yet',
  confirming: 'not paired yet',
  paired: 'paired',
  paused: 'paused',
  blocked: 'blocked',
  'key-changed': 'its key changed, it must be paired again,',
};

/** What its own signed answers say of a hospital; nothing is promised in its name. */
function Reach({ peer, now }: { readonly peer: PeerReach; readonly now: Visit['now'] }) {
  const { reachable, heardAt, usualAnswerMs, waiting } = peer;
  return (
    <>
      {reachable === 'now' ? '✓ Reachable now' : null}
      {reachable === 'out-of-reach' ? '! Does not answer now: the referral waits here and leaves by itself' : null}
      {reachable === 'unknown' ? 'Not heard from lately' : null}
      {`; heard from ${spanWords(Math.max(0, now - heardAt))} ago`}
      {usualAnswerMs === undefined ? null : `; usually answers within ${spanWords(usualAnswerMs)}`}
      {waiting === 0 ? '.' : `; ${waiting} waiting for it.`}
    </>
  );
}

function NoPeers() {
  return (
    <EmptyState title="No hospital can be asked yet">
      <p>An administrator pairs this hospital with others.</p>
    </EmptyState>
  );
}

async function OpenDrafts({
  visit,
  desk,
  record,
}: {
  readonly visit: Visit;
  readonly desk: DeskServices;
  readonly record: PatientRecord;
}) {
  const drafts = await desk.referralDesk.drafts.list(actorOf(visit));
  const mine = drafts.filter(({ patient }) => patient === record.id);
  if (mine.length === 0) return null;
  return (
    <Notice tone="blue" title="You have begun a referral of this patient">
      <ul>
        {mine.map(({ id, changedAt }) => (
          <li>
            <a href={stepUrl('sign', id)}>
              Go on with the draft of <When at={changedAt} />
            </a>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/** Everything this doctor has begun and not sent. */
async function MyDrafts({ visit, desk }: { readonly visit: Visit; readonly desk: DeskServices }) {
  const drafts = await desk.referralDesk.drafts.list(actorOf(visit));
  const named = await Promise.all(
    drafts.map(async (draft) => ({ ...draft, record: await desk.patients.find(draft.patient) })),
  );
  if (named.length === 0) return null;
  return (
    <>
      <h2>Your drafts</h2>
      <ul>
        {named.map(({ id, changedAt, record }) => (
          <li>
            <a href={stepUrl('sign', id)}>
              {record === undefined ? 'A patient' : <PersonName name={record.details} />}, <When at={changedAt} />
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

async function choosePatient(visit: Visit, desk: DeskServices): Promise<Answer> {
  const query = (visit.query.get('q') ?? '').trim();
  const found = query === '' ? [] : (await desk.patients.search(query, { limit: foundMax })).records;
  return page(
    { title: 'New referral: whom' },
    <div class="narrow">
      <h1>New referral: about whom?</h1>
      <form method="get" action={url('referral-new')} class="inline" role="search">
        <Field name="q" label="Patient" type="search" value={query} required hint="Name, birth date or number" />
        <Submit>Search</Submit>
      </form>
      {query !== '' && found.length === 0 ? (
        <EmptyState title="Nobody was found">
          <p>
            <a href={url('patient-new')}>Register the patient</a> first.
          </p>
        </EmptyState>
      ) : null}
      <ul>
        {found.map(({ id, details }) => (
          <li>
            <a href={url('referral-new', {}, { patient: id })}>
              <PersonName name={details} />
            </a>
            , <BirthDate date={details.birthDate} now={visit.now} />, <Foreign text={details.csvId} />
          </li>
        ))}
      </ul>
      <MyDrafts visit={visit} desk={desk} />
    </div>,
  );
}
