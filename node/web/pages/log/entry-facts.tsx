import { parseUtf8, toHex } from '../../../../protocol/bytes.ts';
import { instantOfUnix } from '../../../../protocol/instant.ts';
import { parseProof } from '../../../../protocol/log/proof.ts';
import type { LogEntryProof } from '../../../exchange-log/explorer.ts';
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
          { term: 'Record', value: <code class="wrap">{printable(entry.record)}</code> },
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
