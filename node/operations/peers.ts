import * as v from 'valibot';
import { formatVkey } from '../../protocol/log/note.ts';
import { operator } from '../peers/acts.ts';
import type { Peer, PeerState } from '../peers/directory.ts';
import type { PairingStatus } from '../peers/pairing-status.ts';
import { nodeName, text, timeText } from './fields.ts';
import { plain } from './operation.ts';

const peer = v.strictObject({ peer: nodeName });

/** With whom this hospital exchanges, and how that is begun, paused and ended (Spec §2). */
export const peerOperations = {
  'peer.invite': plain(v.strictObject({}), async (services) => {
    const { link, expires } = await services.pairing.invite();
    return { link, expires: timeText(expires) };
  }),

  'peer.accept': plain(v.strictObject({ link: text }), async (services, { link }) =>
    pairingView(await services.pairing.accept(link)),
  ),

  'peer.confirm': plain(
    v.strictObject({ peer: nodeName, words: v.pipe(v.array(v.string()), v.maxLength(6, 'expected three words')) }),
    async (services, input) => ({ state: await services.pairing.confirm(input.peer, input.words) }),
  ),

  'peer.list': plain(v.strictObject({}), async (services) => ({
    peers: services.directory.list().map(peerView),
    pairings: (await services.pairing.list()).map(pairingView),
  })),

  'peer.pause': plain(peer, async ({ trust }, input) => peerView(await trust.pause(input.peer, operator))),

  'peer.block': plain(peer, async ({ trust }, input) => peerView(await trust.block(input.peer, operator))),

  'peer.resume': plain(peer, async ({ trust }, input) => peerView(await trust.resume(input.peer, operator))),
};

export interface PeerView {
  readonly name: string;
  readonly title: string;
  readonly url: string;
  readonly state: PeerState;
  readonly since: string;
  readonly detail: string;
  readonly lastSpokeAt: string | null;
  readonly logVkey: string | null;
  readonly identityVkey: string;
}

function peerView(found: Peer): PeerView {
  const { name, title, url, state, detail, card } = found;
  return {
    name,
    title,
    url,
    state,
    detail,
    since: timeText(found.since),
    lastSpokeAt: found.lastSpokeAt === undefined ? null : timeText(found.lastSpokeAt),
    logVkey: card.logs[0] === undefined ? null : formatVkey(card.logs[0].vkey),
    identityVkey: card.identityVkey,
  };
}

function pairingView(status: PairingStatus) {
  const { peer: name, title, ...rest } = status;
  return { ...rest, peer: name ?? null, title: title ?? null, expires: timeText(status.expires) };
}
