import { cellsOf } from '../../../records/csv/columns.ts';
import type { PatientDetails } from '../../../records/model.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import { Field, Hidden, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Section } from '../../components/panel.tsx';
import { BirthDate, Foreign, PersonName } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { cellsOfForm } from '../patients/patient-fields.ts';
import { PersonFields } from '../patients/patient-form.tsx';

const foundMax = 10;

/** Registers the received person as a new patient, or looks for somebody of ours who was not proposed. */
export async function NobodyOfThese({
  visit,
  desk,
  detail,
  person,
  hospital,
  given,
  errors,
}: {
  readonly visit: Visit;
  readonly desk: DeskServices;
  readonly detail: ReferralDetail;
  readonly person: PatientDetails;
  readonly hospital: string;
  readonly given: FormFields | undefined;
  readonly errors: FormErrors;
}) {
  const query = (visit.query.get('q') ?? '').trim();
  const found = query === '' ? [] : (await desk.patients.search(query, { limit: foundMax })).records;
  const isHere = given?.has('register') === true;
  const told = cellsOf(person);
  return (
    <Section title="Nobody of these" id="nobody">
      <form method="post" action={url('received-register', { referral: detail.id })} data-draft="off">
        <Once token={desk.random.uuid()} />
        <Hidden name="register" value="yes" />
        <Field
          name="why-new"
          label="Why this is a new patient"
          hint="For example: never treated here, by the patient’s own word"
          required
          maxlength={2000}
          value={isHere ? given.get('why-new') : ''}
          errors={isHere ? errors : []}
        />
        <p>
          This is what <Foreign text={hospital} /> signed. Change what is wrong; the rest need not be typed again. What
          is known of allergies, illnesses and medicines stays in the referral and shows on the chart as theirs.
        </p>
        <PersonFields cells={isHere ? cellsOfForm(given, told) : told} errors={isHere ? errors : []} />
        <Submit>Register as a new patient</Submit>
      </form>
      <h3>Somebody else of ours</h3>
      <form method="get" action={url('received-match', { referral: detail.id })} class="inline" role="search">
        <Field name="q" label="Name, birth date or number" type="search" value={query} required />
        <Submit tone="second">Look</Submit>
      </form>
      {query !== '' && found.length === 0 ? <p class="quiet">Nobody was found.</p> : null}
      <ul>
        {found.map(({ id, details }) => (
          <li>
            <a href={url('received-match', { referral: detail.id }, { with: id })}>
              Compare with <PersonName name={details} />
            </a>
            , <BirthDate date={details.birthDate} now={visit.now} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
