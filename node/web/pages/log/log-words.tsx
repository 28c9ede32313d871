import { ProtocolError } from '../../../../protocol/errors.ts';
import type { LeafType } from '../../../../protocol/log/entry.ts';
import { parseLocalRecord } from '../../../../protocol/log/record.ts';
import { Tag, type Tone } from '../../components/tag.tsx';

/** What each kind of entry says, without naming anybody (Spec §6). */
const kinds: Readonly<Record<LeafType, { readonly word: string; readonly means: string; readonly tone: Tone }>> = {
  sent: { word: 'sent', means: 'this hospital sent a bundle', tone: 'blue' },
  received: { word: 'received', means: 'a bundle arrived whole and was taken', tone: 'green' },
  refused: { word: 'refused', means: 'a bundle arrived and was not taken', tone: 'amber' },
  withdrawn: { word: 'withdrawn', means: 'a bundle that was sent was taken back', tone: 'amber' },
  key: { word: 'key', means: 'a new card of this node', tone: 'violet' },
  local: { word: 'local', means: 'something that happened here: a look, an alert, a change', tone: 'plain' },
  noop: { word: 'noop', means: 'nothing: it only moves the log on', tone: 'plain' },
};

export function kindMeans(type: LeafType): string {
  return kinds[type].means;
}

export function KindTag({ type }: { readonly type: LeafType }) {
  return <Tag tone={kinds[type].tone}>{kinds[type].word}</Tag>;
}

/** What a `local` entry is about: the kind of its record, and the act where it names one. */
export function localWords(type: LeafType, record: Uint8Array): string {
  if (type !== 'local') return '';
  try {
    const { kind, members } = parseLocalRecord(record);
    const { act, query } = members;
    if (act !== undefined) return `${kind}: ${act}`;
    return query === undefined ? kind : `${kind}: a look`;
  } catch (error) {
    if (error instanceof ProtocolError) return 'a record of another form';
    throw error;
  }
}

/** The first letters of a hash, with all of it in the page. */
export function Hash({ text }: { readonly text: string }) {
  return (
    <code class="hash" title={text}>
      {`${text.slice(0, 12)}…`}
    </code>
  );
}

const evidenceKinds: Readonly<Record<string, string>> = {
  'forked-log': 'a log showed two histories',
  'receipt-of-another-history': 'a receipt belongs to another history than its log showed',
  'seq-reused': 'one number was used for two bundles',
  'two-cards': 'two cards with one serial',
  'key-changed': 'an address answered under another identity key',
};

export function evidenceWords(kind: string): string {
  return evidenceKinds[kind] ?? kind;
}
