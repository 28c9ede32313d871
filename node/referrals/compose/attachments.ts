import type {
  CodeableConcept,
  DocumentReference,
  Encounter,
  ImagingStudy,
  ImagingStudySeries,
  Patient,
  Reference,
  Resource,
} from '@medplum/fhirtypes';
import { attachmentKeyUrl, attachmentSha256Url, attachmentSizeUrl } from '../../../protocol/bundle/fhir/terms.ts';
import type { Frame, Part } from './frame.ts';
import type { DicomUids, ReferralAttachment } from './input.ts';
import { coding, digestExtension, loinc, urnIdentifier } from './terms.ts';
import { present, referenceOf, textOf } from './values.ts';

/** The files that travel beside the document, each a DocumentReference without its bytes (Spec bundle §8). */
export interface Attached {
  readonly images: Part;
  readonly papers: Part;
  readonly documents: readonly Reference<DocumentReference>[];
  readonly studies: readonly Reference<ImagingStudy>[];
}

const uidForm = /^[0-9]+(?:\.[0-9]+)+$/;
const uidCharactersMax = 64;
/** FHIR's unsignedInt ends here; the size of a larger file is told by the extension beside it. */
const sizeMax = 2_147_483_647;

/** A FHIR code: words with one space between them. */
const contentTypeForm = /^\S+(?: \S+)*$/;

export type AttachmentFrame = Pick<Frame, 'uuid' | 'write' | 'hospital'> & {
  readonly subject: Reference<Patient>;
  readonly author: NonNullable<DocumentReference['author']>[number];
};

export function attached(
  attachments: readonly ReferralAttachment[],
  encounterOf: ReadonlyMap<string, Reference<Encounter>>,
  frame: AttachmentFrame,
): Attached {
  const studies = imagingStudies(attachments, encounterOf, frame);
  const documents = attachments.map((attachment) => ({
    attachment,
    resource: documentReference(attachment, studies, encounterOf, frame),
  }));
  const partOf = (image: boolean, entries: readonly Resource[]): Part => {
    const chosen = documents.filter(({ attachment }) => isImage(attachment) === image);
    return {
      lines: chosen.map(({ attachment }) => `${attachment.title} (${attachment.size} bytes), carried as an attachment`),
      entries: [...entries, ...chosen.map(({ resource }) => resource)],
    };
  };
  return {
    images: partOf(true, [...studies.values()]),
    papers: partOf(false, []),
    documents: documents.map(({ resource }) => referenceOf(resource)),
    studies: [...studies.values()].map((study) => referenceOf(study)),
  };
}

function isImage(attachment: ReferralAttachment): boolean {
  return attachment.contentType.startsWith('image/') || attachment.contentType === 'application/dicom';
}

function documentReference(
  attachment: ReferralAttachment,
  studies: ReadonlyMap<string, ImagingStudy>,
  encounterOf: ReadonlyMap<string, Reference<Encounter>>,
  frame: AttachmentFrame,
): DocumentReference {
  const encounter = attachment.consultation === undefined ? undefined : encounterOf.get(attachment.consultation);
  const dicom = dicomOf(attachment);
  const study = dicom === undefined ? undefined : studies.get(dicom.study);
  const date = frame.write(attachment.createdAt);
  const context = present({
    encounter: encounter === undefined ? undefined : [encounter],
    related: study === undefined ? undefined : [referenceOf(study)],
  });
  return {
    resourceType: 'DocumentReference',
    id: frame.uuid(),
    masterIdentifier:
      dicom === undefined
        ? urnIdentifier(attachment.id)
        : { system: 'urn:ietf:rfc:3986', value: `urn:oid:${dicom.instance}` },
    status: 'current',
    type: documentType(attachment),
    category: [{ text: isImage(attachment) ? 'Image' : 'Document' }],
    subject: frame.subject,
    date,
    author: [frame.author],
    custodian: frame.hospital,
    content: [{ attachment: fhirAttachment(attachment, date) }],
    ...(Object.keys(context).length === 0 ? {} : { context }),
  };
}

function documentType(attachment: ReferralAttachment): CodeableConcept {
  if (attachment.contentType === 'application/dicom') return loinc('18748-4', 'Diagnostic imaging study');
  return { text: isImage(attachment) ? 'Image' : 'Attached document' };
}

function fhirAttachment(
  attachment: ReferralAttachment,
  creation: string,
): DocumentReference['content'][number]['attachment'] {
  const large = attachment.size > sizeMax;
  return {
    extension: [
      digestExtension(attachmentSha256Url, attachment.sha256),
      digestExtension(attachmentKeyUrl, attachment.key),
      ...(large ? [{ url: attachmentSizeUrl, valueDecimal: attachment.size }] : []),
    ],
    contentType: contentTypeForm.test(attachment.contentType) ? attachment.contentType : 'application/octet-stream',
    url: `urn:uuid:${attachment.id}`,
    ...(large ? {} : { size: attachment.size }),
    ...present({ title: textOf(attachment.title) }),
    creation,
  };
}

/** One ImagingStudy for each study whose uids are known and legal, keyed by the study's uid. */
function imagingStudies(
  attachments: readonly ReferralAttachment[],
  encounterOf: ReadonlyMap<string, Reference<Encounter>>,
  frame: AttachmentFrame,
): ReadonlyMap<string, ImagingStudy> {
  const known = attachments.flatMap((attachment) => {
    const dicom = dicomOf(attachment);
    return dicom === undefined ? [] : [{ attachment, dicom }];
  });
  return new Map(
    [...Map.groupBy(known, ({ dicom }) => dicom.study)].map(([uid, images]) => {
      const series = seriesOf(images.map(({ dicom }) => dicom));
      const encounter = images.flatMap(({ attachment }) => encounterOf.get(attachment.consultation ?? '') ?? [])[0];
      const study: ImagingStudy = {
        resourceType: 'ImagingStudy',
        id: frame.uuid(),
        identifier: [{ system: 'urn:dicom:uid', value: `urn:oid:${uid}` }],
        status: 'available',
        modality: [...new Set(images.map(({ dicom }) => dicom.modality))].map((code) => coding('dicom', code)),
        subject: frame.subject,
        ...present({ encounter }),
        numberOfSeries: series.length,
        numberOfInstances: images.length,
        series,
      };
      return [uid, study];
    }),
  );
}

function seriesOf(images: readonly DicomUids[]): ImagingStudySeries[] {
  return [...Map.groupBy(images, (image) => image.series)].map(([uid, members]) => ({
    uid,
    modality: coding('dicom', members[0]?.modality ?? 'OT'),
    numberOfInstances: members.length,
    instance: members.map((image) => ({
      uid: image.instance,
      sopClass: { system: 'urn:ietf:rfc:3986', code: `urn:oid:${image.sopClass}` },
    })),
  }));
}

/** A file may hold anything where its uids should be; then it is an attachment like any other. */
function dicomOf(attachment: ReferralAttachment): DicomUids | undefined {
  const { dicom } = attachment;
  if (dicom === undefined) return undefined;
  const uids = [dicom.study, dicom.series, dicom.instance, dicom.sopClass];
  const legal = uids.every((uid) => uid.length <= uidCharactersMax && uidForm.test(uid));
  return legal && /^[A-Z0-9_]{1,16}$/.test(dicom.modality) ? dicom : undefined;
}
