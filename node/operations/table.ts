import { administrationOperations } from './administration.ts';
import { backupOperations } from './backups.ts';
import { doctorOperations } from './doctor.ts';
import { firstRunOperations } from './first-run-answer.ts';
import { importOperations } from './imports.ts';
import { logOperations } from './log.ts';
import type { Download, InputOf, OutputOf, Plain, Upload } from './operation.ts';
import { patientOperations } from './patients.ts';
import { peerOperations } from './peers.ts';
import { referralOperations } from './referrals.ts';
import { userOperations } from './users.ts';

/** Every operation by name. */
export const operations = {
  ...patientOperations,
  ...importOperations,
  ...referralOperations,
  ...peerOperations,
  ...logOperations,
  ...doctorOperations,
  ...firstRunOperations,
  ...administrationOperations,
  ...backupOperations,
  ...userOperations,
};

type Table = typeof operations;
type NamesOf<Form> = { [Name in keyof Table]: Table[Name] extends { form: Form } ? Name : never }[keyof Table];

export type PlainName = NamesOf<'plain'>;
export type UploadName = NamesOf<'upload'>;
export type DownloadName = NamesOf<'download'>;
export type OperationInput<Name extends keyof Table> = InputOf<Table[Name]>;
export type OperationOutput<Name extends keyof Table> = OutputOf<Table[Name]>;

export type AnyOperation = Plain<unknown, unknown> | Upload<unknown, unknown> | Download<unknown>;

/** The operation of this name; own names of objects, such as `constructor`, are none. */
export function findOperation(name: string): AnyOperation | undefined {
  return Object.hasOwn(operations, name) ? (operations as Readonly<Record<string, AnyOperation>>)[name] : undefined;
}
