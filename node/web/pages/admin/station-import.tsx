import type { LineFault, StationImported } from '../../../alerts/stations/import.ts';
import { stationColumns } from '../../../alerts/stations/station.ts';
import { importStationFile } from '../../../operations/administration.ts';
import { RecordsError } from '../../../records/errors.ts';
import { download, page, seeOther, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import { Section } from '../../components/panel.tsx';
import { DataTable, type Column } from '../../components/table.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { personOf } from './admin-form.tsx';

const example = 'Elm Street Police Station,12 Elm Street; 1010 Alder,+1 555 0110,desk@station.example,47.5,19.05,yes';

export function showStationImport(): Answer {
  return importPage([], []);
}

/** All of the file or nothing: sent twice it finds everything the same, so it needs no guard against that. */
export async function importStations(visit: Visit, desk: DeskServices): Promise<Answer> {
  let imported: StationImported | undefined;
  try {
    await visit.parts(async ({ field, name, bytes }) => {
      if (field === 'file' && name !== '') imported = await importStationFile(desk, personOf(visit), bytes);
      else for await (const _ of bytes); // What is not asked for is read to its end and left.
    });
  } catch (error) {
    if (!(error instanceof RecordsError)) throw error;
    return importPage([{ field: 'file', message: `The file cannot be read: ${error.message}` }], []);
  }
  if (imported === undefined) return importPage([{ field: 'file', message: 'Choose a file' }], []);
  if (imported.state === 'refused')
    return importPage([{ field: 'file', message: 'The file has faults; the table below names each' }], imported.faults);
  const { added, changed, unchanged } = imported;
  return seeOther(url('stations', {}, { did: 'imported', added, changed, same: unchanged }));
}

/** A file with the header and one line, to be filled in. */
export function stationTemplate(): Answer {
  const body = `${stationColumns.join(',')}\r\n${example}\r\n`;
  return download({ name: 'police-stations.csv', type: 'text/csv; charset=utf-8', body });
}

function importPage(errors: FormErrors, faults: readonly LineFault[]): Answer {
  return page(
    { title: 'Import police stations', status: errors.length === 0 ? 200 : 422 },
    <div class="narrow">
      <h1>Import police stations</h1>
      <ErrorSummary errors={errors} title="Nothing was imported" />
      {faults.length === 0 ? null : (
        <Section title="Faults" id="faults">
          <DataTable
            id="fault-table"
            caption="Faults by line"
            hideCaption
            columns={columns}
            rows={faults}
            rowKey={({ line, field, message }) => `${line}-${field}-${message}`}
          />
        </Section>
      )}
      <form class="panel" method="post" action={url('station-import-file')} enctype="multipart/form-data">
        <Field
          name="file"
          label="CSV file"
          type="file"
          accept=".csv,text/csv"
          required
          errors={errors}
          hint={`Columns: ${stationColumns.join(', ')}. The first four are required in every line.`}
        />
        <p>
          A station whose name is in the list already is changed; the others are added. One fault anywhere, and nothing
          is stored. <a href={url('station-template')}>Download a file to fill in</a>
        </p>
        <p class="actions">
          <Submit>Import</Submit>
          <LinkButton href={url('stations')}>Import nothing</LinkButton>
        </p>
      </form>
    </div>,
  );
}

const columns: readonly Column<LineFault>[] = [
  { key: 'line', label: 'Line', isHeader: true, cell: ({ line }) => String(line) },
  { key: 'field', label: 'Column', cell: ({ field }) => (field === '' ? 'the file' : field) },
  { key: 'message', label: 'Fault', cell: ({ message }) => message },
];
