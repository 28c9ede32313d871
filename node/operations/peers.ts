import * as v from 'valibot';
import { formatVkey } from '../../protocol/log/note.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Peer, PeerState } from '../peers/directory.ts';
import type { PairingStatus } from '../peers/pairing-run.ts';
import { nodeName, text, timeText } from './fields.ts';
import { plain } from './operation.ts';
import type { NodeServices } from './node-services.ts';

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

  'peer.pause': plain(peer, async (services, input) =>
    move(services, input.peer, ['paired'], 'paused', 'Paused by the administrator.'),
  ),

  'peer.block': plain(peer, async (services, input) =>
    move(services, input.peer, ['paired', 'paused', 'key-changed'], 'blocked', 'Blocked by the administrator.'),
  ),

  'peer.resume': plain(peer, async (services, input) =>
    move(services, input.peer, ['paused', 'blocked'], 'paired', ''),
  ),
};

async function move(
  services: NodeServices,
  name: string,
  from: readonly PeerState[],
  to: PeerState,
  detail: string,
): Promise<PeerView> {
  const { directory, clock } = services;
  const found = directory.get(name);
  if (found.state === to) return peerView(found);
  if (!from.includes(found.state))
    throw new OperationError(
      'conflict',
      'peer-state',
      `The peer is ${found.state}; only ${from.join(' or ')} can become ${to}. Nothing was changed.`,
    );
  await directory.change(found.name, (current) => ({ ...current, state: to, since: clock.now(), detail }));
  return peerView(directory.get(name));
}

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
