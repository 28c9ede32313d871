import { inputOf, stationColumns, type StationColumn, type StationInput } from '../../../alerts/stations/station.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, Hidden, LinkButton, Radios, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { errorsOf, personOf, saveOnce } from './admin-form.tsx';

const labels: Readonly<Record<StationColumn, string>> = {
  name: 'Name',
  address: 'Address',
  telephone: 'Telephone',
  email: 'E-mail',
  latitude: 'Latitude',
  longitude: 'Longitude',
  active: 'In use',
};

const saved = url('stations', {}, { did: 'saved' });

interface StationForm {
  readonly id?: string;
  readonly version: string;
  readonly input: StationInput;
  readonly errors?: FormErrors;
}

const blank: StationForm = { version: '', input: { active: 'yes' } };

export function showNewStation(visit: Visit, desk: DeskServices): Answer {
  return stationPage(desk, visit.draft === undefined ? blank : { version: '', input: typedStation(visit.draft) });
}

export async function showStation(visit: Visit, desk: DeskServices): Promise<Answer> {
  const station = await desk.stations.get(visit.param('station'));
  const input = visit.draft === undefined ? inputOf(station) : typedStation(visit.draft);
  const version = visit.draft?.get('version') ?? String(station.version);
  return stationPage(desk, { id: station.id, version, input });
}

export async function addStation(visit: Visit, desk: DeskServices): Promise<Answer> {
  const input = typedStation(await visit.form());
  return await saveOnce(visit, desk, {
    place: url('station-new'),
    list: saved,
    save: () => desk.stations.add(personOf(visit), input),
    again: (faults) => stationPage(desk, { version: '', input, errors: errorsOf(faults, labels) }),
  });
}

export async function changeStation(visit: Visit, desk: DeskServices): Promise<Answer> {
  const form = await visit.form();
  const id = visit.param('station');
  const [input, version] = [typedStation(form), form.get('version')];
  return await saveOnce(visit, desk, {
    place: url('station', { station: id }),
    list: saved,
    save: () => desk.stations.change(personOf(visit), id, Number(version), input),
    again: (faults) => stationPage(desk, { id, version, input, errors: errorsOf(faults, labels) }),
  });
}

function typedStation(form: FormFields): StationInput {
  return Object.fromEntries(stationColumns.map((name) => [name, form.get(name)]));
}

function stationPage(desk: DeskServices, { id, version, input, errors = [] }: StationForm): Answer {
  const title = id === undefined ? 'Add a police station' : 'Police station';
  return page(
    { title, status: errors.length === 0 ? 200 : 422 },
    <div class="narrow">
      <h1>{title}</h1>
      <ErrorSummary errors={errors} />
      <form
        class="panel"
        method="post"
        action={id === undefined ? url('station-add') : url('station-change', { station: id })}
      >
        <Once token={desk.random.uuid()} />
        {id === undefined ? null : <Hidden name="version" value={version} />}
        <StationFields input={input} errors={errors} />
        <p class="actions">
          <Submit>Save the station</Submit>
          <LinkButton href={url('stations')}>Do not save</LinkButton>
        </p>
      </form>
    </div>,
  );
}

function StationFields({ input, errors }: { readonly input: StationInput; readonly errors: FormErrors }) {
  const shared = { errors, autocomplete: 'off' } as const;
  return (
    <>
      <Field {...shared} name="name" label={labels.name} required value={input.name} maxlength={100} />
      <Field
        {...shared}
        name="address"
        label={labels.address}
        required
        hint="One line without commas: 12 Elm Street; 1010 Alder"
        value={input.address}
        maxlength={200}
      />
      <Field
        {...shared}
        name="telephone"
        label={labels.telephone}
        type="tel"
        required
        width="medium"
        value={input.telephone}
        maxlength={30}
      />
      <Field
        {...shared}
        name="email"
        label={labels.email}
        hint="Alerts go to this address, and only to it"
        required
        value={input.email}
        maxlength={254}
      />
      <div class="fields">
        <Field
          {...shared}
          name="latitude"
          label={labels.latitude}
          needed="both or none"
          inputmode="decimal"
          width="short"
          value={input.latitude}
          hint="Degrees such as 47.4979"
        />
        <Field
          {...shared}
          name="longitude"
          label={labels.longitude}
          needed="both or none"
          inputmode="decimal"
          width="short"
          value={input.longitude}
          hint="Degrees such as 19.0402"
        />
      </div>
      <Radios
        name="active"
        label={labels.active}
        required
        errors={errors}
        values={[input.active === 'no' ? 'no' : 'yes']}
        choices={[
          { value: 'yes', label: 'In use' },
          { value: 'no', label: 'Not in use: no alert goes there' },
        ]}
      />
    </>
  );
}
