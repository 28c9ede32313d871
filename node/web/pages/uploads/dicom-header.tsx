import { dicomMismatch, type DicomFacts } from '../../../records/dicom-facts.ts';
import type { PatientDetails } from '../../../records/model.ts';
import { Facts, Notice, type Fact } from '../../components/panel.tsx';
import { dateWords, Foreign } from '../../components/text.tsx';

const modalities: Readonly<Record<string, string>> = {
  CR: 'Computed radiography',
  DX: 'Digital radiography',
  CT: 'Computed tomography',
  MR: 'Magnetic resonance',
  US: 'Ultrasound',
  XA: 'X-ray angiography',
  MG: 'Mammography',
  NM: 'Nuclear medicine',
  PT: 'Positron emission tomography',
  ES: 'Endoscopy',
  OT: 'Other',
};

/** What a DICOM header says, with a warning where it names another patient than the chart (Node §13.5). */
export function DicomHeader({
  facts,
  details,
}: {
  readonly facts: DicomFacts | undefined;
  readonly details: PatientDetails;
}) {
  if (facts === undefined)
    return (
      <Notice tone="amber" title="The header of this DICOM file cannot be read">
        <p>It may be damaged. The file itself is kept as it came and can be downloaded.</p>
      </Notice>
    );
  const mismatch = dicomMismatch(facts, details);
  return (
    <>
      {mismatch.length === 0 ? null : (
        <Notice tone="red" role="alert" title="The file names another patient">
          <p>
            {mismatch.includes('patient-id') ? 'The patient id in the file is none of this patient. ' : ''}
            {mismatch.includes('birth-date') ? 'The birth date in the file is another than in the chart. ' : ''}
            Look whose image it is before anybody relies on it.
          </p>
        </Notice>
      )}
      <Facts facts={factsOf(facts)} />
      {facts.isPartial ? <p class="quiet">The header broke off: there may be more to it.</p> : null}
      <p class="quiet">Not for primary diagnosis. Told by the file itself.</p>
    </>
  );
}

function factsOf(facts: DicomFacts): readonly Fact[] {
  const { modality, rows, columns, frames, bitsStored } = facts;
  const pixels = rows === undefined || columns === undefined ? undefined : `${columns} × ${rows}`;
  const kind =
    modality === undefined
      ? undefined
      : `${modality}${Object.hasOwn(modalities, modality) ? ` – ${modalities[modality]}` : ''}`;
  const told: readonly (readonly [string, string | undefined])[] = [
    ['Modality', kind],
    ['Date of the study', facts.studyDate === undefined ? undefined : dateWords(facts.studyDate)],
    ['Study', facts.studyDescription],
    ['Body part', facts.bodyPart],
    ['Side', facts.laterality],
    ['Pixels', pixels],
    ['Frames', frames === undefined ? undefined : String(frames)],
    ['Bits', bitsStored === undefined ? undefined : String(bitsStored)],
    ['Coding', facts.transferSyntax],
    ['Patient id in the file', facts.patientId],
    ['Name in the file', facts.patientName?.replaceAll('^', ' ')],
    ['Birth date in the file', facts.patientBirthDate === undefined ? undefined : dateWords(facts.patientBirthDate)],
  ];
  return told.flatMap(([term, value]) => (value === undefined ? [] : [{ term, value: <Foreign text={value} /> }]));
}
