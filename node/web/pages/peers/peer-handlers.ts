import type { HandlersOf } from '../../route.ts';
import type { peerRoutes } from '../../routes/peer-routes.ts';
import { addPeerHandlers } from './add-peer.tsx';
import { pairingHandlers } from './pairing.tsx';
import { peerPageHandlers } from './peer.tsx';
import { peerListHandlers } from './peers.tsx';

export const peerHandlers: HandlersOf<typeof peerRoutes> = {
  ...peerListHandlers,
  ...addPeerHandlers,
  ...pairingHandlers,
  ...peerPageHandlers,
};
