import type { SettingName, SettingValues } from '../../../alerts/settings.ts';
import { timeZoneNames } from '../../../alerts/time-zone-names.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, Submit, type FieldProps, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Section } from '../../components/panel.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { Done, errorsOf, forgetDraft, personOf } from './admin-form.tsx';
import { submitOnce } from '../../submit-once.ts';
import { ChangeTable } from './changes.tsx';

type Typed = Readonly<Partial<Record<SettingName, string>>>;

interface Input extends Pick<FieldProps, 'width' | 'inputmode' | 'type' | 'needed' | 'list'> {
  readonly name: Exclude<SettingName, 'keysBackedUp'>;
  readonly label: string;
  readonly hint: string;
  readonly required?: boolean;
}

const mailInputs: readonly Input[] = [
  {
    name: 'callBackNumber',
    label: 'Call-back number',
    hint: 'Where the police reaches a person of this hospital day and night. Without it no alert can be made.',
    width: 'medium',
    type: 'tel',
    required: true,
  },
  { name: 'hospitalName', label: 'Hospital’s name in the mail', hint: 'One line without commas.' },
  { name: 'mailFrom', label: 'Sender’s address', hint: 'The From address of alerts; the mail server must accept it.' },
  {
    name: 'caseNumberPrefix',
    label: 'Case number prefix',
    hint: 'Case numbers that this hospital gives begin with it.',
    width: 'short',
  },
  {
    name: 'unsentMinutes',
    label: 'Minutes until an unsent alert proposes the next station',
    hint: 'A failure is told at once, whatever stands here.',
    width: 'short',
    inputmode: 'numeric',
  },
  {
    name: 'unansweredMinutes',
    label: 'Minutes until an unanswered alert proposes the next station',
    hint: 'Counted from when the mail left.',
    width: 'short',
    inputmode: 'numeric',
  },
];
const degrees = { width: 'short', inputmode: 'decimal', needed: 'both or none' } as const;
const placeInputs: readonly Input[] = [
  { name: 'latitude', label: 'Latitude', hint: 'Degrees such as 47.4979', ...degrees },
  { name: 'longitude', label: 'Longitude', hint: 'Degrees such as 19.0402', ...degrees },
];
const zoneInputs: readonly Input[] = [
  {
    name: 'timeZone',
    label: 'Time zone',
    hint: 'Its IANA name such as Asia/Kolkata or America/New_York. Times on every page are shown and typed by its clock, each with its offset; auditors’ pages stay in UTC.',
    width: 'medium',
    list: 'time-zones',
  },
];
const fileInputs: readonly Input[] = [
  {
    name: 'uploadGibMax',
    label: 'Largest file in GiB',
    hint: 'Of what is added to a patient, 1 to 64.',
    width: 'short',
    inputmode: 'numeric',
  },
];
const inputs = [...mailInputs, ...placeInputs, ...zoneInputs, ...fileInputs];
const labels = Object.fromEntries(inputs.map(({ name, label }) => [name, label]));
const shownChanges = 10;

/** Screen 18: what the administrator sets in the running node; each change stands in the log with old and new value. */
export async function showSettings(visit: Visit, desk: DeskServices): Promise<Answer> {
  const typed = visit.draft === undefined ? await desk.settings.ownValues() : typedSettings(visit.draft);
  return await settingsPage(visit, desk, typed, []);
}

export async function changeSettings(visit: Visit, desk: DeskServices): Promise<Answer> {
  const typed = typedSettings(await visit.form());
  return await submitOnce(visit, async () => {
    const changed = await desk.settings.change(personOf(visit), typed);
    if (changed.state === 'changed') {
      await forgetDraft(visit, desk, url('settings'));
      return url('settings', {}, { did: changed.names.length === 0 ? 'same' : 'saved' });
    }
    return await settingsPage(visit, desk, typed, errorsOf(changed.faults, labels));
  });
}

function typedSettings(form: FormFields): Typed {
  return Object.fromEntries(inputs.flatMap(({ name }) => (form.has(name) ? [[name, form.get(name)]] : [])));
}

async function settingsPage(visit: Visit, desk: DeskServices, typed: Typed, errors: FormErrors): Promise<Answer> {
  const [changes, stations] = await Promise.all([desk.adminChanges.list(shownChanges), desk.stations.list()]);
  const { defaults } = desk.settings;
  return page(
    { title: 'Settings', status: errors.length === 0 ? 200 : 422 },
    <div class="narrow">
      <h1>Settings</h1>
      <ErrorSummary errors={errors} />
      <Done
        visit={visit}
        words={{
          saved: 'Saved. Each change stands in the exchange log.',
          same: 'Nothing was different, so nothing changed.',
        }}
      />
      <form method="post" action={url('settings-change')}>
        <Once token={desk.random.uuid()} />
        <Section title="Alerts to the police" id="mail">
          <Inputs inputs={mailInputs} typed={typed} defaults={defaults} errors={errors} />
        </Section>
        <Section title="Where the hospital is" id="place">
          <p class="hint">Police stations are proposed nearest first.</p>
          <div class="fields">
            <Inputs inputs={placeInputs} typed={typed} defaults={defaults} errors={errors} />
          </div>
        </Section>
        <Section title="The hospital’s clock" id="clock">
          <Inputs inputs={zoneInputs} typed={typed} defaults={defaults} errors={errors} />
          <datalist id="time-zones">
            {timeZoneNames().map((name) => (
              <option value={name}></option>
            ))}
          </datalist>
        </Section>
        <Section title="Files of patients" id="files">
          <Inputs inputs={fileInputs} typed={typed} defaults={defaults} errors={errors} />
        </Section>
        <p class="actions">
          <Submit>Save the settings</Submit>
        </p>
      </form>
      <Section title="Latest changes" id="changes" aside={<a href={url('admin-changes')}>All changes</a>}>
        <ChangeTable changes={changes} stations={stations} />
      </Section>
      <p class="quiet">
        Name, addresses, mail server and cloud storage stand in <span class="mono">fernpost.json</span> on the node’s
        machine.
      </p>
    </div>,
  );
}

function Inputs({
  inputs: given,
  typed,
  defaults,
  errors,
}: {
  readonly inputs: readonly Input[];
  readonly typed: Typed;
  readonly defaults: SettingValues;
  readonly errors: FormErrors;
}) {
  return (
    <>
      {given.map(({ name, hint, ...input }) => (
        <Field
          {...input}
          name={name}
          errors={errors}
          autocomplete="off"
          value={typed[name]}
          hint={defaults[name] === '' ? hint : `${hint} Empty means ${defaults[name]}.`}
        />
      ))}
    </>
  );
}
