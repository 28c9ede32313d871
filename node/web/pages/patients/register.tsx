import type { Instant } from '../../../../protocol/instant.ts';
import { detailsOf, makeCells, type Cells } from '../../../records/csv/columns.ts';
import type { MatchReason } from '../../../records/matching/score.ts';
import type { PatientDetails } from '../../../records/model.ts';
import type { LookAlike } from '../../../records/registration.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Hidden, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { BirthDate, Foreign, PersonName } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { DraftNotice, forgetDraft } from './draft-notice.tsx';
import { noteAct } from './open-patient.ts';
import { writerOf } from './patient-author.ts';
import { cellsOfForm, errorsOf } from './patient-fields.ts';
import { PatientFormFields } from './patient-form.tsx';
import { sexOf } from './patient-words.ts';
import { submitOnce } from '../../submit-once.ts';

export async function showRegistration(visit: Visit, desk: DeskServices): Promise<Answer> {
  const proposed = await desk.registration.proposeCsvId();
  const cells =
    visit.draft === undefined ? makeCells((column) => (column === 'csv_id' ? proposed : '')) : cellsOfForm(visit.draft);
  return registrationPage(visit, desk, { cells });
}

/** Registers after look-alikes were shown once; the same form sent twice leads to the same patient. */
export async function register(visit: Visit, desk: DeskServices): Promise<Answer> {
  const form = await visit.form();
  const cells = cellsOfForm(form);
  return await submitOnce(visit, async () => {
    const errors = errorsOf(cells, visit.now);
    if (errors.length > 0) return registrationPage(visit, desk, { cells, errors });
    const details = detailsOf(cells);
    const taken = await desk.patients.findByCsvId(details.csvId);
    if (taken !== undefined) return registrationPage(visit, desk, { cells, errors: csvIdTaken });
    const alike = await unseenLookAlikes(desk, details, form.get('seen'));
    if (alike.length > 0) return registrationPage(visit, desk, { cells, alike });
    const added = await desk.patients.add(details, writerOf(visit));
    if (added.state === 'csv-id-taken') return registrationPage(visit, desk, { cells, errors: csvIdTaken });
    await noteAct(visit, desk, added.record.id, 'register');
    await forgetDraft(visit, desk);
    return url('patient', { patient: added.record.id });
  });
}

const csvIdTaken: FormErrors = [
  { field: 'csv_id', message: 'Another patient has this id already: search for it, or choose another' },
];

/** Look-alikes, unless the person has seen all of them and goes on all the same. */
async function unseenLookAlikes(
  desk: DeskServices,
  details: PatientDetails,
  seen: string,
): Promise<readonly LookAlike[]> {
  const alike = await desk.registration.lookAlikes(details);
  const known = new Set(seen.split(' '));
  return alike.every(({ record }) => known.has(record.id)) ? [] : alike;
}

interface Shown {
  readonly cells: Cells;
  readonly errors?: FormErrors;
  readonly alike?: readonly LookAlike[];
}

function registrationPage(visit: Visit, desk: DeskServices, { cells, errors = [], alike = [] }: Shown): Answer {
  return page(
    {
      title: 'Register a patient',

      status: errors.length > 0 ? 422 : alike.length > 0 ? 409 : 200,
    },
    <>
      <ErrorSummary errors={errors} />
      <LookAlikes alike={alike} now={visit.now} />
      <div class="page-head">
        <h1>Register a patient</h1>
      </div>
      <DraftNotice visit={visit} desk={desk} />
      <form method="post" action={url('patient-register')}>
        <Once token={desk.random.uuid()} />
        <Hidden name="seen" value={alike.map(({ record }) => record.id).join(' ')} />
        <PatientFormFields cells={cells} errors={errors} />
        <p class="actions">
          <Submit>{alike.length > 0 ? 'Register as a new patient all the same' : 'Register'}</Submit>
          <LinkButton href={url('patients')}>Do not register</LinkButton>
          <span class="quiet" data-draft-state></span>
        </p>
      </form>
    </>,
  );
}

/** Nobody is merged by a program: a person opens the one that is there, or goes on (Records §2). */
function LookAlikes({ alike, now }: { readonly alike: readonly LookAlike[]; readonly now: Instant }) {
  if (alike.length === 0) return null;
  return (
    <section class="notice amber" role="alert" tabindex={-1} data-focus="first" aria-labelledby="alike-title">
      <h2 id="alike-title">Somebody like this is registered already. Nothing was saved yet</h2>
      <p>Open the record that is there, or register a new patient at the end of this form.</p>
      <ul>
        {alike.map(({ record, result }) => (
          <li>
            <a href={url('patient', { patient: record.id })}>
              <PersonName name={record.details} />
            </a>{' '}
            · {sexOf(record.details)} · <BirthDate date={record.details.birthDate} now={now} /> ·{' '}
            <Foreign text={record.details.csvId} />
            <span class="second-line">
              {gradeWords[result.grade]}: {result.reasons.map(reasonWords).join(', ')}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const gradeWords = {
  certain: 'Almost certainly the same person',
  probable: 'Probably the same person',
  possible: 'Possibly the same person',
  'certainly-not': 'Somebody else',
} as const;

function reasonWords({ field, finding }: MatchReason): string {
  return `${field} ${finding}`;
}
