import { createHash } from 'node:crypto';
import type { PatientDetails } from '../../../node/records/model.ts';
import type { DeskClient } from '../../support/desk-client.ts';
import type { TestDesk } from '../../support/desk.ts';
import { patient } from '../../node/records/hospital.ts';

/** A patient born in 1979, registered behind the desk's back. */
export async function addPatient(desk: TestDesk, members: Partial<PatientDetails> = {}): Promise<string> {
  const details = patient({
    csvId: 'A-1',
    familyName: 'Okafor',
    givenNames: 'Ada',
    birthDate: '1979-03-14',
    ...members,
  });
  const added = await desk.node.patients.add(details);
  if (added.state !== 'added') throw new Error('the CSV id is taken');
  return added.record.id;
}

/** Headers of the desk's own page. */
export function ownHeaders(client: DeskClient): Record<string, string> {
  return { origin: client.origin, 'sec-fetch-site': 'same-origin', 'x-fernpost': 'upload' };
}

export interface TusMetadata {
  readonly patient: string;
  readonly guard?: string;
  readonly filename?: string;
  readonly filetype?: string;
  readonly consultation?: string;
  readonly fingerprint?: string;
}

export function metadataHeader(metadata: TusMetadata): string {
  return Object.entries({ guard: '1979', filename: 'CT.zip', filetype: 'application/zip', ...metadata })
    .map(([name, value]) => `${name} ${Buffer.from(String(value)).toString('base64')}`)
    .join(',');
}

export function begin(client: DeskClient, size: number, metadata: TusMetadata): Promise<Response> {
  return client.fetch('/uploads', {
    method: 'POST',
    headers: {
      ...ownHeaders(client),
      'tus-resumable': '1.0.0',
      'upload-length': String(size),
      'upload-metadata': metadataHeader(metadata),
    },
  });
}

export async function begun(client: DeskClient, size: number, metadata: TusMetadata): Promise<string> {
  const answer = await begin(client, size, metadata);
  const location = answer.headers.get('location');
  if (answer.status !== 201 || location === null) throw new Error(`${answer.status} ${await answer.text()}`);
  return location;
}

export function append(
  client: DeskClient,
  location: string,
  offset: number,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<Response> {
  return client.fetch(location, {
    method: 'PATCH',
    headers: {
      ...ownHeaders(client),
      'tus-resumable': '1.0.0',
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
    },
    body,
    duplex: 'half',
  } as RequestInit);
}

export function offset(client: DeskClient, location: string): Promise<Response> {
  return client.fetch(location, {
    method: 'HEAD',
    headers: { ...ownHeaders(client), 'tus-resumable': '1.0.0' },
  });
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that differ from place to place, without randomness. */
export function sample(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 1) bytes[i] = (i * 2654435761) >>> 24;
  return bytes;
}
