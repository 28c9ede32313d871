import { parseUtf8, toBase64Url, toHex } from '../../../../protocol/bytes.ts';
import { ProtocolError } from '../../../../protocol/errors.ts';
import { instantOfUnix } from '../../../../protocol/instant.ts';
import type { LeafType } from '../../../../protocol/log/entry.ts';
import { parseProof } from '../../../../protocol/log/proof.ts';
import { parseKeyRecord, parseLocalRecord, parseSentRecord } from '../../../../protocol/log/record.ts';
import type { LogEntry, LogEntryProof } from '../../../exchange-log/explorer.ts';
import { LinkButton } from '../../components/form.tsx';
import { Facts, Section } from '../../components/panel.tsx';
import { DataTable, type Column } from '../../components/table.tsx';
import { bytesWords, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import { KindTag, kindMeans } from './log-words.tsx';

/** What an entry says, for people. */
export function EntryFacts({ found: { entry, proof } }: { readonly found: LogEntryProof }) {
  const { head } = parseProof(proof);
  const witnesses = head.signatures.length - 1;
  return (
    <Section id="entry" title="What it is">
      <Facts
        facts={[
          {
            term: 'Kind',
            value: (
              <>
                <KindTag type={entry.type} /> {kindMeans(entry.type)}
              </>
            ),
          },
          { term: 'Reference hash (x)', value: <code class="wrap">{entry.x}</code> },
          {
            term: 'Time and peer',
            value: (
              <>
                <When at={entry.at} show="seconds" />, {entry.peer ?? 'no peer'}
              </>
            ),
          },
          { term: 'Record', value: <RecordMembers entry={entry} /> },
          { term: 'Proven under', value: `the checkpoint of ${head.size} entries` },
          {
            term: 'Anchored',
            value:
              witnesses > 0
                ? `yes: ${witnesses} ${witnesses === 1 ? 'witness has' : 'witnesses have'} cosigned that checkpoint`
                : 'not yet: no witness has cosigned a checkpoint that covers it',
          },
        ]}
      />
      <p class="quiet">
        Time and peer are this node’s own notes for people: they are no part of the log. The record names no patient.
      </p>
    </Section>
  );
}

/** The members of the record, as far as it is one: canonical JSON without nesting (Spec §6). */
function RecordMembers({ entry: { type, record } }: { readonly entry: LogEntry }) {
  const members = membersOf(type, record);
  if (members === undefined) return <code class="wrap">{printable(record)}</code>;
  return (
    <ul class="members">
      {members.map(([name, value]) => (
        <li>
          {name}: <code class="wrap">{value}</code>
        </li>
      ))}
    </ul>
  );
}

function membersOf(type: LeafType, record: Uint8Array): readonly (readonly [string, string])[] | undefined {
  try {
    if (type === 'local' || type === 'noop') {
      const { kind, members, salt } = parseLocalRecord(record);
      const shown = Object.entries(members).map(([name, value]) => [name, String(value)] as const);
      return [['kind', kind], ...shown, ['salt', toBase64Url(salt)]];
    }
    if (type === 'key') {
      const { serial, card } = parseKeyRecord(record);
      return [
        ['serial', String(serial)],
        ['card', toBase64Url(card)],
      ];
    }
    const { from, to, seq, manifest, prev, salt } = parseSentRecord(record);
    return [
      ['from', from],
      ['to', to],
      ['seq', String(seq)],
      ['manifest', toBase64Url(manifest)],
      ['prev', prev ?? 'none: the first'],
      ['salt', toBase64Url(salt)],
    ];
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

interface Signer {
  readonly name: string;
  readonly at: number | undefined;
  readonly bytes: Uint8Array;
}

/** u64 seconds ‖ Ed25519 signature (C2SP tlog-cosignature). */
const cosignatureBytes = 72;

/** The log and the witnesses under the checkpoint, with the time that each states. */
export function Signers({ found }: { readonly found: LogEntryProof }) {
  const signers = parseProof(found.proof).head.signatures.map(({ name, bytes }) => ({
    name,
    bytes,
    at: bytes.length === cosignatureBytes ? statedSeconds(bytes) : undefined,
  }));
  return (
    <DataTable
      id="signers"
      caption="Who signed the checkpoint"
      columns={signerColumns}
      rows={signers}
      rowKey={({ name }) => name}
    />
  );
}

function statedSeconds(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0) & 0xffff_ffffn);
}

const signerColumns: readonly Column<Signer>[] = [
  { key: 'name', label: 'Signer', isHeader: true, cell: ({ name }) => name },
  {
    key: 'at',
    label: 'States the time',
    cell: ({ at }) => (at === undefined ? 'the log itself' : <When at={instantOfUnix(at)} show="seconds" />),
  },
  { key: 'signature', label: 'Signature', cell: ({ bytes }) => <code class="wrap">{toHex(bytes)}</code> },
];

/** The bytes themselves, to be checked elsewhere. */
export function Raw({ desk, found }: { readonly desk: DeskServices; readonly found: LogEntryProof }) {
  const index = String(found.entry.index);
  return (
    <Section id="raw" title="Raw bytes">
      <Facts
        facts={[
          { term: 'Record', value: <code class="wrap">{printable(found.entry.record)}</code> },
          { term: 'Leaf', value: <code class="wrap">{printable(found.leaf)}</code> },
          { term: 'Log key', value: <code class="wrap">{desk.own.logVkey}</code> },
        ]}
      />
      <p class="row">
        <LinkButton
          href={url('log-record', { index })}
        >{`Record, ${bytesWords(found.entry.record.length)}`}</LinkButton>{' '}
        <LinkButton href={url('log-leaf', { index })}>Leaf</LinkButton>{' '}
        <LinkButton href={url('log-proof', { index })}>tlog-proof</LinkButton>
      </p>
    </Section>
  );
}

/** Records and leaves are ASCII by their form; what somebody changed on the disk is shown as hex. */
function printable(bytes: Uint8Array): string {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f) ? parseUtf8(bytes) : toHex(bytes);
}
