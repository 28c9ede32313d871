import type { ReferralLine } from '../../../referrals/referrals.ts';
import type { MatchAnswer } from '../../../referrals/matching/matching.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, Select, Submit, type FormErrors } from '../../components/form.tsx';
import { EmptyState } from '../../components/panel.tsx';
import { DataTable } from '../../components/table.tsx';
import { PriorityMark, StateTag } from '../../components/tag.tsx';
import { BirthDate, Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { titleOf } from './referral-of.ts';

interface Found {
  readonly line: ReferralLine;
  readonly link: MatchAnswer | undefined;
}

/**
 * Finds a referred patient by the id that the sending hospital uses. The same id of two hospitals is two people, so the
 * hospital is part of the question (Records §1).
 */
export async function lookup(visit: Visit, desk: DeskServices): Promise<Answer> {
  const peers = desk.directory.list().filter(({ state }) => state !== 'invited' && state !== 'confirming');
  const asked = visit.query.has('id');
  const peer = visit.query.get('peer') ?? (peers.length === 1 ? (peers[0]?.name ?? '') : '');
  const id = (visit.query.get('id') ?? '').trim();
  const known = peers.find(({ name }) => name === peer);
  const errors: FormErrors = asked
    ? [
        ...(known === undefined ? [{ field: 'peer', message: 'Choose the hospital that sent the patient' }] : []),
        ...(id === '' ? [{ field: 'id', message: 'Type the id that the sending hospital uses' }] : []),
      ]
    : [];
  const found = asked && known !== undefined && id !== '' ? await findAll(visit, desk, known.name, id) : undefined;
  return page(
    { title: 'Look up a referred patient', ...(errors.length === 0 ? {} : { status: 422 as const }) },
    <>
      <h1>Look up a referred patient</h1>
      <ErrorSummary errors={errors} title="Nothing was looked up" />
      <form method="get" action={url('lookup')} class="inline" role="search">
        <Select
          name="peer"
          label="Sending hospital"
          required
          value={peer}
          errors={errors}
          choices={[
            { value: '', label: 'Choose' },
            ...peers.map(({ name, title }) => ({ value: name as string, label: title })),
          ]}
        />
        <Field
          name="id"
          label="Its id of the patient"
          value={id}
          required
          errors={errors}
          autocomplete="off"
          maxlength={200}
        />
        <Submit>Look up</Submit>
      </form>
      <p class="hint">
        The id is that of the sending hospital’s own system, as in its CSV file. The same id of another hospital is
        another person.
      </p>
      {found === undefined ? null : <Results found={found} now={visit.now} hospital={titleOf(desk, peer)} />}
    </>,
  );
}

/** Each referral that is shown is a look of its own; what is restricted is left out. */
async function findAll(
  visit: Visit,
  desk: DeskServices,
  peer: ReferralLine['peer'],
  id: string,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const line of await desk.referrals.findByCsvId(peer, id)) {
    const looked = await desk.access.look(visit.user, { kind: 'referral', id: line.id }, 'view');
    if (looked.state === 'open') found.push({ line, link: await desk.referralDesk.matching.linkOf(line.id) });
  }
  return found;
}

function Results({
  found,
  now,
  hospital,
}: {
  readonly found: readonly Found[];
  readonly now: Visit['now'];
  readonly hospital: string;
}) {
  if (found.length === 0)
    return (
      <EmptyState title="No referral of this patient has come">
        <p>
          <Foreign text={hospital} /> has sent nobody with this id. Check the id, letter by letter, and the hospital.
        </p>
      </EmptyState>
    );
  return (
    <DataTable
      id="found"
      caption={`Referrals found: ${found.length}`}
      rows={found}
      rowKey={({ line }) => line.id}
      columns={[
        {
          key: 'patient',
          label: 'Patient',
          isHeader: true,
          cell: ({ line }) => (
            <>
              <a href={url('received', { referral: line.id })} data-open>
                <Foreign text={surnameFirst(line.summary.patientName)} />
              </a>
              <span class="second-line">
                <BirthDate date={line.summary.birthDate} now={now} /> · <Foreign text={line.number} />
              </span>
            </>
          ),
        },
        { key: 'arrived', label: 'Arrived', cell: ({ line }) => <When at={line.createdAt} /> },
        { key: 'priority', label: 'Priority', cell: ({ line }) => <PriorityMark priority={line.priority} /> },
        { key: 'state', label: 'State', cell: ({ line }) => <StateTag state={line.state} /> },
        {
          key: 'own',
          label: 'Patient of ours',
          cell: ({ line, link }) =>
            link?.patient === undefined ? (
              <a href={url('received-match', { referral: line.id })}>Compare</a>
            ) : (
              <>
                <a href={url('patient', { patient: link.patient })}>Open the chart</a>
                <span class="second-line">
                  linked by <Foreign text={link.by} />
                </span>
              </>
            ),
        },
      ]}
    />
  );
}

/** `Sharma, Asha` with its surname in capitals, as everywhere. */
function surnameFirst(name: string): string {
  const [family = '', ...given] = name.split(', ');
  return given.length === 0 ? name : [family.toLocaleUpperCase('und'), ...given].join(', ');
}
