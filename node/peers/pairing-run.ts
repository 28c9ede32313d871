import { equalBytes, toBase64Url } from '../../protocol/bytes.ts';
import { parseCard, type Card } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import type { Instant } from '../../protocol/instant.ts';
import { sixWords } from '../../protocol/pairing.ts';
import { peerToken, type AccessTokens } from '../exchange-log/tokens.ts';
import type { Keyring } from '../keys/keyring.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Random } from '../platform/random.ts';
import type { Store, Writer } from '../store/store.ts';
import { noteAct, thisNode, type ActPorts } from './acts.ts';
import { suiteFloorOf } from './cards.ts';
import type { PeerDirectory } from './directory.ts';
import type { OwnNode } from './own-node.ts';
import { pairingQueries, type PairingRow } from './pairing-queries.ts';
import type { PeerTransport } from './transport.ts';

export interface PairingPorts extends ActPorts {
  readonly own: OwnNode;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly directory: PeerDirectory;
  readonly tokens: AccessTokens;
  readonly transport: PeerTransport;
}

export const runsMax = 3;
const typedWords = 3;
const wordCount = 6;
const transcriptPurpose = 'peer.transcript';

/**
 * Trusts the other node from now on. False when the run was ended or replaced in the meantime: then nothing is trusted.
 */
export async function finish(ports: PairingPorts, row: PairingRow): Promise<boolean> {
  const note = row.role === 'host' ? row.guest_card : row.host_card;
  if (note === null || row.identity_vkey === null || row.transcript === null) throw noPairing(row.peer ?? '');
  const card = parseCard(note, row.identity_vkey, logCrypto);
  const { own, directory, keyring, tokens, clock } = ports;
  const known = directory.find(card.name);
  const now = clock.now();
  const { transcript } = row;
  // Before the peer: a token of nobody harms nobody, a peer without its token could not read our log.
  await tokens.putPeer(card.name, peerToken(transcript, own.name, card.name));
  try {
    await directory.save(
      {
        name: card.name,
        state: 'paired',
        since: now,
        title: card.title,
        url: card.url,
        card:
          known !== undefined && known.card.serial > card.serial && known.card.identityVkey === card.identityVkey
            ? known.card
            : card,
        cardSeenAt: now,
        suiteFloor: suiteFloorOf(known?.card.identityVkey === card.identityVkey ? known : undefined, card),
        detail: '',
        lastSpokeAt: now,
        transcript: keyring.sealOwn(transcriptPurpose, transcript),
      },
      (writer) => closeRun(writer, ports, row.invitation, transcript),
    );
  } catch (error) {
    if (error instanceof OperationError && error.code === 'no-pairing') return false;
    throw error;
  }
  return true;
}

async function closeRun(
  writer: Writer,
  ports: PairingPorts,
  invitation: string,
  transcript: Uint8Array,
): Promise<void> {
  const row = await writer.first(pairingQueries.get, { invitation });
  const kept = row?.role === 'host' ? sha256(transcript) : null;
  if (row?.step === 'done') {
    // Both confirmations may arrive at once; a guest keeps nothing of its transcript to compare.
    if (kept === null || (row.transcript !== null && equalBytes(row.transcript, kept))) return;
    throw noPairing(row.peer ?? '');
  }
  if (row?.step !== 'revealed' || row.transcript === null || !equalBytes(row.transcript, transcript))
    throw noPairing(row?.peer ?? '');
  await writer.run(pairingQueries.put, {
    ...row,
    ...noFault,
    step: 'done',
    // The guest may not have had the answer to its step 3: the digest of T is enough to know it again.
    transcript: kept,
    own_confirmed: 1,
    peer_confirmed: 1,
    detail: '',
  });
  await noteAct(writer, ports, 'peer-paired', { peer: row.peer, by: thisNode });
}

/** The Bearer with which we read this peer's log; `undefined` for peers without a transcript. */
export function tokenForPeer(
  ports: Pick<PairingPorts, 'keyring' | 'own'>,
  peer: { readonly name: Card['name']; readonly transcript: Uint8Array | undefined },
): string | undefined {
  if (peer.transcript === undefined) return undefined;
  return peerToken(ports.keyring.openOwn(transcriptPurpose, peer.transcript), peer.name, ports.own.name);
}

/**
 * Changes a pairing from what holds at that moment, in one transaction: the administrator types while the other node sends
 * its steps, and neither may undo the other. `edit` gives `undefined` where nothing is to be changed. The row as it is then.
 */
export async function changeRow(
  ports: Pick<PairingPorts, 'store'>,
  invitation: string,
  edit: (row: PairingRow) => PairingRow | undefined,
  also?: (writer: Writer, row: PairingRow) => Promise<void>,
): Promise<PairingRow | undefined> {
  return ports.store.write(async (writer) => {
    const row = await writer.first(pairingQueries.get, { invitation });
    const changed = row === undefined ? undefined : edit(row);
    if (changed === undefined) return row;
    await writer.run(pairingQueries.put, changed);
    await also?.(writer, changed);
    return changed;
  });
}

/** The row after a run that ended: the host's invitation serves for another one, three in all. */
export function endedRun(row: PairingRow, detail: string): PairingRow {
  const runs = row.runs + 1;
  const over = row.role === 'guest' || runs >= runsMax;
  return {
    ...row,
    ...noFault,
    step: over ? 'ended' : 'invited',
    runs,
    transcript: null,
    guest_card: null,
    peer_commit: null,
    own_confirmed: 0,
    peer_confirmed: 0,
    detail,
  };
}

/** Spread over a row: nothing failed. */
export const noFault = { fault_step: '', fault_side: '', fault_code: '' } as const;

export function emptyRow(ports: Pick<PairingPorts, 'clock'>, id: Uint8Array, expires: Instant): PairingRow {
  return {
    invitation: toBase64Url(id),
    role: 'host',
    peer: null,
    peer_url: null,
    identity_vkey: null,
    step: 'invited',
    own_random: new Uint8Array(0),
    peer_random: null,
    peer_commit: null,
    host_card: null,
    guest_card: null,
    transcript: null,
    positions: '',
    own_confirmed: 0,
    peer_confirmed: 0,
    runs: 0,
    created_at: ports.clock.now(),
    expires_at: expires,
    detail: '',
    ...noFault,
  };
}

export function wordsFit(row: PairingRow, typed: readonly string[]): boolean {
  if (row.transcript === null || typed.length !== typedWords) return false;
  const words = sixWords(row.transcript);
  return row.positions.split(' ').every((position, i) => words[Number(position)] === typed[i]?.trim().toLowerCase());
}

/** Three different positions, ascending, so that the administrator types in the order of reading. */
export function choosePositions(random: Random): string {
  const left = Array.from({ length: wordCount }, (_, i) => i);
  const chosen: number[] = [];
  while (chosen.length < typedWords) {
    const [byte = 0] = random.bytes(1);
    const [position] = left.splice(byte % left.length, 1);
    if (position !== undefined) chosen.push(position);
  }
  return chosen.toSorted((a, b) => a - b).join(' ');
}

export function noPairing(peer: string): OperationError {
  return new OperationError('not-found', 'no-pairing', `No pairing with ${peer} waits for words here.`);
}
