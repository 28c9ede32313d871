import { ProtocolError } from '../errors.ts';

/** The header fields of a message, lower-case names. None of `singleFieldNames` was repeated or merged on the way. */
export type Fields = Readonly<Record<string, string | undefined>>;

/** Fields that this protocol reads. A second one of a name is refused: software differs in which of two it sees. */
const singleFieldNames: ReadonlySet<string> = new Set([
  'authorization',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'retry-after',
  'signature',
  'signature-input',
  'transfer-encoding',
]);

/**
 * Fields from the raw list of name, value, name, value, … as they stood in the message: Node's own header objects join
 * two `Signature` fields and silently drop a second `Content-Type`. Fails for a repeated field that the protocol reads.
 */
export function parseFields(raw: readonly string[]): Fields {
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = raw[i + 1] ?? '';
    const known = fields[name];
    if (known !== undefined && singleFieldNames.has(name))
      throw new ProtocolError('malformed-signature', `the field ${name} stands there twice`);
    fields[name] = known === undefined ? value : `${known}, ${value}`;
  }
  return fields;
}
